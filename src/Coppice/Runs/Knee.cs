using System.Collections.Immutable;

namespace Coppice.Runs;

/// <summary>
/// The knee of a trade-off between two numbers that should both be small: with both scaled to [0, 1] over the candidates, the one nearest to the corner where both
/// are best.
/// </summary>
public static class Knee
{
    /// <summary>Index of the knee.</summary>
    /// <param name="costs">First number of each candidate; at least one candidate.</param>
    /// <param name="losses">Second number of each candidate.</param>
    public static int Find(ImmutableArray<double> costs, ImmutableArray<double> losses)
    {
        var (c, l) = (Scale(costs), Scale(losses));
        return Enumerable.Range(0, costs.Length).MinBy(i => (c[i] * c[i]) + (l[i] * l[i]));
    }

    private static ImmutableArray<double> Scale(ImmutableArray<double> values)
    {
        double least = values.Min(), range = values.Max() - least;
        return [.. values.Select(value => range > 0 ? (value - least) / range : 0)];
    }
}
