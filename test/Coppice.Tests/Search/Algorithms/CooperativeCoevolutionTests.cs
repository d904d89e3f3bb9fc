using System.Collections.Immutable;
using System.Text.Json;
using Coppice.Search;
using Coppice.Search.Algorithms;

namespace Coppice.Tests.Search.Algorithms;

public sealed class CooperativeCoevolutionTests
{
    private static readonly SeparableProblem Problem = SeparableProblem.Random(seed: 77, 16, 24, 12);

    [Fact]
    public async Task Coevolution_finds_the_best_mask_of_every_group_of_a_separable_problem()
    {
        var options = new CooperativeCoevolutionOptions { MinKeptRatio = 0.75, Generations = 300 };

        var state = await RunAsync(options, Problem.GroupSizes, new FunctionEvaluator<BitGenome>(Problem.Evaluate));

        for (int group = 0; group < 3; group++)
        {
            var best = Problem.BestMask(group, options.MinKept(Problem.GroupSizes[group]));
            Assert.True(best.Count < best.Length, "the problem is meant to have harmful filters in every group");
            Assert.Equal(best, state.Species[group].Population[0].Genome);
        }
    }

    [Theory]
    [InlineData(16, 0.90, 15)]
    [InlineData(32, 0.90, 29)]
    [InlineData(20, 0.55, 11)] // 0.55 · 20 is 11.000000000000002 in doubles
    [InlineData(30, 0.90, 27)]
    [InlineData(1, 0.10, 1)]
    [InlineData(8, 1.00, 8)]
    public void Bound_is_the_kept_ratio_rounded_up(int groupSize, double ratio, int minKept)
    {
        Assert.Equal(minKept, new CooperativeCoevolutionOptions { MinKeptRatio = ratio }.MinKept(groupSize));
    }

    [Fact] // The authors' code lets N = 16 fall to 14.
    public async Task Coevolution_never_passes_the_bound_neither_in_founders_nor_in_offspring()
    {
        var evaluator = new FunctionEvaluator<BitGenome>(genome => new(-genome.Segments.Sum(bits => bits.Count), cost: 1)); // smaller is fitter

        await RunAsync(new() { InitialKeepProbability = 0.2, MutationRate = 0.6 }, [16, 32], evaluator);

        Assert.Equal(15, evaluator.Evaluated.Min(genome => genome[0].Count));
        Assert.Equal(29, evaluator.Evaluated.Min(genome => genome[1].Count));
    }

    [Fact]
    public async Task Coevolution_evaluates_a_generation_of_all_species_as_one_batch_against_the_full_others()
    {
        var evaluator = new FunctionEvaluator<BitGenome>(genome => new(genome.Segments.Sum(bits => bits.Count), cost: 1));

        await RunAsync(new() { Generations = 6 }, [64, 64, 64], evaluator);

        Assert.Equal(7, evaluator.Batches.Count);
        Assert.All(evaluator.Batches, batch => Assert.Equal([0, 1, 2], batch.Select(PrunedGroup).Where(group => group >= 0).Distinct().Order()));
        Assert.All(evaluator.Evaluated, genome => Assert.True(genome.Segments.Count(bits => bits.Count < bits.Length) <= 1));

        static int PrunedGroup(BitGenome genome) => genome.Segments.ToList().FindIndex(bits => bits.Count < bits.Length);
    }

    [Fact]
    public async Task Coevolution_evaluates_no_genome_twice_and_the_full_network_once()
    {
        var evaluator = new FunctionEvaluator<BitGenome>(Problem.Evaluate);

        await RunAsync(new() { Generations = 30 }, Problem.GroupSizes, evaluator);

        Assert.Single(evaluator.Evaluated, BitGenome.AllOnes(16, 24, 12));
        Assert.Equal(evaluator.Evaluated.Count(), evaluator.Evaluated.Distinct().Count());
    }

    [Fact]
    public async Task Group_that_must_keep_everything_costs_no_evaluation_and_wins_as_it_is()
    {
        var evaluator = new FunctionEvaluator<BitGenome>(genome => new(genome[0].Count, cost: 1));

        var state = await RunAsync(new() { Generations = 3 }, [4, 1], evaluator); // ⌈0.9 · 4⌉ = 4

        Assert.Equal([BitGenome.AllOnes(4, 1)], evaluator.Evaluated);
        Assert.Single(evaluator.Batches);
        Assert.Equal("1111", state.Species[0].Population.Single().Genome.ToString());
        Assert.Equal(BitGenome.AllOnes(4, 1), Search([4, 1]).Winners(state));
    }

