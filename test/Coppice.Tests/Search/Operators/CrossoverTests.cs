using Coppice.Search;
using Coppice.Search.Operators;

namespace Coppice.Tests.Search.Operators;

public sealed class CrossoverTests
{
    private static readonly BitString Zeros = BitString.Parse("00000"), Ones = BitString.Parse("11111");

    [Fact]
    public void One_point_crossover_cuts_between_any_two_genes_equally_often()
    {
        ChiSquare.AssertUniform(4, rng =>
        {
            var (first, second) = new OnePointCrossover<BitString>().Cross(Zeros, Ones, rng);
            Assert.Contains(first.ToString(), new[] { "01111", "00111", "00011", "00001" });
            Assert.Equal(Ones.Invert(first), second);
            return first.Count - 1;
        });
    }

    [Fact]
    public void One_point_crossover_copies_a_single_gene() =>
        Assert.Equal((BitString.Parse("0"), BitString.Parse("1")), new OnePointCrossover<BitString>().Cross(BitString.Parse("0"), BitString.Parse("1"), Rng.For(1)));

    [Fact]
    public void Segment_swap_takes_each_pair_of_cut_points_equally_often_the_last_gene_included()
    {
        // 25 pairs of cut points: a segment [i, j] comes from (i, j) and (j, i), one of a single gene from (i, i) alone.
        string[] segments = [.. from i in Enumerable.Range(0, 5) from j in Enumerable.Range(i, 5 - i) select new string([.. Enumerable.Range(0, 5).Select(k => k >= i && k <= j ? '1' : '0')])];
        double[] probabilities = [.. segments.Select(text => text.Count(c => c == '1') == 1 ? 1 / 25.0 : 2 / 25.0)];

        ChiSquare.AssertDistribution(probabilities, rng =>
        {
            var (first, second) = new SegmentSwap<BitString>().Cross(Zeros, Ones, rng);
            Assert.Equal(Ones.Invert(first), second);
            return Array.IndexOf(segments, first.ToString());
        });
    }

    [Fact]
    public void Segment_swap_runs_over_the_borders_of_the_segments_of_a_genome()
    {
        var (mother, father) = (BitGenome.Parse("00|000"), BitGenome.Parse("11|111"));
        var children = Enumerable.Range(0, 300).Select(i => new SegmentSwap<BitGenome>().Cross(mother, father, Rng.For(3, (ulong)i)).First.ToString()).ToHashSet();

        Assert.Contains("01|100", children);
        Assert.Equal(15, children.Count);
    }

    [Fact]
    public void Uniform_crossover_swaps_every_gene_with_its_probability_and_independently()
    {
        var (mother, father) = (IntegerGenome.Parse("1,2,3"), IntegerGenome.Parse("-1,-2,-3"));

        ChiSquare.AssertDistribution([.. Enumerable.Range(0, 8).Select(bits => Math.Pow(0.3, int.PopCount(bits)) * Math.Pow(0.7, 3 - int.PopCount(bits)))], rng =>
        {
            var (first, second) = new UniformCrossover<IntegerGenome>(0.3).Cross(mother, father, rng);
            Assert.All(Enumerable.Range(0, 3), gene => Assert.Equal((gene + 1, -gene - 1), (Math.Abs(first[gene]), -Math.Abs(second[gene]))));
            Assert.All(Enumerable.Range(0, 3), gene => Assert.Equal(0, first[gene] + second[gene]));
            return Enumerable.Range(0, 3).Sum(gene => first[gene] < 0 ? 1 << gene : 0);
        });
    }

    [Theory] // Worked by hand from the formulas, for x₁ = ¼, x₂ = ¾ in [0, 1] and η = 1: β = 2, α = 1.75.
    [InlineData(0.5, 0.26614645)] // r α = 0.875; √0.875 = 0.93541435
    [InlineData(0.55, 0.25473229)] // √0.9625 = 0.98107084, for 0.55 ≤ 1 / α = 0.571
    [InlineData(0.9, 0.11651749)] // 1 / (2 − 1.575) = 2.35294118; √ = 1.53392998
    [InlineData(0.0, 0.5)]
    [InlineData(1.0, 0.0)]        // β_q = 2: just the bound
    public void Simulated_binary_crossover_spreads_as_its_formula_says(double r, double low)
    {
        var (c1, c2) = new SimulatedBinaryCrossover(RealSpace.Cube(1, 0, 1), eta: 1).Spread(gene: 0, 0.25, 0.75, r);

        Assert.Equal(low, c1, 1e-7);
        Assert.Equal(1 - low, c2, 1e-7);
    }

    [Fact]
    public void Simulated_binary_crossover_crosses_half_of_the_genes_within_the_bounds_and_keeps_equal_ones()
    {
        var space = RealSpace.Cube(3, -1, 2);
        var crossover = new SimulatedBinaryCrossover(space, eta: 2);
        var (mother, father) = (new RealGenome([-0.9, 0.5, 1.9]), new RealGenome([1.9, 0.5, -0.8]));

        ChiSquare.AssertUniform(4, rng =>
        {
            var (first, second) = crossover.Cross(mother, father, rng);
            Assert.True(space.Contains(first) && space.Contains(second));
            Assert.Equal((0.5, 0.5), (first[1], second[1]));
            return (first[0] == mother[0] ? 0 : 1) + (first[2] == mother[2] ? 0 : 2);
        });
    }

    [Fact]
    public void Parents_of_different_lengths_are_refused()
    {
        var fault = Assert.Throws<ArgumentException>(() => new SegmentSwap<BitString>().Cross(Ones, BitString.Parse("1"), Rng.For(1)));

        Assert.Equal("Cannot combine genomes of different lengths: there are 1 bits of the other string, but must be 5.", fault.Message);
        Assert.Throws<ArgumentException>(() => new UniformCrossover<IntegerGenome>().Cross(IntegerGenome.Parse("1,2"), IntegerGenome.Parse("1"), Rng.For(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new UniformCrossover<BitString>(1.5));
    }
}
