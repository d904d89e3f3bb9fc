using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Graph.Channels;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Pruning.Encodings;
using Coppice.Search;
using Coppice.Tests.PruningMethods;

namespace Coppice.Tests.Pruning.Encodings;

/// <summary>The nine inner groups of ResNet-20 (three each of 16, 32 and 64 channels), each block of about as many MACs.</summary>
public sealed class EncodingTests
{
    private static readonly PruningSpace Space = PruningSpace.Create(ChannelUnits.Analyze(ModelCatalog.Build("resnet20")), GroupScope.Inner);
    private static readonly ImmutableArray<double[]> Scores = [.. Space.Groups.Select(group => new L1Norm().Score(new(Space.Units), group))];
    private static readonly long Half = Space.Cost.Full.Macs / 2;

    /// <summary>⌊c h / 10⌋ as in ABCPruner: 14 of 16 at nine tenths, and 1 at one tenth.</summary>
    [Theory]
    [InlineData(9, 14, 28, 57)]
    [InlineData(1, 1, 3, 6)]
    [InlineData(10, 16, 32, 64)]
    public void Counts_are_tenths_rounded_down(int tenths, int first, int second, int third)
    {
        var counts = new KeptCounts(Space, Scores, macs: null, steps: 10, maxSteps: 10);

        var widths = counts.Widths(Uniform(tenths));

        Assert.Equal([first, first, first, second, second, second, third, third, third], widths.AsEnumerable());
        Assert.Equal(widths, counts.Decode(Uniform(tenths)).Segments.Select(segment => segment.Count));
    }

    [Fact]
    public void Alpha_bounds_every_gene() => Assert.All(new KeptCounts(Space, Scores, null, steps: 10, maxSteps: 7).Space.Upper, bound => Assert.Equal(7, bound));

    [Fact]
    public void Channels_of_a_count_are_those_of_highest_score()
    {
        var bits = new KeptCounts(Space, Scores, null, 10, 10).Decode(Uniform(5));

        for (int group = 0; group < Scores.Length; group++)
        {
            double least = bits[group].Indices.Min(channel => Scores[group][channel]);
            Assert.All(Enumerable.Range(0, bits[group].Length).Where(channel => !bits[group][channel]), channel => Assert.True(Scores[group][channel] <= least));
        }
    }

    /// <summary>With a target only the proportions of a genome count: 2 everywhere is 10 everywhere, and both are the uniform network.</summary>
    [Fact]
    public void Counts_with_a_target_are_scaled_to_it()
    {
        var counts = new KeptCounts(Space, Scores, Half, 10, 10);

        Assert.Equal(WidthPlanner.Uniform(Space, Half).AsEnumerable(), counts.Widths(Uniform(10)));
        Assert.Equal(counts.Widths(Uniform(10)).AsEnumerable(), counts.Widths(Uniform(2)));
        var skewed = counts.Widths(new([10, 10, 10, 10, 10, 10, 2, 2, 2]));
        SmallProblem.AssertTight(Space, skewed, Half);
        Assert.InRange((double)skewed[6] / 64 / ((double)skewed[0] / 16), 0.1, 0.35);
    }

    [Fact]
    public void Widths_of_a_genome_are_its_own_after_a_round_trip()
    {
        var counts = new KeptCounts(Space, Scores, null, steps: 16, maxSteps: 16);
        IntegerGenome genome = new([16, 1, 8, 5, 9, 16, 2, 15, 7]);

        Assert.Equal(genome, counts.Encode(counts.Widths(genome)));
    }

    [Fact]
    public void Bits_with_a_target_meet_it_by_repair_and_keep_what_they_can()
    {
        var bits = new ChannelBits(Space, Scores, Half);
        var rng = Rng.For(1);
        foreach (double density in (double[])[0, 0.1, 0.5, 0.9, 1])
        {
            BitGenome genome = new([.. Space.Groups.Select(group => BitString.FromIndices(group.Size, [.. Enumerable.Range(0, group.Size).Where(_ => rng.Chance(density))]))]);

            var repaired = bits.Decode(genome);

            SmallProblem.AssertTight(Space, [.. repaired.Segments.Select(segment => segment.Count)], Half);
            Assert.Equal(repaired, bits.Repair(genome, rng));
            Assert.Equal(repaired, bits.Decode(repaired));
            bool fits = Space.CostOf(genome).Macs <= Half;
            Assert.All(genome.Segments.Zip(repaired.Segments), pair => Assert.True(!fits || !pair.First.Indices.Except(pair.Second.Indices).Any()));
        }
    }

    [Fact]
    public void Bits_without_a_target_keep_the_floor_of_each_group_by_score()
    {
        var space = PruningSpace.Create(Space.Units, GroupScope.Inner, new() { MinChannels = 3 });
        BitGenome empty = new([.. space.Groups.Select(group => BitString.FromIndices(group.Size, []))]);

        var decoded = new ChannelBits(space, Scores, macs: null).Decode(empty);

        Assert.Equal(space.Best(Scores, [.. space.Groups.Select(_ => 3)]), decoded);
    }

