using System.Collections.Immutable;

namespace Coppice.Search.Operators;

/// <summary>What the selections share.</summary>
internal static class Mates
{
    /// <summary>Those who succeeded; everyone if nobody did.</summary>
    public static ImmutableArray<Individual<TGenome>> Of<TGenome>(ImmutableArray<Individual<TGenome>> population)
    {
        if (population.IsDefaultOrEmpty) throw new ArgumentException("Cannot select parents: the population is empty.", nameof(population));
        ImmutableArray<Individual<TGenome>> succeeded = [.. population.Where(individual => individual.Succeeded)];
        return succeeded.IsEmpty ? population : succeeded;
    }

    /// <summary>
    /// The place of each individual in the order of <see cref="Survival"/>, from 0 for the worst; individuals of equal fitness and cost share
    /// the mean of their places, so that none gains by where it stands.
    /// </summary>
    public static double[] RanksOf<TGenome>(ImmutableArray<Individual<TGenome>> population)
    {
        int[] order = [.. Enumerable.Range(0, population.Length).OrderBy(i => population[i].Fitness).ThenByDescending(i => population[i].Cost)];
        double[] ranks = new double[order.Length];
        for (int first = 0; first < order.Length;)
        {
            int last = first;
            while (last + 1 < order.Length && IsTie(population[order[last + 1]], population[order[first]])) last++;
            for (int place = first; place <= last; place++) ranks[order[place]] = (first + last) / 2.0;
            first = last + 1;
        }

        return ranks;
    }

    private static bool IsTie<TGenome>(Individual<TGenome> one, Individual<TGenome> other) =>
        one.Fitness.Equals(other.Fitness) && one.Cost.Equals(other.Cost);
}
