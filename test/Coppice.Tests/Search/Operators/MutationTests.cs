using Coppice.Search;
using Coppice.Search.Operators;

namespace Coppice.Tests.Search.Operators;

public sealed class MutationTests
{
    private static readonly IntegerSpace Digits = IntegerSpace.Cube(2, 0, 9);

    [Fact]
    public void Bit_flip_inverts_one_bit_on_average_each_equally_often()
    {
        var parent = BitString.Parse("1010101010");
        int[] flips = new int[10];
        for (ulong i = 0; i < 20_000; i++)
        {
            foreach (int bit in parent.Invert(new BitFlip<BitString>().Mutate(parent, Rng.For(1, i))).Indices) flips[bit]++;
        }

        ChiSquare.AssertCounts([.. Enumerable.Repeat(0.1, 10)], flips);
        Assert.InRange(flips.Sum() / 20_000.0, 1 - 0.027, 1 + 0.027); // 4 standard deviations of √(0.9 / 20000)
    }

    [Fact]
    public void Bit_flip_of_a_given_rate_flips_a_binomial_number_of_bits()
    {
        // Three bits at 0.2: 0.512, 0.384, 0.096, 0.008.
        ChiSquare.AssertDistribution([0.512, 0.384, 0.096, 0.008], rng => new BitFlip<BitGenome>(0.2).Mutate(BitGenome.Parse("0|00"), rng).Bits.Count);
    }

    [Fact]
    public void Segment_inversion_rewrites_a_third_of_the_genome_and_every_position()
    {
        int[] inverted = new int[10];
        for (ulong i = 0; i < 20_000; i++)
        {
            foreach (int bit in new SegmentInversion<BitString>().Mutate(BitString.Parse("0000000000"), Rng.For(2, i)).Indices) inverted[bit]++;
        }

        Assert.InRange(inverted.Sum() / 20_000.0, 4.3 - 0.07, 4.3 + 0.07); // 1 + 99 / 30
        for (int j = 0; j < 10; j++) // 1 − (j² + (9 − j)²) / 100; 4 standard deviations are below 0.0142
        {
            Assert.InRange(inverted[j] / 20_000.0, 1 - (((j * j) + ((9 - j) * (9 - j))) / 100.0) - 0.0142, 1 - (((j * j) + ((9 - j) * (9 - j))) / 100.0) + 0.0142);
        }
    }

    [Fact]
    public void Bit_swap_moves_one_one_to_the_place_of_any_zero()
    {
        string[] outcomes = ["0110", "0101", "1010", "1001"];

        ChiSquare.AssertUniform(4, rng => Array.IndexOf(outcomes, new BitSwap<BitString>().Mutate(BitString.Parse("1100"), rng).ToString()));
    }

    [Theory]
    [InlineData("111")]
    [InlineData("000")]
    public void Bit_swap_leaves_alone_what_has_no_pair(string bits) =>
        Assert.Equal(bits, new BitSwap<BitString>().Mutate(BitString.Parse(bits), Rng.For(1)).ToString());

    [Fact]
    public void Integer_reset_takes_every_other_value_equally_often_both_bounds_included() =>
        ChiSquare.AssertDistribution(
            [.. Enumerable.Range(0, 10).Select(value => value == 4 ? 0 : 1 / 9.0)],
            rng => new IntegerReset(Digits, rate: 1).Mutate(IntegerGenome.Parse("0,4"), rng)[1]);

    [Fact]
    public void Integer_reset_changes_one_gene_on_average() =>
        ChiSquare.AssertDistribution([0.25, 0.5, 0.25], rng => Changes(new IntegerReset(Digits), IntegerGenome.Parse("3,9"), rng));

    [Fact]
    public void Integer_step_takes_every_step_equally_often_and_stops_at_the_bounds()
    {
        var mutation = new IntegerStep(Digits, maxStep: 2, rate: 1);

        ChiSquare.AssertDistribution([0, 0, 0, 0.25, 0.25, 0, 0.25, 0.25, 0, 0], rng => mutation.Mutate(IntegerGenome.Parse("0,5"), rng)[1]);
        ChiSquare.AssertDistribution([0, 0, 0, 0, 0, 0, 0, 0.25, 0.25, 0.5], rng => mutation.Mutate(IntegerGenome.Parse("0,9"), rng)[1]);
        Assert.Equal(int.MaxValue, new IntegerStep(IntegerSpace.Cube(1, 5, int.MaxValue), rate: 1, maxStep: 1)
            .Mutate(new([int.MaxValue]), FirstWhere(rng => rng.NextExcept(3, 1) == 2))[0]);
    }