    [Fact]
    public async Task First_founder_keeps_everything_and_the_others_are_pruned_and_differ()
    {
        var state = await Search([16, 64], new() { PopulationSize = 8 }).InitializeAsync(CancellationToken.None);

        Assert.Equal((0, 0), (state.Round, state.Generation));
        foreach (var species in state.Species)
        {
            Assert.Equal(8, species.Population.Length);
            Assert.Equal(8, species.Population.Select(individual => individual.Genome).Distinct().Count());
            Assert.Equal(species.Full.Genome.Length, species.Full.Genome.Count);
            Assert.All(species.Archive.Skip(1), individual => Assert.True(individual.Genome.Count < individual.Genome.Length));
        }
    }

    [Fact]
    public async Task Every_random_founder_is_pruned_even_when_chance_would_keep_everything()
    {
        var state = await Search([16, 16], new() { InitialKeepProbability = 0.999999 }).InitializeAsync(CancellationToken.None);

        Assert.All(state.Species, species => Assert.Equal([16, 15, 15, 15, 15], species.Archive.Select(individual => individual.Genome.Count)));
    }

    [Fact]
    public async Task Founders_of_equal_groups_differ_between_the_groups()
    {
        var state = await Search([64, 64]).InitializeAsync(CancellationToken.None);

        Assert.Empty(Pruned(state.Species[0]).Intersect(Pruned(state.Species[1])));

        static IEnumerable<BitString> Pruned(Species species) => species.Archive.Skip(1).Select(individual => individual.Genome);
    }

    [Fact] // Children of a small group often mutate back to all ones: in the authors' code these fill both first ranks.
    public async Task Winner_is_always_pruned_even_when_the_full_network_is_best()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var search = Search([10, 16], new() { Seed = seed }, evaluate: genome => new(genome.Segments.Sum(bits => bits.Count), cost: 1));
            var state = await RunAsync(search);

