using System.Collections.Immutable;
using Coppice.Search;

namespace Coppice.Tests.Search.Algorithms;

/// <summary>
/// A network whose filters do not interact: the fitness is the sum of the values of the kept filters, the cost the sum of their costs, so
/// that the best mask of each group is known.
/// </summary>
internal sealed class SeparableProblem(double[][] values, double[] costPerFilter)
{
    public ImmutableArray<int> GroupSizes => [.. values.Select(group => group.Length)];

    public double FullCost => values.Zip(costPerFilter, (group, cost) => group.Length * cost).Sum();

    /// <summary>Values drawn from (−0.3, 1), so that some filters harm.</summary>
    public static SeparableProblem Random(ulong seed, params int[] groupSizes)
    {
        var rng = Rng.For(seed);
        return new([.. groupSizes.Select(size => Enumerable.Range(0, size).Select(_ => rng.NextDouble(-0.3, 1)).ToArray())],
            [.. groupSizes.Select(_ => 1.0 + rng.Next(9))]);
    }

    public Evaluation Evaluate(BitGenome genome) => new(
        values.Zip(genome.Segments, (group, bits) => bits.Indices.Sum(index => group[index])).Sum(),
        costPerFilter.Zip(genome.Segments, (cost, bits) => cost * bits.Count).Sum());

    /// <summary>The best mask of a group that keeps at least <paramref name="minKept"/>: without the most harmful filters.</summary>
    public BitString BestMask(int group, int minKept)
    {
        var byValue = Enumerable.Range(0, values[group].Length).OrderBy(index => values[group][index]).ToArray();
        int removed = byValue.Take(byValue.Length - minKept).Count(index => values[group][index] < 0);
        return BitString.FromIndices(byValue.Length, byValue.AsSpan(removed));
    }
}
