using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Termination;

namespace Coppice.Tests.Search.Algorithms;

/// <summary>The colony, and each fault of the authors' code that concerns the search.</summary>
public sealed class ArtificialBeeColonyTests
{
    private static readonly Func<IntegerGenome, Evaluation> Flat = _ => new(1, cost: 1); // nothing is strictly better, so sources stay

    [Fact]
    public void Defaults_are_those_of_the_authors_code()
    {
        var options = new ArtificialBeeColonyOptions();

        options.Validate();
        Assert.Equal((10, 5, 2, OnlookerRule.Proportional), (options.SourceCount, options.Limit, options.ChangedGenes, options.Onlookers));
    }

    [Fact] // 5.5, 2: randint(0, D − 1) never perturbs the last gene.
    public async Task Every_gene_moves_equally_often_the_last_included()
    {
        var space = IntegerSpace.Cube(6, 1, 1_000_000);
        var evaluator = new FunctionEvaluator<IntegerGenome>(Flat);
        var colony = Colony(new() { ChangedGenes = 1, Limit = 1_000_000 }, space, evaluator);
        var state = await colony.InitializeAsync([], CancellationToken.None);
        int[] moved = new int[6];
        for (int cycle = 0; cycle < 500; cycle++)
        {
            evaluator.Batches.Clear();
            state = await colony.StepAsync(state, CancellationToken.None);
            foreach (var (bee, source) in evaluator.Batches[0].Zip(state.Sources)) moved[Changed(bee, source.Position.Genome).Single()]++;
        }

        Assert.Equal(5000, moved.Sum());
        ChiSquare.AssertCounts([.. Enumerable.Repeat(1 / 6.0, 6)], moved);
    }

    [Fact] // 5.5, 3: int() truncates, so that every move drifts by −0.5.
    public async Task Moves_do_not_drift()
    {
        var evaluator = new FunctionEvaluator<IntegerGenome>(Flat);
        var colony = Colony(new() { SourceCount = 2, Limit = 1_000_000 }, IntegerSpace.Cube(1, 1, 100), evaluator);
        var state = await colony.InitializeAsync([new([40]), new([60])], CancellationToken.None);
        List<double> shifts = [];
        for (int cycle = 0; cycle < 6000; cycle++)
        {
            evaluator.Batches.Clear();
            state = await colony.StepAsync(state, CancellationToken.None);
            if (evaluator.Batches[0].Length == 2) shifts.AddRange(evaluator.Batches[0].Zip(state.Sources, (bee, source) => (double)bee[0] - source.Position.Genome[0]));
        }

        // φ · 20 has a standard deviation of 11.5: four times 11.5 / √shifts is 0.43 for 11,400.
        Assert.InRange(shifts.Average(), -0.43, 0.43);
        Assert.InRange(Math.Sqrt(shifts.Average(shift => shift * shift)), 11.3, 12.1); // without the moves by 0, which are drawn anew
    }

    [Fact] // φ · 0.4, uniform in −0.4 … 0.4: not rounded, and drawn anew nowhere
    public async Task Moves_of_reals_are_uniform_between_the_partner_and_its_mirror_image()
    {
        var evaluator = new FunctionEvaluator<RealGenome>(_ => new(1, cost: 1));
        var colony = new ArtificialBeeColony<RealGenome>(new() { SourceCount = 2, Limit = 1_000_000 }, RealSpace.Cube(1, -1, 1), evaluator);
        var state = await colony.InitializeAsync([new([-0.2]), new([0.2])], CancellationToken.None);
        int[] quarters = new int[4];
        for (int cycle = 0; cycle < 3000; cycle++)
        {
            evaluator.Batches.Clear();
            state = await colony.StepAsync(state, CancellationToken.None);
            foreach (var (bee, source) in evaluator.Batches[0].Zip(state.Sources)) quarters[(int)((bee[0] - source.Position.Genome[0] + 0.4) / 0.2)]++;
        }

        Assert.Equal(6000, quarters.Sum());
        ChiSquare.AssertCounts([0.25, 0.25, 0.25, 0.25], quarters);
    }

    [Fact] // Of real sources no two agree in a gene, so that each of three moves is seen.
    public async Task Every_move_changes_as_many_genes_as_it_is_told_to()
    {
        var evaluator = new FunctionEvaluator<RealGenome>(_ => new(1, cost: 1));
        var colony = new ArtificialBeeColony<RealGenome>(new() { ChangedGenes = 3 }, RealSpace.Cube(6, -1, 1), evaluator);
        var founders = await colony.InitializeAsync([], CancellationToken.None);
        evaluator.Batches.Clear();

        await colony.StepAsync(founders, CancellationToken.None);

        Assert.All(evaluator.Batches[0].Zip(founders.Sources), pair => Assert.Equal(3, pair.First.Genes.Zip(pair.Second.Position.Genome.Genes).Count(genes => genes.First != genes.Second)));
    }

