using System.Globalization;

namespace Coppice.Search.Termination;

/// <summary>Stops when the best fitness has not risen for <paramref name="generations"/> generations in a row.</summary>
/// <param name="generations">How long to be patient, at least 1.</param>
public sealed class Stagnation(int generations) : ITermination
{
    /// <inheritdoc/>
    public string? ReasonToStop(SearchProgress progress) => progress.GenerationsWithoutImprovement >= generations
        ? string.Create(CultureInfo.InvariantCulture, $"no improvement for {generations} generations")
        : null;
}
