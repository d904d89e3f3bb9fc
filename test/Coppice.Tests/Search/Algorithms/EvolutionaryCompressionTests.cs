using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Operators;
using Coppice.Search.Termination;

namespace Coppice.Tests.Search.Algorithms;

public sealed class EvolutionaryCompressionTests
{
    private const int Bits = 128;
    private static readonly BitString Target = RandomBits.Bernoulli(Bits, 0.5, Rng.For(99));

    [Fact]
    public void Defaults_are_the_papers()
    {
        var options = new EvolutionaryCompressionOptions();

        options.Validate();
        Assert.Equal((0.2, 0.7, SelectionRule.Roulette, null), (options.CopyProbability, options.CrossoverProbability, options.Selection, options.BitMutationRate));
    }

    [Fact] // The first weakness.
    public async Task Published_roulette_hardly_prefers_the_best_of_a_late_generation()
    {
        var late = await RunAsync(new() { PopulationSize = 32 }, generations: 60);
        double[] fitness = [.. late.Population.Select(individual => individual.Fitness)];

        var published = RouletteWheel.Probabilities(fitness);
        var ranked = new LinearRank().Probabilities(late.Population);

        Assert.InRange(published.Max() / published.Min(), 1, 1.1); // the best is drawn at most a tenth more often than the worst
        Assert.True(ranked.Max() > 1.8 / 32); // nearly twice the average
        Assert.True(ranked.Min() < 0.3 / 32);
    }

    [Fact] // The second weakness.
    public void Published_mutation_rewrites_a_third_of_the_genome_and_late_in_a_search_that_is_never_good()
    {
        // A good genome: 4 of 128 bits are wrong.
        var parent = BitString.AllOnes(Bits).Invert(BitString.FromIndices(Bits, [5, 50, 77, 127]));
        BitString[] inverted = [.. Enumerable.Range(0, 4000).Select(i => new SegmentInversion<BitString>().Mutate(parent, Rng.For(1, (ulong)i)))];
        BitString[] flipped = [.. Enumerable.Range(0, 4000).Select(i => new BitFlip<BitString>().Mutate(parent, Rng.For(2, (ulong)i)))];

        Assert.InRange(inverted.Average(child => child.Invert(parent).Count), 42, 45); // 1 + (128² − 1) / (3 · 128) = 43.7
        Assert.InRange(flipped.Average(child => child.Invert(parent).Count), 0.9, 1.1);
        Assert.True(inverted.Count(child => child.Count > parent.Count) < 0.002 * 4000);
        Assert.True(flipped.Count(child => child.Count > parent.Count) > 0.01 * 4000);
    }

    [Theory]
    [InlineData(SelectionRule.Rank)]
    [InlineData(SelectionRule.Tournament)]
    public async Task Cure_beats_the_published_form_on_every_seed(SelectionRule selection)
    {
        for (ulong seed = 1; seed <= 10; seed++)
        {
            double published = (await RunAsync(new() { Seed = seed }, generations: 60)).Best.Fitness;
            double cured = (await RunAsync(new() { Seed = seed, Selection = selection, BitMutationRate = 1.0 / Bits }, generations: 60)).Best.Fitness;

            Assert.True(cured > published, $"seed {seed}: {cured} is not above {published}");
        }
    }

    [Fact]
    public async Task Places_are_filled_by_copies_swaps_and_inversions_with_the_published_probabilities()
    {
        // All parents are one genome, so copies and swaps change nothing, and inversions always do.
        var parent = new Individual<BitGenome>(BitGenome.AllOnes(32, 32), new(1, 1));
        var search = new EvolutionaryCompression(new() { PopulationSize = 2001 }, [32, 32], new FunctionEvaluator<BitGenome>(_ => new(1, 1)));

        var next = await search.StepAsync(new(0, [.. Enumerable.Repeat(parent, 2001)]), CancellationToken.None);

        // Of the draws of s, s₃ = 0.1 are mutations; of the places, since a swap fills two, 0.1 / (0.2 + 2 · 0.7 + 0.1) = 1 / 17 of 2000.
        int inverted = next.Population.Count(individual => individual.Genome != parent.Genome);
        Assert.InRange(inverted, 118 - 42, 118 + 42); // 4 standard deviations
    }