    [Fact] // 5.5, 3: scouts draw int(u · max), with 0 → 1: never the maximum, and 1 twice as often.
    public async Task Founders_and_scouts_draw_every_value_equally_often_both_bounds_included()
    {
        var space = IntegerSpace.Cube(3, 1, 9);
        int[] founded = new int[9], scouted = new int[9];
        for (ulong seed = 0; seed < 1000; seed++)
        {
            var colony = Colony(new() { Seed = seed, SourceCount = 2, Limit = 1 }, space, new FunctionEvaluator<IntegerGenome>(Flat));
            var first = await colony.InitializeAsync([], CancellationToken.None);
            foreach (int gene in first.Sources.SelectMany(source => source.Position.Genome.Genes)) founded[gene - 1]++;

            var second = await colony.StepAsync(first, CancellationToken.None);
            foreach (int gene in second.Sources.Single(source => source.Trials == 0).Position.Genome.Genes) scouted[gene - 1]++;
        }

        ChiSquare.AssertCounts([.. Enumerable.Repeat(1 / 9.0, 9)], founded);
        ChiSquare.AssertCounts([.. Enumerable.Repeat(1 / 9.0, 9)], scouted);
    }

    [Fact] // 5.5, 4: a child that equals its parent is trained again.
    public async Task Every_move_differs_from_its_source_even_when_all_sources_agree()
    {
        var evaluator = new FunctionEvaluator<IntegerGenome>(Flat);
        var source = new Individual<IntegerGenome>(new([2, 5, 7]), new(1, 1));
        var agreed = new ColonyState<IntegerGenome>(0, [.. Enumerable.Repeat(new FoodSource<IntegerGenome>(source, Trials: 0), 4)], source, Evaluations: 1);

        for (ulong seed = 0; seed < 200; seed++)
        {
            var colony = Colony(new() { Seed = seed, SourceCount = 4, Limit = 1_000_000 }, IntegerSpace.Cube(3, 1, 9), evaluator);
            await colony.StepAsync(agreed, CancellationToken.None);
        }

        Assert.Equal(400, evaluator.Batches.Count); // employed bees and onlookers: an unchanged candidate would need no evaluation
        Assert.DoesNotContain(source.Genome, evaluator.Evaluated);
        Assert.Contains(evaluator.Evaluated, genome => genome[2] != 7);
    }

    [Fact]
    public async Task No_genome_is_evaluated_twice_in_a_batch_nor_while_it_is_a_source()
    {
        var evaluator = new FunctionEvaluator<IntegerGenome>(genome => new(genome.Genes.Sum(), 1));
        var colony = Colony(new(), IntegerSpace.Cube(2, 1, 4), evaluator);
        var state = await colony.InitializeAsync([], CancellationToken.None);
        for (int cycle = 0; cycle < 30; cycle++)
        {
            var sources = state.Sources.Select(source => source.Position.Genome).ToArray();
            evaluator.Batches.Clear();
            state = await colony.StepAsync(state, CancellationToken.None);
            Assert.All(evaluator.Batches, batch => Assert.Equal(batch.Length, batch.Distinct().Count()));
            if (evaluator.Batches.Count > 0) Assert.Empty(evaluator.Batches[0].Intersect(sources));
        }
    }

    [Fact]
    public async Task Space_of_one_point_has_no_moves_and_does_not_hang()
    {
        var evaluator = new FunctionEvaluator<IntegerGenome>(Flat);

        var result = await SearchLoop.Of(Colony(new(), IntegerSpace.Cube(2, 3, 3), evaluator), new MaxGenerations(20)).RunAsync(CancellationToken.None);

        Assert.Equal((1, "3,3"), (evaluator.Evaluated.Count(), result.State.Best.Genome.ToString()));
    }

    [Fact] // 5.5, 5: 0.9 f / max f + 0.1 is near 1 for all when accuracies are close.
    public async Task Onlookers_go_where_their_rule_sends_them()
    {
        double[] close = [0.93, 0.92, 0.91, 0.90];

        AssertShares([0.4, 0.3, 0.2, 0.1], await VisitsAsync(OnlookerRule.Proportional, 4, 3, 2, 1));
        AssertShares([0.93 / 3.66, 0.92 / 3.66, 0.91 / 3.66, 0.90 / 3.66], await VisitsAsync(OnlookerRule.Proportional, close)); // flat as well
        AssertShares([15 / 36.0, 11 / 36.0, 7 / 36.0, 3 / 36.0], await VisitsAsync(OnlookerRule.Windowed, close)); // 0.03 + 0.0075, …
        int[] scaled = await VisitsAsync(OnlookerRule.ScaledByMaximum, close);
        Assert.InRange(scaled.Max() / (double)scaled.Min(), 1, 1.25); // no pressure, but for the walk's always starting at the first
        Assert.True((await VisitsAsync(OnlookerRule.ScaledByMaximum, 4, 3, 2, 1)) is [var most, _, _, var least] && most > 2 * least);
    }