    /// <summary>Steps of 8: 16 of 16, 20 of 32 and 31 of 64 channels become the nearest, 16, 24 (of two the greater) and 32; 3 of 16 the least, 8.</summary>
    [Fact]
    public void Bits_become_the_nearest_widths_that_are_allowed_by_score()
    {
        var space = PruningSpace.Create(Space.Units, GroupScope.Inner, new() { ChannelMultiple = 8 });
        int[] drawn = [16, 3, 9, 20, 11, 32, 31, 60, 36];
        BitGenome genome = new([.. drawn.Select((count, i) => BitString.FromIndices(space.Groups[i].Size, [.. Enumerable.Range(0, count)]))]);

        var decoded = new ChannelBits(space, Scores, macs: null).Decode(genome);

        Assert.Equal([16, 8, 8, 24, 8, 32, 32, 64, 40], Widths(decoded));
        Assert.All(decoded.Segments.Zip(genome.Segments), pair => Assert.True(pair.First.Indices.All(pair.Second.Indices.Contains) || pair.Second.Indices.All(pair.First.Indices.Contains)));
        double[] scores = Scores[3];
        Assert.Equal(Enumerable.Range(20, 12).OrderByDescending(channel => scores[channel]).Take(4).Order(), decoded[3].Indices.Except(genome[3].Indices));
    }

    /// <summary>One bit off of 16: with chance 7 / 8 it comes back, else the step goes. To the nearest alone, no mutation of a bit or two would ever change a width.</summary>
    [Fact]
    public void Repaired_bits_fall_to_either_side_so_that_single_flips_add_up()
    {
        var space = PruningSpace.Create(Space.Units, GroupScope.Inner, new() { ChannelMultiple = 8 });
        var bits = new ChannelBits(space, Scores, macs: null);
        var genome = BitGenome.AllOnes(space.Sizes.AsSpan()).Replace(0, BitString.FromIndices(16, [.. Enumerable.Range(1, 15)]));

        Coppice.Tests.Search.ChiSquare.AssertDistribution([0.125, 0.875], rng => bits.Repair(genome, rng)[0].Count == 16 ? 1 : 0, draws: 4000);
    }

    /// <summary>Norms 1, 2, 3 and 30, 40, 50, …: relative to their groups' means they rank alike; zeros prune both alike, a large κ spares its group, a large α its strong channels.</summary>
    [Fact]
    public void Ranks_are_scaled_and_shifted_norms()
    {
        ImmutableArray<double[]> norms = [.. Space.Groups.Select((group, i) => Enumerable.Range(1, group.Size).Select(c => (double)c * (i + 1)).ToArray())];
        var ranks = new AffineRanks(Space, norms, Half, minKeptRatio: 0.1);

        int[] alike = Widths(ranks.Decode(ranks.Identity));
        int[] spared = Widths(ranks.Decode(At(13, 4)));
        int[] scaled = Widths(ranks.Decode(At(4, 4)));

        double[] shares = [.. alike.Zip(Space.Sizes, (width, size) => (double)width / size)];
        Assert.InRange(shares.Max() - shares.Min(), 0, 0.12);
        Assert.Equal(32, spared[4]);
        Assert.InRange(scaled[4], 31, 32);
        Assert.All((int[][])[alike, spared, scaled], widths => SmallProblem.AssertTight(Space, [.. widths], Half));
        Assert.All(ranks.Decode(ranks.Identity).Segments, segment => Assert.True(segment[segment.Length - 1]));
    }

    [Fact]
    public void Ranks_leave_every_group_a_tenth()
    {
        var ranks = new AffineRanks(Space, Scores, Half, minKeptRatio: 0.1);

        int[] widths = Widths(ranks.Decode(new([.. Enumerable.Range(0, 18).Select(gene => gene is 0 or 9 ? -4.0 : 4)])));

        Assert.Equal(2, widths[0]);
        SmallProblem.AssertTight(Space, [.. widths], Half);
    }

    /// <summary>The last gene is the share of the way from the smallest network to the whole one.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(0.75)]
    [InlineData(1)]
    public void Ranks_without_a_target_say_their_size_themselves(double size)
    {
        var ranks = new AffineRanks(Space, Scores, macs: null, minKeptRatio: 0.1);
        long least = Space.Smallest.Macs, full = Space.Cost.Full.Macs;

        int[] widths = Widths(ranks.Decode(new([.. Enumerable.Repeat(0.5, 18), size])));

        Assert.Equal((19, 0.0, 1.0), (ranks.Space.Dimensions, ranks.Space.Lower[18], ranks.Space.Upper[18]));
        SmallProblem.AssertTight(Space, [.. widths], least + (long)(size * (full - least)));
        Assert.Equal(size == 1, widths.SequenceEqual(Space.Sizes));
        Assert.Equal(size == 0, widths.All(width => width == 1));
    }

