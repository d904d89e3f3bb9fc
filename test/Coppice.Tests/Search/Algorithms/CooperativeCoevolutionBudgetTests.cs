using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Algorithms;

namespace Coppice.Tests.Search.Algorithms;

public sealed class CooperativeCoevolutionBudgetTests
{
    /// <summary>Two equal groups; a filter of the first is worth next to nothing, one of the second a lot.</summary>
    private static readonly SeparableProblem Lopsided = new(
        [[.. Enumerable.Range(1, 16).Select(i => 0.001 * i)], [.. Enumerable.Range(1, 16).Select(i => 0.5 + (0.01 * i))]], costPerFilter: [10, 10]);

    [Fact]
    public async Task Budget_is_saved_where_it_costs_the_least_fitness()
    {
        var (search, state) = await RunAsync(Lopsided, new() { MinKeptRatio = 0.5, CostBudget = 240, Generations = 30 });

        var splice = search.Splice(state, costBudget: 240);

        Assert.Equal([8, 16], splice.Genome.Segments.Select(bits => bits.Count));
        Assert.Equal(240, Lopsided.Evaluate(splice.Genome).Cost);
        Assert.Equal(splice.Cost, Lopsided.Evaluate(splice.Genome).Cost);
    }

    [Fact]
    public async Task Population_moves_to_the_trade_off_that_the_paper_never_looks_for()
    {
        var (_, paper) = await RunAsync(Lopsided, new() { MinKeptRatio = 0.5 });
        var (_, priced) = await RunAsync(Lopsided, new() { MinKeptRatio = 0.5, CostBudget = 240 });

        Assert.Equal(16, paper.Species[0].Population[0].Genome.Count);
        Assert.True(priced.Species[0].Population.All(individual => individual.Genome.Count <= 11));
        Assert.Equal(16, priced.Species[1].Population[0].Genome.Count);
    }

    [Fact]
    public async Task Search_with_a_budget_comes_near_the_known_optimum()
    {
        // 3 · 32 filters of cost 1, values 0.01 … 0.96 dealt out in turn; 24 must go: at best 0.01 + … + 0.24 = 3.0.
        var problem = new SeparableProblem(
            [.. Enumerable.Range(0, 3).Select(group => Enumerable.Range(0, 32).Select(i => 0.01 * ((3 * i) + group + 1)).ToArray())], [1, 1, 1]);
        var (search, state) = await RunAsync(problem, new() { MinKeptRatio = 0.5, CostBudget = 72, Generations = 400 });

        var splice = search.Splice(state, costBudget: 72);

        Assert.True(splice.Cost <= 72);
        Assert.InRange(splice.Loss, 3.0 - 1e-9, 4.5); // random masks of that size lose 24 · 0.485 = 11.6
    }

    [Fact]
    public async Task Founders_spread_evenly_from_everything_to_the_bound()
    {
        var search = Search(Lopsided, new() { MinKeptRatio = 0.5, CostBudget = 240 });

        var state = await search.InitializeAsync(CancellationToken.None);

        Assert.All(state.Species, species => Assert.Equal([16, 14, 12, 10, 8], species.Archive.Select(individual => individual.Genome.Count)));
    }

    [Fact]
    public async Task Seeds_take_part_from_the_first_generation_on()
    {
        var best = BitString.FromIndices(16, [.. Enumerable.Range(8, 8)]); // without the eight least valuable filters
        var search = Search(Lopsided, new() { MinKeptRatio = 0.5, CostBudget = 240 });

        var state = await search.InitializeAsync([[best, best], []], CancellationToken.None);

        Assert.Equal(best, state.Species[0].Archive[1].Genome);
        Assert.Equal([5, 5], state.Species.Select(species => species.Archive.Length));
        Assert.Equal(best, search.Splice(state, 240).Genome[0]);
    }

    [Fact]
    public async Task More_seeds_than_places_are_all_evaluated_and_compete()
    {
        ImmutableArray<BitString> seeds = [.. Enumerable.Range(0, 9).Select(index => BitString.AllOnes(16).With(index, false))];

        var state = await Search(Lopsided, new()).InitializeAsync([seeds, []], CancellationToken.None);

        Assert.Equal(10, state.Species[0].Archive.Length);
        Assert.Equal(5, state.Species[0].Population.Length);
    }

    [Fact]
    public async Task Seeds_that_do_not_fit_are_refused()
    {
        var search = Search(Lopsided, new());

        var count = await Assert.ThrowsAsync<ArgumentException>(() => search.InitializeAsync([[]], CancellationToken.None));
        var bound = await Assert.ThrowsAsync<ArgumentException>(
            () => search.InitializeAsync([[], [BitString.FromIndices(16, [1, 2])]], CancellationToken.None));

        Assert.Equal("There are 2 groups, but seeds for 1; give an empty list where a group has none. (Parameter 'seeds')", count.Message);
        Assert.Equal(
            "A seed of group 1 keeps 2 of 16 filters, but must keep at least 15 of 16; give another seed or lower MinKeptRatio. (Parameter 'seeds')",
            bound.Message);
    }

    [Fact]
    public async Task Budget_out_of_reach_makes_the_cheapest_survive_and_the_splice_say_how_far_it_got()
    {
        var (search, state) = await RunAsync(Lopsided, new() { MinKeptRatio = 0.5, CostBudget = 100 });

        var fault = Assert.Throws<InfeasibleBudgetException>(() => search.Splice(state, 100));

        Assert.All(state.Species, species => Assert.Equal(8, species.Population[0].Genome.Count));
        Assert.Equal((100, 160), (fault.CostBudget, fault.LowestCost));
        Assert.Equal(
            "Cannot meet a cost budget of 100: the cheapest combination found costs 160; raise the budget, lower MinKeptRatio, or search more rounds.",
            fault.Message);
    }

    private static CooperativeCoevolution Search(SeparableProblem problem, CooperativeCoevolutionOptions options) =>
        new(options, problem.GroupSizes, new FunctionEvaluator<BitGenome>(problem.Evaluate));

    private static async Task<(CooperativeCoevolution Search, CoevolutionState State)> RunAsync(
        SeparableProblem problem, CooperativeCoevolutionOptions options)
    {
        var search = Search(problem, options);
        var state = await search.InitializeAsync(CancellationToken.None);
        while (!search.IsComplete(state)) state = await search.StepAsync(state, CancellationToken.None);
        return (search, state);
    }
}
