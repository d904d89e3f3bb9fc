using System.Collections.Immutable;

namespace Coppice.Search.Operators;

/// <summary>
/// Linear ranking selection (Baker, 1985): with i the rank among n from 0 for the worst, p_i = (2 − s) / n + 2 i (s − 1) / (n (n − 1)).
/// </summary>
/// <remarks>The pressure is s whatever the fitness values are. Equals share the mean of their ranks.</remarks>
public sealed class LinearRank : ISelection
{
    private readonly double _pressure;

    /// <summary>A ranking selection.</summary>
    /// <param name="pressure">s: how many times the average the best is drawn, in (1, 2]. At 2 the worst is never drawn. Default 2.</param>
    public LinearRank(double pressure = 2)
    {
        if (!(pressure is > 1 and <= 2)) throw new ArgumentOutOfRangeException(nameof(pressure), pressure, "The pressure of a linear ranking lies in (1, 2].");
        _pressure = pressure;
    }

    /// <inheritdoc/>
    public Func<Rng, Individual<TGenome>> From<TGenome>(ImmutableArray<Individual<TGenome>> population)
    {
        var mates = Mates.Of(population);
        var wheel = new Wheel(Probabilities(mates).AsSpan());
        return rng => mates[wheel.Spin(rng)];
    }

    /// <summary>p_i: the probability of each to be drawn.</summary>
    /// <typeparam name="TGenome">The encoded candidate.</typeparam>
    /// <param name="mates">[n], n at least 1.</param>
    /// <returns>[n], with sum 1.</returns>
    public ImmutableArray<double> Probabilities<TGenome>(ImmutableArray<Individual<TGenome>> mates)
    {
        int n = mates.Length;
        double[] ranks = Mates.RanksOf(mates);
        return n == 1 ? [1] : [.. ranks.Select(i => ((2 - _pressure) / n) + (2 * i * (_pressure - 1) / ((double)n * (n - 1))))];
    }
}