    [Fact]
    public void Gaussian_mutation_has_the_deviation_that_it_is_given()
    {
        var mutation = new GaussianMutation(RealSpace.Cube(1, -100, 100), sigma: 0.01, rate: 1);
        double[] shifts = [.. Enumerable.Range(0, 20_000).Select(i => mutation.Mutate(new([5]), Rng.For(3, (ulong)i))[0] - 5)];

        Assert.InRange(shifts.Average(), -0.057, 0.057); // 4 · 2 / √20000
        Assert.InRange(Math.Sqrt(shifts.Average(x => x * x)), 1.96, 2.04);
    }

    [Fact]
    public void Gaussian_mutation_stays_within_the_bounds()
    {
        var mutation = new GaussianMutation(RealSpace.Cube(1, 0, 1), sigma: 10, rate: 1);
        double[] values = [.. Enumerable.Range(0, 500).Select(i => mutation.Mutate(new([0.5]), Rng.For(4, (ulong)i))[0])];

        Assert.Equal((0, 1), (values.Min(), values.Max()));
    }

    [Theory] // Worked by hand, for x = ½ in [0, 1] and η = 1.
    [InlineData(0.25, 0.29056942)] // √(0.5 + 0.5 · 0.25) − 1 = −0.20943058
    [InlineData(0.75, 0.70943058)]
    [InlineData(0.0, 0.0)]         // √0.25 − 1
    [InlineData(1.0, 1.0)]
    [InlineData(0.5, 0.5)]
    public void Polynomial_mutation_shifts_as_its_formula_says(double r, double expected) =>
        Assert.Equal(expected, new PolynomialMutation(RealSpace.Cube(1, 0, 1), eta: 1).Shift(0, 0.5, r), 1e-7);

    [Fact]
    public void Polynomial_mutation_scales_with_the_range_and_leaves_a_range_of_zero_alone()
    {
        Assert.Equal(10 + (20 * 0.29056942), new PolynomialMutation(RealSpace.Cube(1, 10, 30), eta: 1).Shift(0, 20, 0.25), 1e-6);
        Assert.Equal(3, new PolynomialMutation(RealSpace.Cube(1, 3, 3), rate: 1).Mutate(new([3]), Rng.For(1))[0]);
    }

    [Theory]
    [InlineData("110101", 2)]
    [InlineData("110101", 4)]
    [InlineData("110101", 5)]
    [InlineData("000000", 6)]
    public void Exact_count_changes_as_few_bits_as_it_can(string text, int count)
    {
        var genome = BitString.Parse(text);
        for (ulong i = 0; i < 50; i++)
        {
            var repaired = new ExactCount<BitString>(count).Repair(genome, Rng.For(5, i));
            Assert.Equal(count, repaired.Count);
            Assert.Equal(Math.Abs(genome.Count - count), genome.Invert(repaired).Count);
        }
    }

    [Fact]
    public void Exact_count_chooses_every_bit_equally_often()
    {
        ChiSquare.AssertUniform(4, rng => new ExactCount<BitString>(3).Repair(BitString.Parse("1111"), rng).Invert(BitString.AllOnes(4)).Indices[0]);
        ChiSquare.AssertUniform(3, rng => new ExactCount<BitGenome>(2).Repair(BitGenome.Parse("10|00"), rng).Bits.Indices[1] - 1);
        Assert.Throws<ArgumentException>(() => new ExactCount<BitString>(5).Repair(BitString.AllOnes(4), Rng.For(1)));
    }

    [Fact]
    public void Non_empty_segments_turns_one_bit_on_where_there_is_none()
    {
        ChiSquare.AssertUniform(3, rng =>
        {
            var repaired = new NonEmptySegments().Repair(BitGenome.Parse("101|000|1"), rng);
            Assert.Equal(("101", 1, "1"), (repaired[0].ToString(), repaired[1].Count, repaired[2].ToString()));
            return repaired[1].Indices[0];
        });
    }

    [Fact]
    public void Rates_that_are_no_probability_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new BitFlip<BitString>(-0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IntegerReset(Digits, 1.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IntegerStep(Digits, maxStep: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GaussianMutation(RealSpace.Cube(1, 0, 1), sigma: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PolynomialMutation(RealSpace.Cube(1, 0, 1), eta: -1));
    }

    private static int Changes(IntegerReset mutation, IntegerGenome parent, Rng rng) =>
        mutation.Mutate(parent, rng).Genes.Zip(parent.Genes).Count(pair => pair.First != pair.Second);

    /// <summary>A stream whose second draw is as wanted; the first decides the rate, which is 1.</summary>
    private static Rng FirstWhere(Func<Rng, bool> isWanted)
    {
        for (ulong i = 0; ; i++)
        {
            var rng = Rng.For(6, i);
            rng.NextDouble();
            if (isWanted(rng)) return Rng.For(6, i);
        }
    }
}
