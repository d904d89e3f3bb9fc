using System.Globalization;

namespace Coppice.Search.Termination;

/// <summary>Stops when the best fitness is at least <paramref name="target"/>: for problems whose optimum is known, or good enough.</summary>
/// <param name="target">The fitness.</param>
public sealed class FitnessReached(double target) : ITermination
{
    /// <inheritdoc/>
    public string? ReasonToStop(SearchProgress progress) => progress.BestFitness >= target
        ? string.Create(CultureInfo.InvariantCulture, $"reached fitness {target}")
        : null;
}
