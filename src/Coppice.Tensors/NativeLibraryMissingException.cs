namespace Coppice.Tensors;

/// <summary>The native library or the libtorch that it needs cannot be loaded. The message says where it was sought and what to do.</summary>
public sealed class NativeLibraryMissingException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line for people.</param>
    /// <param name="inner">The loader's own complaint, when a file was found but did not load.</param>
    public NativeLibraryMissingException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