    [Fact]
    public async Task With_bit_flips_every_child_but_the_copies_is_mutated()
    {
        // All parents are one genome; half of its bits are flipped, so that no child of a crossover or a mutation equals it.
        var parent = new Individual<BitGenome>(BitGenome.AllOnes(32, 32), new(1, 1));
        var search = new EvolutionaryCompression(new() { PopulationSize = 2001, BitMutationRate = 0.5 }, [32, 32], new FunctionEvaluator<BitGenome>(_ => new(1, 1)));

        var next = await search.StepAsync(new(0, [.. Enumerable.Repeat(parent, 2001)]), CancellationToken.None);

        // Copies fill 0.2 / (0.2 + 2 · 0.7 + 0.1) = 2 / 17 of 2000 places; and there is the elite.
        int unchanged = next.Population.Count(individual => individual.Genome == parent.Genome);
        Assert.InRange(unchanged, 236 - 58, 236 + 58); // 4 standard deviations
    }

    [Fact]
    public async Task Founders_spread_over_all_sizes_and_no_segment_is_ever_empty()
    {
        var evaluator = new FunctionEvaluator<BitGenome>(genome => new(1 + (1.0 / (1 + genome.Bits.Count)), genome.Bits.Count)); // smaller is fitter
        var search = new EvolutionaryCompression(new() { PopulationSize = 100, Selection = SelectionRule.Rank, BitMutationRate = 0.05 }, [20, 2, 20], evaluator);

        var founders = (await search.InitializeAsync([], CancellationToken.None)).Population;
        await SearchLoop.Of(search, new MaxGenerations(40)).RunAsync(CancellationToken.None);

        Assert.True(founders.Count(individual => individual.Genome.Bits.Count < 10) > 10);
        Assert.True(founders.Count(individual => individual.Genome.Bits.Count > 32) > 10);
        Assert.All(evaluator.Evaluated, genome => Assert.All(genome.Segments, bits => Assert.True(bits.Count >= 1)));
        Assert.Equal(3, evaluator.Evaluated.Min(genome => genome.Bits.Count)); // and the smallest of all is found
    }

    [Fact]
    public async Task Repair_of_the_callers_holds_for_every_candidate()
    {
        var evaluator = new FunctionEvaluator<BitGenome>(genome => new(genome[0].Count, 1));

        await SearchLoop.Of(new EvolutionaryCompression(new(), [8, 8], evaluator, new ExactCount<BitGenome>(9)), new MaxGenerations(20)).RunAsync(CancellationToken.None);

        Assert.All(evaluator.Evaluated, genome => Assert.Equal(9, genome.Bits.Count));
    }

    [Fact]
    public async Task Elite_is_never_lost_and_known_genomes_are_not_evaluated_again()
    {
        var evaluator = new FunctionEvaluator<BitGenome>(genome => new(genome.Bits.Count, 1));
        List<double> best = [];
        var loop = SearchLoop.Of(new EvolutionaryCompression(new(), [32, 32], evaluator), new MaxGenerations(50)) with
        {
            Observe = (checkpoint, _) =>
            {
                best.Add(checkpoint.State.Best.Fitness);
                return ValueTask.CompletedTask;
            },
        };

        await loop.RunAsync(CancellationToken.None);

        Assert.Equal(best.Order(), best);
        Assert.All(evaluator.Batches.Skip(1), batch => Assert.InRange(batch.Length, 1, 31)); // copies cost nothing
    }

    [Fact]
    public async Task Genomes_of_another_shape_are_refused()
    {
        var search = new EvolutionaryCompression(new(), [4, 2], new FunctionEvaluator<BitGenome>(_ => new(1, 1)));

        var fault = await Assert.ThrowsAsync<ArgumentException>(() => search.InitializeAsync([BitGenome.AllOnes(2, 4)], CancellationToken.None));

        Assert.Equal("A genome has segments of [2, 4] bits, but this search has [4, 2]. (Parameter 'seeds')", fault.Message);
    }

    [Fact]
    public void Options_list_all_faults() => Assert.Equal(
        "The evolutionary compression options are not valid: PopulationSize is 1, but must be at least 2; "
        + "CrossoverProbability is 0.5, but must be at least 0 and at most 1 − CopyProbability; BitMutationRate is 0, but must be in (0, 1], or absent.",
        Assert.Throws<ArgumentException>(() => new EvolutionaryCompressionOptions
        {
            PopulationSize = 1,
            CopyProbability = 0.6,
            CrossoverProbability = 0.5,
            BitMutationRate = 0,
        }.Validate()).Message);

    /// <summary>A hidden target as an accuracy: 0.9 if no bit is right, 1 if all are.</summary>
    private static async Task<Generation<BitGenome>> RunAsync(EvolutionaryCompressionOptions options, int generations)
    {
        var search = new EvolutionaryCompression(options, [64, 64], new FunctionEvaluator<BitGenome>(
            genome => new(1 - (0.1 * genome.Bits.Invert(Target).Count / Bits), 1)));
        return (await SearchLoop.Of(search, new MaxGenerations(generations)).RunAsync(CancellationToken.None)).State;
    }
}