    /// <summary>Founders that were all small, or all large, would leave most of a front to be found by mutation.</summary>
    [Fact]
    public void Founders_of_ranks_without_a_target_are_of_every_size()
    {
        var variation = new AffineRanks(Space, Scores, macs: null, minKeptRatio: 0.1).Variation;

        Coppice.Tests.Search.ChiSquare.AssertDistribution([0.25, 0.25, 0.25, 0.25], rng => (int)(4 * variation.Found(rng)[18]));
    }

    /// <summary>LeGR: a tenth of the genes by N(0, 1) at first; of 18 genes 1.8, clipped nowhere but beyond 4.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 0.5)]
    [InlineData(0.95, 0.1)]
    [InlineData(3, 0.1)]
    public void Steps_of_ranks_shrink_to_a_tenth(double done, double sigma)
    {
        var ranks = new AffineRanks(Space, Scores, Half, minKeptRatio: 0.1);
        double[] changed = [.. Enumerable.Range(0, 4000).SelectMany(i => ranks.MutationAt(done).Mutate(ranks.Identity, Rng.For(1, (ulong)i)).Genes).Where(gene => gene != 0)];

        Assert.InRange(changed.Length / 72_000.0, 0.0955, 0.1045); // 4 standard deviations of √(0.09 / 72000)
        Assert.InRange(Math.Sqrt(changed.Average(gene => gene * gene)) / sigma, 0.966, 1.034); // 4 of √(1 / (2 · 7200))
    }

    [Theory]
    [InlineData(1, 10, 10)]
    [InlineData(0.6, 10, 6)]
    [InlineData(0.59, 10, 5)]
    [InlineData(1 / 3.0, 10, 3)]
    [InlineData(0.05, 10, 1)]
    [InlineData(1, 7, 7)]
    public void Uniform_counts_are_rounded_down_to_steps_within_alpha(double share, int maxSteps, int expected) =>
        Assert.Equal(Uniform(expected), new KeptCounts(Space, Scores, null, steps: 10, maxSteps).Uniform(share));

    /// <summary>Without a target the share decides, with one the target: of bits and counts the same networks, of ranks one of as many MACs.</summary>
    [Fact]
    public void Uniform_genomes_are_the_uniform_network_or_one_of_its_size()
    {
        ImmutableArray<int> half = WidthPlanner.AtShares(Space, [.. Space.Groups.Select(_ => 0.5)]), atTarget = WidthPlanner.Uniform(Space, Half);
        long macs = Space.CostOf(half).Macs;

        Assert.Equal(Space.Best(Scores, half), new ChannelBits(Space, Scores, null).Uniform(0.5));
        Assert.Equal(Space.Best(Scores, half), Decoded(new KeptCounts(Space, Scores, null, 10, 10), 0.5));
        SmallProblem.AssertTight(Space, [.. Widths(Decoded(new AffineRanks(Space, Scores, null, 0.1), 0.5))], macs);
        Assert.Equal(Space.Best(Scores, atTarget), new ChannelBits(Space, Scores, Half).Uniform(0.1));
        Assert.Equal(Space.Best(Scores, atTarget), Decoded(new KeptCounts(Space, Scores, Half, 10, 10), 0.1));
        Assert.Equal(new AffineRanks(Space, Scores, Half, 0.1).Identity, new AffineRanks(Space, Scores, Half, 0.1).Uniform(0.1));

        static BitGenome Decoded<TGenome>(IGenomeEncoding<TGenome> encoding, double share) => encoding.Decode(encoding.Uniform(share));
    }

    /// <summary>What is bred is what is measured: founders and children of bits meet the target themselves, by crossover and by mutation alone.</summary>
    [Fact]
    public void Bits_that_are_drawn_and_varied_meet_the_target_before_they_are_decoded()
    {
        var bits = new ChannelBits(Space, Scores, Half);
        for (ulong seed = 0; seed < 10; seed++)
        {
            var rng = Rng.For(seed);
            var (mother, father) = (bits.Variation.Found(rng), bits.Variation.Found(rng));
            var (first, second) = bits.Variation.Breed(mother, father, 1, 1, rng);

            Assert.All((BitGenome[])[mother, father, first, second, bits.MutationAt(0).Mutate(mother, rng)], genome => SmallProblem.AssertTight(Space, [.. Widths(genome)], Half));
        }
    }

    /// <summary>Zeros but for one gene: 0 to 8 are log α, 9 to 17 are κ.</summary>
    private static RealGenome At(int gene, double value) => new([.. Enumerable.Range(0, 18).Select(i => i == gene ? value : 0)]);

    private static IntegerGenome Uniform(int gene) => new([.. Enumerable.Repeat(gene, 9)]);

    private static int[] Widths(BitGenome genome) => [.. genome.Segments.Select(segment => segment.Count)];
}
