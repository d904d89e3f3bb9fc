using System.Globalization;

namespace Coppice.Search.Termination;

/// <summary>Stops when at least <paramref name="limit"/> candidates have been evaluated; a generation under way is completed first.</summary>
/// <param name="limit">The number of evaluations.</param>
public sealed class MaxEvaluations(long limit) : ITermination
{
    /// <inheritdoc/>
    public string? ReasonToStop(SearchProgress progress) => progress.Evaluations >= limit
        ? string.Create(CultureInfo.InvariantCulture, $"reached {limit} evaluations")
        : null;
}
