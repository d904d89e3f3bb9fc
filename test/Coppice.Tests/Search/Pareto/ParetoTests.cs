using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Pareto;

namespace Coppice.Tests.Search.Pareto;

public sealed class ParetoTests
{
    [Theory]
    [InlineData(1, 2, 1, 3, true)]
    [InlineData(1, 2, 2, 3, true)]
    [InlineData(1, 2, 1, 2, false)]
    [InlineData(1, 2, 2, 1, false)]
    [InlineData(1, 3, 1, 2, false)]
    public void Vector_dominates_if_nowhere_worse_and_somewhere_better(double a1, double a2, double b1, double b2, bool dominates) =>
        Assert.Equal(dominates, Dominance.Dominates([a1, a2], [b1, b2]));

    [Fact]
    public void Whoever_failed_is_dominated_by_all_who_succeeded_and_dominates_nobody()
    {
        Assert.True(Dominance.ConstrainedDominates([9, 9], default));
        Assert.False(Dominance.ConstrainedDominates(default, [9, 9]));
        Assert.False(Dominance.ConstrainedDominates(default, default));
    }

    [Fact]
    public void Sort_peels_front_after_front()
    {
        ImmutableArray<ImmutableArray<double>> vectors = [[6, 6], [1, 5], [3, 4], default, [2, 3], [5, 2], [4, 1], [1, 5]];

        Assert.Equal(["1,4,6,7", "2,5", "0", "3"], NonDominatedSort.Fronts(vectors).Select(front => string.Join(',', front)));
        Assert.Empty(NonDominatedSort.Fronts([]));
    }

    [Fact]
    public void Sort_equals_its_slow_twin()
    {
        for (ulong seed = 0; seed < 40; seed++)
        {
            var vectors = RandomVectors(Rng.For(21, seed), count: 30, objectives: 2 + (int)(seed % 3), values: 6);

            Assert.Equal(Peel(vectors), NonDominatedSort.Fronts(vectors).Select(front => string.Join(',', front)));
        }

        // By the definition: front after front, those whom none of the rest dominates.
        static IEnumerable<string> Peel(ImmutableArray<ImmutableArray<double>> vectors)
        {
            List<int> rest = [.. Enumerable.Range(0, vectors.Length)];
            while (rest.Count > 0)
            {
                int[] front = [.. rest.Where(p => !rest.Exists(q => vectors[q].Zip(vectors[p]).All(pair => pair.First <= pair.Second) && !vectors[q].SequenceEqual(vectors[p])))];
                rest.RemoveAll(front.Contains);
                yield return string.Join(',', front);
            }
        }
    }

    [Fact]
    public void Crowding_distance_is_the_room_between_the_neighbours()
    {
        // Sorted by the first objective 0, 2, 5, 10, by the second 10, 6, 5, 0: (5 − 0)/10 + (10 − 5)/10 and (10 − 2)/10 + (6 − 0)/10.
        double[] distances = CrowdingDistance.Of([[5, 5], [0, 10], [10, 0], [2, 6]]);

        Assert.Equal([1.4, double.PositiveInfinity, double.PositiveInfinity, 1.0], distances.Select(d => Math.Round(d, 12)));
    }

    [Fact]
    public void Crowding_distance_of_equal_vectors_and_of_failures_is_a_number()
    {
        Assert.DoesNotContain(CrowdingDistance.Of([[1, 1], [1, 1], [1, 1]]), double.IsNaN);
        Assert.Equal([0, 0], CrowdingDistance.Of([default, default]));
        Assert.Equal([double.PositiveInfinity], CrowdingDistance.Of([[1, 2]]));
    }

    [Fact]
    public void Hypervolume_of_hand_worked_sets()
    {
        Assert.Equal(6, Hypervolume.Of([[1, 3], [2, 2], [3, 1]], [4, 4])); // 3 · 1 + 2 · 1 + 1 · 1
        Assert.Equal(6, Hypervolume.Of([[2, 2], [1, 3], [3, 3], [3, 1], [2, 2], [4, 0], [0, 5]], [4, 4])); // dominated, twice, outside
        Assert.Equal(3, Hypervolume.Of([[0, 1, 1], [1, 0, 1]], [2, 2, 2])); // 2 + 2 − 1
        Assert.Equal(6, Hypervolume.Of([[1, 1, 2], [2, 2, 0]], [3, 3, 3])); // 4 + 3 − 1
        Assert.Equal(2.5, Hypervolume.Of([[3], [1.5]], [4]));
        Assert.Equal(0, Hypervolume.Of([], [1, 1]));
    }

