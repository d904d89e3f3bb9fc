namespace Coppice;

/// <summary>
/// A fault that the user can do something about: the message is one line that names the operation, the rule, the value and the way out.
/// Anything else that is thrown is a defect of ours. Names that come out of a file may hold line breaks or terminal commands: control characters become blanks here.
/// </summary>
public class CoppiceException : Exception
{
    /// <summary>Creates the exception with the line that the user will read.</summary>
    public CoppiceException(string message)
        : base(OneLine(message))
    {
    }

    /// <summary>Creates the exception with the line that the user will read and what caused it.</summary>
    public CoppiceException(string message, Exception? innerException)
        : base(OneLine(message), innerException)
    {
    }

    private static string OneLine(string message) => string.Concat(message.Select(character => char.IsControl(character) ? ' ' : character));
}

/// <summary>The network cannot be handled: not a readable ONNX file, an operator that cannot be executed, nothing that can be pruned.</summary>
public sealed class UnsupportedModelException : CoppiceException
{
    /// <inheritdoc cref="CoppiceException(string)"/>
    public UnsupportedModelException(string message)
        : base(message)
    {
    }

    /// <inheritdoc cref="CoppiceException(string, Exception)"/>
    public UnsupportedModelException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A cost target lies outside what the network can reach; the message gives the reachable range.</summary>
public sealed class InfeasibleTargetException : CoppiceException
{
    /// <inheritdoc cref="CoppiceException(string)"/>
    public InfeasibleTargetException(string message)
        : base(message)
    {
    }
}

/// <summary>A result did not pass verification; nothing is handed out.</summary>
public sealed class VerificationFailedException : CoppiceException
{
    /// <inheritdoc cref="CoppiceException(string)"/>
    public VerificationFailedException(string message)
        : base(message)
    {
    }
}
