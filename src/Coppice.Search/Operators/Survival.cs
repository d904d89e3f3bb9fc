using System.Collections.Immutable;

namespace Coppice.Search.Operators;

/// <summary>Who lives on.</summary>
public static class Survival
{
    /// <summary>
    /// The best individuals, best first: highest fitness − price · cost, then lowest cost, then first come. The failed come after all others.
    /// </summary>
    /// <typeparam name="TGenome">The encoded candidate.</typeparam>
    /// <param name="population">Who competes.</param>
    /// <param name="count">How many live on, at least 1; all if there are not more.</param>
    /// <param name="price">
    /// Fitness that one unit of cost is worth, at least 0. At 0 the fitness decides alone; at +∞ the cost does, and the fitness breaks its ties.
    /// </param>
    public static ImmutableArray<Individual<TGenome>> Best<TGenome>(
        ImmutableArray<Individual<TGenome>> population, int count, double price = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (!(price >= 0)) throw new ArgumentOutOfRangeException(nameof(price), price, "The price of a unit of cost is at least 0.");

        return
        [
            .. population
                .OrderBy(individual => individual.Succeeded ? 0 : 1)
                .ThenByDescending(individual => Worth(individual, price))
                .ThenBy(individual => individual.Cost)
                .ThenByDescending(individual => individual.Fitness)
                .Take(count),
        ];
    }

    /// <summary>
    /// Generational replacement with elitism: the best parents, then the best children. A child that failed leaves its place to the next best
    /// parent, so that no failure outlives a success.
    /// </summary>
    /// <typeparam name="TGenome">The encoded candidate.</typeparam>
    /// <param name="parents">The generation before.</param>
    /// <param name="children">The new individuals.</param>
    /// <param name="count">How many live on, at least 1; all if there are not more.</param>
    /// <param name="elites">How many of the best parents live on in any case, in [0, <paramref name="count"/>].</param>
    public static ImmutableArray<Individual<TGenome>> Generational<TGenome>(
        ImmutableArray<Individual<TGenome>> parents, ImmutableArray<Individual<TGenome>> children, int count, int elites)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(elites);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elites, count);

        var ranked = Best(parents, Math.Max(parents.Length, 1));
        ImmutableArray<Individual<TGenome>> born = [.. children.Where(child => child.Succeeded)];
        var newcomers = born.IsEmpty ? [] : Best(born, born.Length);
        var reserve = ranked.Skip(elites).Concat(children.Where(child => !child.Succeeded));
        return
        [
            .. ranked.Take(elites).Concat(newcomers).Concat(reserve)
                .OrderBy(individual => individual.Succeeded ? 0 : 1)
                .Take(count),
        ];
    }

    private static double Worth<TGenome>(Individual<TGenome> individual, double price) => individual switch
    {
        { Succeeded: false } => double.NegativeInfinity,
        _ when double.IsPositiveInfinity(price) => -individual.Cost,
        _ => individual.Fitness - (price * individual.Cost),
    };
}