    [Fact]
    public void Hypervolume_equals_inclusion_and_exclusion()
    {
        for (ulong seed = 0; seed < 60; seed++)
        {
            int objectives = 1 + (int)(seed % 5);
            var vectors = RandomVectors(Rng.For(22, seed), count: 9, objectives, values: 8);
            ImmutableArray<double> reference = [.. Enumerable.Repeat(7.0, objectives)];

            Assert.Equal(InclusionExclusion(vectors, reference), Hypervolume.Of(vectors, reference)); // small integers: exact
        }

        // Σ over the non-empty subsets S of (−1)^(|S|+1) · volume of the box that all of S dominate.
        static double InclusionExclusion(ImmutableArray<ImmutableArray<double>> vectors, ImmutableArray<double> reference) =>
            Enumerable.Range(1, (1 << vectors.Length) - 1).Sum(subset =>
            {
                var members = vectors.Where((_, i) => (subset >> i & 1) != 0).ToArray();
                double volume = Enumerable.Range(0, reference.Length).Aggregate(1.0, (product, k) => product * Math.Max(0, reference[k] - members.Max(v => v[k])));
                return int.IsOddInteger(members.Length) ? volume : -volume;
            });
    }

    [Fact]
    public void Hypervolume_refuses_vectors_of_another_length() =>
        Assert.Equal(
            "A vector has 3 objectives, but the reference point 2. (Parameter 'vectors')",
            Assert.Throws<ArgumentException>(() => Hypervolume.Of([[1, 2, 3]], [4, 4])).Message);

    [Fact]
    public void Front_keeps_whom_nobody_dominates_each_vector_once()
    {
        var front = new ParetoFront<string>(Objectives.FitnessAndCost)
            .Add([Of("a", 0.8, 50), Of("worse", 0.7, 60), new("failed", Evaluation.Failed("no")), Of("b", 0.9, 70)])
            .Add([Of("like a", 0.8, 50), Of("c", 0.6, 10), Of("better than b", 0.9, 65)]);

        Assert.Equal(["better than b", "a", "c"], front.Members.Select(member => member.Genome));
        Assert.Equal((0.9 * 35) + (0.8 * 15) + (0.6 * 40), front.Hypervolume([0, 100]), 1e-12); // gains (0.9, 35), (0.8, 50), (0.6, 90)
        Assert.Equal(front.Hypervolume([0, 100]), Hypervolume.Of(front.Members.Add(new("failed", Evaluation.Failed("no"))), Objectives.FitnessAndCost, [0, 100]));
    }

    [Fact]
    public void Objectives_that_are_not_finite_or_too_few_are_refused()
    {
        var uneven = new Objectives(evaluation => evaluation.Fitness > 0 ? [1, 2] : [1]);

        var count = Assert.Throws<InvalidOperationException>(() => uneven.Of([Of("a", 1, 1), Of("b", -1, 1)]));
        Assert.Throws<InvalidOperationException>(() => new Objectives(_ => [double.NaN]).Of([Of("a", 1, 1)]));
        Assert.Throws<InvalidOperationException>(() => new Objectives(_ => []).Of([Of("a", 1, 1)]));

        Assert.StartsWith("Cannot compare candidates: the objectives of one are [1], but must be 2 finite numbers", count.Message, StringComparison.Ordinal);
    }

    private static Individual<string> Of(string genome, double fitness, double cost) => new(genome, new(fitness, cost));

    private static ImmutableArray<ImmutableArray<double>> RandomVectors(Rng rng, int count, int objectives, int values) =>
        [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, objectives).Select(_ => (double)rng.Next(values)).ToImmutableArray())];
}