            Assert.All(state.Species, species => Assert.Equal(species.Full, species.Population[0]));
            Assert.Equal([9, 15], search.Winners(state).Segments.Select(bits => bits.Count));
        }
    }

    [Fact]
    public void Winner_is_the_best_unless_that_keeps_everything()
    {
        var full = new Individual<BitString>(BitString.Parse("111"), new(0.5, 3));
        var good = new Individual<BitString>(BitString.Parse("110"), new(0.4, 2));
        var failed = new Individual<BitString>(BitString.Parse("101"), Evaluation.Failed("no"));

        Assert.Equal(good, CooperativeCoevolution.Winner(new(0, [good, full], [full, good])));
        Assert.Equal(good, CooperativeCoevolution.Winner(new(0, [new(BitString.Parse("111"), full.Evaluation), good], [full, good])));
        Assert.Equal(full, CooperativeCoevolution.Winner(new(0, [full, failed], [full, failed])));
    }

    [Fact]
    public async Task Ties_of_fitness_go_to_the_lower_cost_not_to_the_fewer_filters()
    {
        // Only filter 0 is costly: dropping it alone is cheaper than dropping any two others.
        var search = Search([8], new() { MinKeptRatio = 0.75, Generations = 100 },
            genome => new(0.9, cost: genome[0].Indices.Sum(index => index == 0 ? 100 : 1)));

        var state = await RunAsync(search);

        Assert.Equal("0", state.Species[0].Population[0].Genome.ToString()[..1]);
        Assert.All(state.Species[0].Population, individual => Assert.False(individual.Genome[0]));
    }

    [Fact]
    public async Task Failed_candidates_do_not_survive_while_there_are_enough_others()
    {
        var evaluator = new FunctionEvaluator<BitGenome>(genome => genome[0][3] ? Problem.Evaluate(genome) : Evaluation.Failed("filter 3 is needed"));

        var state = await RunAsync(new() { MinKeptRatio = 0.5, MutationRate = 0.3 }, Problem.GroupSizes, evaluator);

        Assert.Contains(state.Species[0].Archive, individual => !individual.Succeeded);
        Assert.All(state.Species[0].Population, individual => Assert.True(individual.Succeeded));
    }

    [Fact]
    public async Task Full_network_that_fails_ends_the_search_with_its_reason()
    {
        var search = Search([8], evaluate: _ => Evaluation.Failed("no images"));

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => search.InitializeAsync(CancellationToken.None));

        Assert.Equal("Cannot start the coevolution: the full network could not be evaluated (no images).", fault.Message);
    }

    [Fact]
    public async Task Same_seed_gives_the_same_run_and_another_seed_or_round_another()
    {
        var one = await RunAsync(Search([16, 64], new() { Seed = 1 }));

        Assert.Equal(one, await RunAsync(Search([16, 64], new() { Seed = 1 })));
        Assert.NotEqual(one, await RunAsync(Search([16, 64], new() { Seed = 2 })));
        Assert.NotEqual(one.Species[1], (await RunAsync(Search([16, 64], new() { Seed = 1, Round = 1 }))).Species[1]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(120.0)]
    public async Task Run_resumed_from_json_equals_an_unbroken_one(double? budget)
    {
        var options = new CooperativeCoevolutionOptions { Generations = 8, MinKeptRatio = 0.5, CostBudget = budget };
        var unbroken = await RunAsync(options, Problem.GroupSizes, new FunctionEvaluator<BitGenome>(Problem.Evaluate));
        var first = Search(Problem.GroupSizes, options, Problem.Evaluate);
        var state = await first.InitializeAsync(CancellationToken.None);
        for (int step = 0; step < 3; step++) state = await first.StepAsync(state, CancellationToken.None);

        var resumed = JsonSerializer.Deserialize<CoevolutionState>(JsonSerializer.Serialize(state))!;
        Assert.Equal(state, resumed);
        var second = Search(Problem.GroupSizes, options, Problem.Evaluate);
        while (!second.IsComplete(resumed)) resumed = await second.StepAsync(resumed, CancellationToken.None);

        Assert.Equal(unbroken, resumed);
    }

    [Fact]
    public async Task Result_does_not_depend_on_how_the_evaluator_splits_and_orders_its_work()
    {
        var options = new CooperativeCoevolutionOptions { Generations = 5 };

        var whole = await RunAsync(options, Problem.GroupSizes, new FunctionEvaluator<BitGenome>(Problem.Evaluate));
        var scattered = await RunAsync(options, Problem.GroupSizes, new ScatteredEvaluator(Problem.Evaluate));

        Assert.Equal(whole, scattered);
    }

    [Fact]
    public async Task Cancelled_step_leaves_the_state_as_it_was()
    {
        var search = Search([16]);
        var state = await search.InitializeAsync(CancellationToken.None);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => search.StepAsync(state, new(canceled: true)));

        Assert.Equal(await search.InitializeAsync(CancellationToken.None), state);
    }

    [Fact]
    public async Task State_of_another_search_is_refused()
    {
        var state = await Search([16, 8]).InitializeAsync(CancellationToken.None);

        var fault = await Assert.ThrowsAsync<ArgumentException>(() => Search([16, 9], new() { Round = 2 }).StepAsync(state, CancellationToken.None));

        Assert.Equal("The state is of round 0 with group sizes [16, 8], but this search is of round 2 with [16, 9]. (Parameter 'state')", fault.Message);
    }

    [Fact]
    public void Default_options_are_the_papers_and_valid()
    {
        var options = new CooperativeCoevolutionOptions();

        options.Validate();
        Assert.Equal(
            (5, 10, 0.95, 0.10, 0.90, null),
            (options.PopulationSize, options.Generations, options.InitialKeepProbability, options.MutationRate, options.MinKeptRatio, options.CostBudget));
    }

    [Fact]
    public void Options_list_all_faults_at_once()
    {
        var options = new CooperativeCoevolutionOptions
        {
            Round = -1,
            PopulationSize = 1,
            Generations = 0,
            InitialKeepProbability = 1,
            MutationRate = 1.5,
            MinKeptRatio = 0,
            CostBudget = double.NaN,
        };

        Assert.Equal(
            "The cooperative coevolution options are not valid: Round is -1, but must be at least 0; PopulationSize is 1, but must be at least 2; "
            + "Generations is 0, but must be at least 1; InitialKeepProbability is 1, but must be in [0, 1); MutationRate is 1.5, but must be in (0, 1]; "
            + "MinKeptRatio is 0, but must be in (0, 1]; CostBudget is NaN, but must be finite and at least 0, or absent.",
            Assert.Throws<ArgumentException>(() => Search([8], options)).Message);
    }

    private static CooperativeCoevolution Search(
        ImmutableArray<int> groupSizes, CooperativeCoevolutionOptions? options = null, Func<BitGenome, Evaluation>? evaluate = null) =>
        new(options ?? new(), groupSizes, new FunctionEvaluator<BitGenome>(evaluate ?? (genome => new(genome.Segments.Sum(bits => bits.Count), cost: 1))));

    private static Task<CoevolutionState> RunAsync(
        CooperativeCoevolutionOptions options, ImmutableArray<int> groupSizes, IFitnessEvaluator<BitGenome> evaluator) =>
        RunAsync(new CooperativeCoevolution(options, groupSizes, evaluator));

    private static async Task<CoevolutionState> RunAsync(CooperativeCoevolution search)
    {
        var state = await search.InitializeAsync(CancellationToken.None);
        while (!search.IsComplete(state)) state = await search.StepAsync(state, CancellationToken.None);
        return state;
    }

    /// <summary>Evaluates each genome as a task of its own, last one first.</summary>
    private sealed class ScatteredEvaluator(Func<BitGenome, Evaluation> evaluate) : IFitnessEvaluator<BitGenome>
    {
        public async ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellationToken)
        {
            var evaluations = await Task.WhenAll(genomes.Reverse().Select(genome => Task.Run(() => evaluate(genome), cancellationToken)));
            return [.. evaluations.Reverse()];
        }
    }
}
