namespace Coppice.Cli;

/// <summary>What the process returns; scripts rely on the numbers.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Success = 0;

    /// <summary>A defect of this program.</summary>
    public const int Unexpected = 1;

    /// <summary>Wrong usage, configuration or input file.</summary>
    public const int Usage = 2;

    /// <summary>The network cannot be handled.</summary>
    public const int UnsupportedModel = 3;

    /// <summary>No network within the constraint exists.</summary>
    public const int Infeasible = 4;

    /// <summary>A verification ran and failed.</summary>
    public const int VerificationFailed = 5;

    /// <summary>Interrupted; what could be saved is saved.</summary>
    public const int Cancelled = 130;
}