    [Fact] // 5.5, 6: after the founders the best is reset to source 0.
    public async Task Best_founder_is_remembered_after_its_source_has_been_abandoned()
    {
        var best = new IntegerGenome([4, 4, 4]);
        var colony = Colony(new() { SourceCount = 3, Limit = 1 }, IntegerSpace.Cube(3, 1, 9), new FunctionEvaluator<IntegerGenome>(genome => new(genome == best ? 2 : 1, 1)));
        var state = await colony.InitializeAsync([new([1, 1, 1]), best, new([2, 2, 2])], CancellationToken.None);
        for (int cycle = 0; cycle < 12; cycle++) state = await colony.StepAsync(state, CancellationToken.None);

        Assert.DoesNotContain(state.Sources, source => source.Position.Genome == best);
        Assert.Equal((best, 2.0), (state.Best.Genome, state.Best.Fitness));
    }

    [Fact]
    public async Task At_most_one_scout_flies_per_cycle_and_only_at_the_limit()
    {
        var evaluator = new FunctionEvaluator<IntegerGenome>(Flat);
        var colony = Colony(new() { SourceCount = 6, Limit = 4 }, IntegerSpace.Cube(8, 1, 1000), evaluator);
        var state = await colony.InitializeAsync([], CancellationToken.None);
        for (int cycle = 0; cycle < 20; cycle++)
        {
            var before = state;
            evaluator.Batches.Clear();
            state = await colony.StepAsync(state, CancellationToken.None);

            // Every visit has failed: employed and onlookers add 12 trials, and a scout takes its source's away.
            bool hasScout = evaluator.Batches.Count == 3;
            int trials = before.Sources.Sum(source => source.Trials) + 12;
            int abandoned = trials - state.Sources.Sum(source => source.Trials);
            Assert.Equal(hasScout ? 1 : 0, before.Sources.Zip(state.Sources).Count(pair => pair.First.Position != pair.Second.Position));
            Assert.True(hasScout ? abandoned >= 4 : abandoned == 0 && state.Sources.All(source => source.Trials < 4));
        }
    }

    [Fact]
    public void Source_is_left_for_a_strictly_better_one_only()
    {
        var source = new FoodSource<IntegerGenome>(new(new([1]), new(0.5, 1)), Trials: 3);

        Assert.Equal(new(new(new([2]), new(0.6, 1)), 0), source.Greedy(new(new([2]), new(0.6, 1))));
        Assert.Equal(source with { Trials = 4 }, source.Greedy(new(new([2]), new(0.5, 0))));
        Assert.Equal(source with { Trials = 4 }, source.Greedy(new(new([2]), Evaluation.Failed("no"))));
    }

    [Fact]
    public async Task Seed_outside_of_the_space_is_refused()
    {
        var colony = Colony(new(), new([1, 2], [9, 5]), new FunctionEvaluator<IntegerGenome>(Flat));

        var fault = await Assert.ThrowsAsync<ArgumentException>(() => colony.InitializeAsync([new([1, 6])], CancellationToken.None));

        Assert.Equal("A genome is 1,6, but must have 2 genes from [1, 2] to [9, 5]. (Parameter 'seeds')", fault.Message);
    }

    [Fact]
    public void Options_list_all_faults() => Assert.Equal(
        "The artificial bee colony options are not valid: SourceCount is 1, but must be at least 2; Limit is 0, but must be at least 1; "
        + "ChangedGenes is 0, but must be at least 1.",
        Assert.Throws<ArgumentException>(() => new ArtificialBeeColonyOptions { SourceCount = 1, Limit = 0, ChangedGenes = 0 }.Validate()).Message);

    private static ArtificialBeeColony<IntegerGenome> Colony(ArtificialBeeColonyOptions options, IntegerSpace space, IFitnessEvaluator<IntegerGenome> evaluator) =>
        new(options, space, evaluator);

    private static int[] Changed(IntegerGenome one, IntegerGenome other) => [.. Enumerable.Range(0, one.Length).Where(gene => one[gene] != other[gene])];

    /// <summary>How many onlookers visit each source, over 2000 cycles in which every move fails, so that trials count the visits.</summary>
    private static async Task<int[]> VisitsAsync(OnlookerRule rule, params double[] fitness)
    {
        ImmutableArray<FoodSource<IntegerGenome>> sources = [.. fitness.Select((f, i) => new FoodSource<IntegerGenome>(new(new([10 * (i + 1), 10 * (i + 1)]), new(f, 1)), Trials: 0))];
        int[] visits = new int[fitness.Length];
        for (ulong seed = 0; seed < 2000; seed++)
        {
            var colony = Colony(
                new() { Seed = seed, SourceCount = fitness.Length, Limit = 100, ChangedGenes = 1, Onlookers = rule }, IntegerSpace.Cube(2, 1, 100), new FunctionEvaluator<IntegerGenome>(_ => Evaluation.Failed("no")));
            var next = await colony.StepAsync(new(0, sources, sources[0].Position, Evaluations: 4), CancellationToken.None);
            for (int i = 0; i < visits.Length; i++) visits[i] += next.Sources[i].Trials - 1;
        }

        Assert.Equal(2000 * fitness.Length, visits.Sum());
        return visits;
    }

    private static void AssertShares(double[] probabilities, int[] visits) => ChiSquare.AssertCounts(probabilities, visits);
}
