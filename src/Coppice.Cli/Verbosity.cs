namespace Coppice.Cli;

/// <summary>How much is said on standard error. Data on standard output do not depend on it.</summary>
internal enum Verbosity
{
    /// <summary>Errors only.</summary>
    Quiet,

    /// <summary>Messages and warnings, no progress.</summary>
    Minimal,

    /// <summary>Progress as well.</summary>
    Normal,

    /// <summary>Settings that were chosen automatically as well.</summary>
    Detailed,

    /// <summary>Stack traces of errors as well.</summary>
    Diagnostic,
}
