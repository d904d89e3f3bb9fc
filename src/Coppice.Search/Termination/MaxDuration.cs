using System.Globalization;

namespace Coppice.Search.Termination;

/// <summary>Stops when the steps have taken <paramref name="limit"/> of time, interruptions not counted; a step under way is completed first.</summary>
/// <remarks>The time is measured by the clock of the <see cref="SearchLoop{TState, TGenome}"/>.</remarks>
/// <param name="limit">The time.</param>
public sealed class MaxDuration(TimeSpan limit) : ITermination
{
    /// <inheritdoc/>
    public string? ReasonToStop(SearchProgress progress) => progress.Elapsed >= limit
        ? string.Create(CultureInfo.InvariantCulture, $"reached {limit:c} of search time")
        : null;
}
