using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Operators;

namespace Coppice.Tests.Search.Operators;

public sealed class SelectionTests
{
    private static readonly ISelection[] All = [new RouletteWheel(), new RouletteWheel(windowed: true), new LinearRank(), new Tournament(3), new UniformSelection()];

    [Fact]
    public void Roulette_gives_each_its_share_of_the_fitness()
    {
        AssertClose([0.1, 0.2, 0.3, 0.4], RouletteWheel.Probabilities([1, 2, 3, 4]));
        AssertDrawn([0.1, 0.2, 0.3, 0.4], new RouletteWheel(), 1, 2, 3, 4);
    }

    [Fact]
    public void Roulette_is_flat_where_the_fitness_is()
    {
        var shares = RouletteWheel.Probabilities([0.90, 0.91, 0.92, 0.93, 0.94, 0.95]);

        Assert.Equal(0.95 / 0.90, shares[5] / shares[0], 1e-9); // 1.06 to 1
        AssertClose([0.25, 0.75], RouletteWheel.Probabilities([0.90, 0.95], windowed: true)); // 0.025 and 0.075: 3 to 1
    }

    [Fact]
    public void Roulette_of_fitness_that_is_not_positive_takes_the_worst_off()
    {
        // f − min + (max − min) / n: 4/3, 10/3, 16/3 of 10.
        AssertClose([4 / 30.0, 10 / 30.0, 16 / 30.0], RouletteWheel.Probabilities([-1, 1, 3]));
        AssertClose([0.25, 0.75], RouletteWheel.Probabilities([0, 7]));
        AssertClose([0.5, 0.5], RouletteWheel.Probabilities([-3, -3]));
        AssertClose([0.5, 0.5], RouletteWheel.Probabilities([0, 0]));
        AssertClose([0.5, 0.5], RouletteWheel.Probabilities([1e308, 1e308]));
    }

    [Fact]
    public void Roulette_gives_those_who_failed_nothing_unless_all_did()
    {
        AssertClose([0, 0.25, 0.75], RouletteWheel.Probabilities([double.NegativeInfinity, 1, 3]));
        AssertClose([0.5, 0.5], RouletteWheel.Probabilities([double.NegativeInfinity, double.NegativeInfinity]));
    }

    [Fact]
    public void Linear_rank_depends_on_the_order_alone()
    {
        AssertClose([0, 1 / 6.0, 2 / 6.0, 3 / 6.0], new LinearRank(2).Probabilities(Population(0.901, 0.902, 0.903, 0.904)));
        AssertClose([0.375, 0.125, 3.5 / 12, 2.5 / 12], new LinearRank(1.5).Probabilities(Population(4e9, -1, 0, -0.5)));
        AssertDrawn([0.375, 0.125, 3.5 / 12, 2.5 / 12], new LinearRank(1.5), 4e9, -1, 0, -0.5);
    }

    [Fact]
    public void Linear_rank_shares_the_ranks_of_equals()
    {
        AssertClose([1 / 6.0, 4 / 6.0, 1 / 6.0], new LinearRank(2).Probabilities(Population(1, 2, 1))); // ranks 0.5, 2, 0.5
        AssertClose([1], new LinearRank(2).Probabilities(Population(1)));
    }

    [Fact]
    public void Tournament_lets_the_best_of_s_win()
    {
        AssertDrawn([1 / 9.0, 5 / 9.0, 3 / 9.0], new Tournament(2), 0.1, 0.3, 0.2);
        AssertDrawn([1 / 27.0, 19 / 27.0, 7 / 27.0], new Tournament(3), 0.1, 0.3, 0.2);
        AssertDrawn([1 / 3.0, 1 / 3.0, 1 / 3.0], new Tournament(1), 0.1, 0.3, 0.2);
        AssertDrawn([1 / 3.0, 1 / 3.0, 1 / 3.0], new Tournament(4), 0.1, 0.1, 0.1);
    }

    [Fact]
    public void Ties_of_fitness_go_to_the_lower_cost()
    {
        ImmutableArray<Individual<int>> population = [new(0, new(1, cost: 5)), new(1, new(1, cost: 4))];
        var draw = new Tournament(2).From(population);

        ChiSquare.AssertDistribution([0.25, 0.75], rng => draw(rng).Genome);
    }

    [Fact]
    public void Uniform_selection_favours_nobody() => AssertDrawn([0.25, 0.25, 0.25, 0.25], new UniformSelection(), 1, 2, 3, 4);

    [Fact]
    public void Nobody_who_failed_mates_while_someone_succeeded()
    {
        ImmutableArray<Individual<int>> population = [new(0, Evaluation.Failed("no")), new(1, new(-5, 1)), new(2, Evaluation.Failed("no")), new(3, new(-4, 1))];
        foreach (var draw in All.Select(selection => selection.From(population)))
        {
            Assert.All(Enumerable.Range(0, 200), i => Assert.Contains(draw(Rng.For(1, (ulong)i)).Genome, new[] { 1, 3 }));
        }
    }

    [Fact]
    public void Everyone_mates_equally_when_all_failed()
    {
        ImmutableArray<Individual<int>> population = [.. Enumerable.Range(0, 3).Select(i => new Individual<int>(i, Evaluation.Failed("no")))];
        foreach (var draw in All.Select(selection => selection.From(population))) ChiSquare.AssertUniform(3, rng => draw(rng).Genome);
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinearRank(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinearRank(2.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Tournament(0));
        Assert.All(All, selection => Assert.Throws<ArgumentException>(() => selection.From<int>([])));
    }

    private static ImmutableArray<Individual<int>> Population(params double[] fitness) =>
        [.. fitness.Select((f, i) => new Individual<int>(i, new(f, cost: 1)))];

    private static void AssertDrawn(double[] probabilities, ISelection selection, params double[] fitness)
    {
        var draw = selection.From(Population(fitness));
        ChiSquare.AssertDistribution(probabilities, rng => draw(rng).Genome);
    }

    private static void AssertClose(double[] expected, ImmutableArray<double> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }
}
