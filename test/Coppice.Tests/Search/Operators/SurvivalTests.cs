using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Operators;

namespace Coppice.Tests.Search.Operators;

public sealed class SurvivalTests
{
    [Fact]
    public void Best_ranks_by_fitness_then_cost_then_first_come()
    {
        ImmutableArray<Individual<string>> population =
        [
            new("late twin of d", new(0.8, 9)), new("b", new(0.9, 5)), new("a", new(0.9, 4)), new("c", new(0.8, 8)), new("e", new(0.8, 9)),
        ];

        Assert.Equal(["a", "b", "c", "late twin of d"], Survival.Best(population, 4).Select(individual => individual.Genome));
    }

    [Fact]
    public void Failed_candidates_come_after_all_others_even_at_an_infinite_price()
    {
        ImmutableArray<Individual<string>> population =
        [
            new("failed cheaply", new(5, 0, "no")), new("failed", Evaluation.Failed("no")), new("poor", new(-1e300, 1e300)),
        ];

        foreach (double price in new[] { 0, 1.5, double.PositiveInfinity })
        {
            Assert.Equal(["poor", "failed cheaply", "failed"], Survival.Best(population, 5, price).Select(individual => individual.Genome));
        }
    }

    [Theory]
    [InlineData(0, "big,middle,small")]
    [InlineData(0.02, "middle,big,small")]
    [InlineData(double.PositiveInfinity, "small,middle,big")]
    public void Price_moves_the_ranking_from_fitness_to_cost(double price, string expected)
    {
        // Worth at price 0.02: big 0.9 − 0.8 = 0.1; middle 0.8 − 0.4 = 0.4; small 0.1 − 0.2 = −0.1.
        ImmutableArray<Individual<string>> population = [new("big", new(0.9, 40)), new("middle", new(0.8, 20)), new("small", new(0.1, 10))];

        Assert.Equal(expected, string.Join(',', Survival.Best(population, 3, price).Select(individual => individual.Genome)));
    }

    [Fact]
    public void Infinite_price_breaks_ties_of_cost_by_fitness()
    {
        ImmutableArray<Individual<string>> population = [new("worse", new(0.1, 4)), new("better", new(0.2, 4))];

        Assert.Equal("better", Survival.Best(population, 1, double.PositiveInfinity)[0].Genome);
    }

    [Fact]
    public void Generational_replacement_keeps_the_elites_then_the_best_children_then_parents_and_failures_last()
    {
        ImmutableArray<Individual<string>> parents = [new("p1", new(1, 1)), new("p9", new(9, 1)), new("p5", new(5, 1)), new("p0", Evaluation.Failed("no"))];
        ImmutableArray<Individual<string>> children = [new("c2", new(2, 1)), new("c0", Evaluation.Failed("no")), new("c4", new(4, 1)), new("c3", new(3, 1))];

        Assert.Equal("p9,c4,c3", Names(Survival.Generational(parents, children, count: 3, elites: 1)));
        Assert.Equal("c4,c3,c2,p9", Names(Survival.Generational(parents, children, count: 4, elites: 0)));
        Assert.Equal("p9,p5,c4,c3,c2,p1,p0,c0", Names(Survival.Generational(parents, children, count: 9, elites: 2)));

        static string Names(ImmutableArray<Individual<string>> population) => string.Join(',', population.Select(individual => individual.Genome));
    }

    [Fact]
    public void Negative_prices_and_empty_counts_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Survival.Best<int>([], 1, price: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Survival.Best<int>([], 0));
    }
}
