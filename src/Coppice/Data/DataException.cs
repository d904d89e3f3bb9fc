namespace Coppice.Data;

/// <summary>
/// Data that cannot be used: a file, a folder or a name of a data set breaks a rule. The message is one line for the user that names
/// the operation, the rule, what was found and the way out.
/// </summary>
public sealed class DataException : CoppiceException
{
    /// <summary>Creates the exception with a complete message.</summary>
    public DataException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a complete message and the fault behind it.</summary>
    public DataException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal static DataException CannotRead(string path, string rule, string found, string wayOut, Exception? inner = null) =>
        new($"Cannot read '{path}': {rule}, but {found}; {wayOut}.", inner);

    internal static DataException CannotLoad(string source, string rule, string found, string wayOut) =>
        new($"Cannot load '{source}': {rule}, but {found}; {wayOut}.");
}
