namespace Coppice.Tensors;

/// <summary>libtorch refused an operation. The message names the operation, its arguments and libtorch's reason.</summary>
public sealed class TorchException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="operation">What was asked for, as <c>aten::conv2d</c>.</param>
    /// <param name="message">One line for people.</param>
    public TorchException(string operation, string message)
        : base(message) => Operation = operation;

    /// <summary>What was asked for, as <c>aten::conv2d</c>.</summary>
    public string Operation { get; }
}
