using System.Collections.Immutable;

namespace Coppice.Search.Operators;

/// <summary>Roulette wheel selection (Holland, 1975): p_k = f_k / Σ f.</summary>
/// <remarks>
/// <para>
/// The published formula is flat where fitness is: of accuracies 0.90 to 0.95 the best is drawn only 1.06 times as often as the worst. A
/// windowed wheel, a <see cref="LinearRank"/> or a <see cref="Tournament"/> does not depend on the level of the fitness.
/// </para>
/// <para>
/// Deviation: where a fitness is not positive, for which the formula has no meaning, and whenever the wheel is windowed, w_k = f_k − min f +
/// (max f − min f) / n takes the place of f_k: the worst keeps a small share, and equal ones share equally.
/// </para>
/// </remarks>
/// <param name="windowed">Whether the worst fitness is taken off in any case. Default false: as published.</param>
public sealed class RouletteWheel(bool windowed = false) : ISelection
{
    /// <inheritdoc/>
    public Func<Rng, Individual<TGenome>> From<TGenome>(ImmutableArray<Individual<TGenome>> population)
    {
        var mates = Mates.Of(population);
        var wheel = new Wheel(Weights([.. mates.Select(individual => individual.Fitness)], windowed));
        return rng => mates[wheel.Spin(rng)];
    }

    /// <summary>p_k: the probability of each to be drawn.</summary>
    /// <param name="fitness">[n], n at least 1; −∞ for who failed.</param>
    /// <param name="windowed">Whether the worst fitness is taken off in any case.</param>
    /// <returns>[n], each in [0, 1], with sum 1; 0 for who failed, unless all did.</returns>
    public static ImmutableArray<double> Probabilities(ReadOnlySpan<double> fitness, bool windowed = false)
    {
        double[] weights = Weights(fitness, windowed);
        double sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }

    /// <summary>The odds of each, in [0, 1], at least one of them above 0: proportional to f_k, or to w_k where the remarks say so.</summary>
    internal static double[] Weights(ReadOnlySpan<double> fitness, bool windowed)
    {
        double[] all = fitness.ToArray();
        double[] finite = [.. all.Where(double.IsFinite)];
        if (finite.Length == 0) return [.. all.Select(_ => 1.0)];

        double scale = Math.Max(finite.Max(Math.Abs), double.Epsilon); // to [−1, 1], so that no difference or sum overflows
        double low = finite.Min() / scale, high = finite.Max() / scale;
        bool isAsPublished = low > 0 && !windowed;
        double offset = isAsPublished ? 0 : low - (high > low ? (high - low) / all.Length : 1);
        return [.. all.Select(f => double.IsFinite(f) ? (f / scale) - offset : 0)];
    }
}
