using System.Collections.Immutable;

namespace Coppice.Runs;

/// <summary>How a check ended.</summary>
public enum VerificationStatus
{
    /// <summary>It holds.</summary>
    Passed,

    /// <summary>It does not hold.</summary>
    Failed,

    /// <summary>It could not be made, for a reason that says nothing against the network.</summary>
    Skipped,
}

/// <summary>One thing that was verified.</summary>
/// <param name="Name">Short name, stable from version to version.</param>
/// <param name="Description">What was compared with what, in words.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Difference">max |a − b| / max |reference|; null where nothing was compared by number.</param>
/// <param name="Detail">What was found, where the number does not say it.</param>
public sealed record VerificationCheck(string Name, string Description, VerificationStatus Status, double? Difference, string? Detail)
{
    /// <summary>Largest difference that counts as equal in this check, where half precision allows no less than another one than the verification's; null as a rule.</summary>
    public double? Tolerance { get; init; }
}

/// <summary>What a verification found.</summary>
/// <param name="Tolerance">Largest difference that counts as equal.</param>
/// <param name="Samples">Inputs that every network was run on.</param>
/// <param name="Checks">All checks, in the order in which they were made.</param>
public sealed record VerificationResult(double Tolerance, int Samples, ImmutableArray<VerificationCheck> Checks)
{
    /// <summary>Whether numbers were compared at least once and no check failed.</summary>
    public bool IsPassed => Checks.Any(check => check is { Status: VerificationStatus.Passed, Difference: not null }) && Checks.All(check => check.Status != VerificationStatus.Failed);

    /// <summary>The largest difference of all checks; null where none was made by number.</summary>
    public double? LargestDifference => Checks.Max(check => check.Difference);
}
