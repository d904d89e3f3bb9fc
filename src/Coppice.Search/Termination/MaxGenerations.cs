using System.Globalization;

namespace Coppice.Search.Termination;

/// <summary>Stops when generation number <paramref name="limit"/> is there.</summary>
/// <param name="limit">The number of the last generation; 0 stops after the founders.</param>
public sealed class MaxGenerations(int limit) : ITermination
{
    /// <inheritdoc/>
    public string? ReasonToStop(SearchProgress progress) => progress.Generation >= limit
        ? string.Create(CultureInfo.InvariantCulture, $"reached {limit} generations")
        : null;
}
