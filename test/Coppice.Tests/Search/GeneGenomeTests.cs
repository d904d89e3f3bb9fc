using System.Globalization;
using System.Text.Json;
using Coppice.Search;

namespace Coppice.Tests.Search;

public sealed class GeneGenomeTests
{
    [Fact]
    public void Genomes_of_equal_genes_are_equal_values()
    {
        var (integers, reals) = (new IntegerGenome([3, -1, 12]), new RealGenome([0.5, -0.0]));

        Assert.True(integers == IntegerGenome.Parse("3,-1,12") && integers != integers.With(1, 0));
        Assert.Equal(integers.GetHashCode(), IntegerGenome.Parse("3,-1,12").GetHashCode());
        Assert.True(reals == RealGenome.Parse("0.5,0") && reals != RealGenome.Parse("0.5,1E-300"));
        Assert.Equal(reals.GetHashCode(), RealGenome.Parse("0.5,0").GetHashCode());
        Assert.Equal("3,0,12", integers.With(1, 0).ToString());
        Assert.Equal("3,-1,12", integers.ToString());
    }

    [Fact] // Computed by an independent Python program: hashlib.sha256 over the words as the remarks say.
    public void Content_hash_is_the_same_in_every_process()
    {
        Assert.Equal("e51911c2bb42ced96a17682fd92c52e7", IntegerGenome.Parse("3,-1,12").ContentHash.ToString("x32", CultureInfo.InvariantCulture));
        Assert.Equal("9abd78b9e0341b3297345da372147104", RealGenome.Parse("0.5,-0").ContentHash.ToString("x32", CultureInfo.InvariantCulture));
        Assert.NotEqual(IntegerGenome.Parse("1,1").ContentHash, BitGenome.Parse("1|1").ContentHash);
    }

    [Fact]
    public void Real_genes_read_back_as_the_same_numbers_in_every_culture()
    {
        var genome = new RealGenome([1.0 / 3, double.Epsilon, -double.MaxValue, 5]);

        Assert.Equal(genome, RealGenome.Parse(genome.ToString()));
        Assert.Equal("0.3333333333333333,5E-324,-1.7976931348623157E+308,5", genome.ToString());
    }

    [Fact]
    public void Json_is_the_text()
    {
        Assert.Equal("\"3,-1,12\"", JsonSerializer.Serialize(IntegerGenome.Parse("3,-1,12")));
        Assert.Equal(IntegerGenome.Parse("3,-1,12"), JsonSerializer.Deserialize<IntegerGenome>("\"3,-1,12\""));
        Assert.Equal(RealGenome.Parse("0.5,-1"), JsonSerializer.Deserialize<RealGenome>(JsonSerializer.Serialize(RealGenome.Parse("0.5,-1"))));
        Assert.Contains("found Number", Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<IntegerGenome>("3")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1,,2")]
    [InlineData("1,x")]
    [InlineData("1,99999999999")]
    [InlineData("1 ,2")]
    public void Text_that_is_no_genome_is_refused(string text)
    {
        Assert.Throws<FormatException>(() => IntegerGenome.Parse(text));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<IntegerGenome>(JsonSerializer.Serialize(text)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1,NaN")]
    [InlineData("1e999")]
    [InlineData("1;2")]
    public void Text_that_is_no_real_genome_is_refused(string text) => Assert.Throws<FormatException>(() => RealGenome.Parse(text));

    [Fact]
    public void Genomes_without_genes_and_genes_that_are_no_numbers_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new IntegerGenome([]));
        Assert.Throws<ArgumentException>(() => new RealGenome([]));
        Assert.Throws<ArgumentException>(() => new RealGenome([double.NaN]));
    }

    [Theory]
    [InlineData(4.4, 4)]
    [InlineData(4.5, 4)] // halves to even: nothing drifts
    [InlineData(5.5, 6)]
    [InlineData(4.6, 5)]
    [InlineData(-7, 1)]
    [InlineData(1e300, 9)]
    public void Integer_space_rounds_to_the_nearest_value_inside(double value, int nearest) => Assert.Equal(nearest, IntegerSpace.Cube(1, 1, 9).Nearest(0, value));

    [Fact]
    public void Spaces_know_what_lies_inside()
    {
        var (integers, reals) = (new IntegerSpace([1, -3], [9, -3]), new RealSpace([0, 1], [0.5, 1]));

        Assert.True(integers.Contains(new([1, -3])) && integers.Contains(new([9, -3])));
        Assert.False(integers.Contains(new([0, -3])) || integers.Contains(new([10, -3])) || integers.Contains(new([5, -2])) || integers.Contains(new([5])));
        Assert.True(reals.Contains(new([0.5, 1])));
        Assert.False(reals.Contains(new([0.6, 1])) || reals.Contains(new([0.5, 1, 1])));
        Assert.Equal((9, 1, -3), (integers.Values(0), integers.Values(1), integers.SampleOther(1, -3, Rng.For(1))));
    }

    [Theory] // 5 + φ (5 − 2) in 1 … 9
    [InlineData(0.5, 6)] // 6.5: to even
    [InlineData(-0.5, 4)] // 3.5
    [InlineData(-1, 2)]
    [InlineData(9, 9)]
    public void Integer_space_moves_to_the_nearest_value_along_a_difference(double phi, int expected) =>
        Assert.Equal(new IntegerGenome([3, expected]), IntegerSpace.Cube(2, 1, 9).Move(new([3, 5]), new([9, 2]), gene: 1, phi));

    [Theory] // 0.5 + φ (0.5 + 0.5) in −1 … 1
    [InlineData(0.25, 0.75)]
    [InlineData(-1, -0.5)]
    [InlineData(2, 1)]
    [InlineData(-3, -1)]
    public void Real_space_moves_along_a_difference_as_far_as_its_bounds(double phi, double expected) =>
        Assert.Equal(new RealGenome([0.125, expected]), RealSpace.Cube(2, -1, 1).Move(new([0.125, 0.5]), new([1, -0.5]), gene: 1, phi));

    [Fact]
    public void Spaces_draw_one_gene_anew()
    {
        var (integers, reals) = (new IntegerSpace([1, 1], [3, 4]), new RealSpace([0, 2], [0, 4]));

        ChiSquare.AssertDistribution([1 / 3.0, 0, 1 / 3.0, 1 / 3.0], rng => integers.Redraw(new([2, 2]), gene: 1, rng)[1] - 1); // another value than 2
        ChiSquare.AssertDistribution([0.25, 0.25, 0.25, 0.25], rng => (int)(2 * (reals.Redraw(new([0, 3]), gene: 1, rng)[1] - 2)));
        Assert.Equal((2, 0), (integers.Redraw(new([2, 2]), 1, Rng.For(1))[0], reals.Redraw(new([0, 3]), 1, Rng.For(1))[0]));
        Assert.Equal([false, true], Enumerable.Range(0, 2).Select(reals.IsFree));
        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(new IntegerSpace([1, 1], [2, 1]).IsFree));
        Assert.Equal(("2 genes from [1, 1] to [3, 4]", "2 genes from [0, 2.5] to [0, 4]"), (integers.ToString(), new RealSpace([0, 2.5], [0, 4]).ToString()));
    }

    [Fact]
    public void Spaces_go_through_json()
    {
        var integers = JsonSerializer.Deserialize<IntegerSpace>(JsonSerializer.Serialize(new IntegerSpace([1, 2], [3, 4])))!;
        var reals = JsonSerializer.Deserialize<RealSpace>(JsonSerializer.Serialize(new RealSpace([0.1], [0.2])))!;

        Assert.Equal((1, 2, 3, 4), (integers.Lower[0], integers.Lower[1], integers.Upper[0], integers.Upper[1]));
        Assert.Equal((0.1, 0.2), (reals.Lower[0], reals.Upper[0]));
    }

    [Fact]
    public void Spaces_with_crossed_bounds_are_refused()
    {
        Assert.Equal(
            "The bounds of gene 1 are [3, 2], but the upper must not be below the lower, nor 2^31 − 1 above it. (Parameter 'upper')",
            Assert.Throws<ArgumentException>(() => new IntegerSpace([1, 3], [1, 2])).Message);
        Assert.Throws<ArgumentException>(() => new IntegerSpace([int.MinValue], [int.MaxValue]));
        Assert.Throws<ArgumentException>(() => new IntegerSpace([1], [1, 2]));
        Assert.Throws<ArgumentException>(() => new RealSpace([0], [double.PositiveInfinity]));
        Assert.Throws<ArgumentException>(() => new RealSpace([1], [0]));
        Assert.Throws<ArgumentException>(() => IntegerSpace.Cube(0, 1, 2));
    }

    [Fact]
    public void Bits_of_a_genome_are_its_segments_in_one_row()
    {
        var genome = BitGenome.Parse("10|1|001");

        Assert.Equal(("101001", 6), (genome.Bits.ToString(), genome.Length));
        Assert.Equal("01|0|110", genome.WithBits(BitString.Parse("010110")).ToString());
        Assert.Equal("00|0|001", genome.Invert(BitString.Parse("101000")).ToString());
        Assert.Throws<ArgumentException>(() => genome.WithBits(BitString.Parse("01011")));
    }

    [Fact]
    public void Masked_operations_on_long_strings_equal_their_slow_twins()
    {
        var rng = Rng.For(31);
        foreach (int length in new[] { 1, 63, 64, 65, 130 })
        {
            bool[][] rows = [.. Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, length).Select(_ => rng.Chance(0.5)).ToArray())];
            var (one, other, mask) = (BitString.FromBits(rows[0]), BitString.FromBits(rows[1]), BitString.FromBits(rows[2]));

            Assert.Equal(Text(i => rows[0][i]), one.ToString());
            Assert.Equal(Text(i => rows[2][i] ? rows[1][i] : rows[0][i]), one.WithGenesOf(other, mask).ToString());
            Assert.Equal(Text(i => rows[0][i] ^ rows[2][i]), one.Invert(mask).ToString());
            Assert.Equal(Text(i => rows[0][i])[(length / 3)..], one.Slice(length / 3, length - (length / 3)).ToString());

            string Text(Func<int, bool> bit) => new([.. Enumerable.Range(0, length).Select(i => bit(i) ? '1' : '0')]);
        }
    }

    [Fact]
    public void Slice_outside_of_a_string_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => BitString.Parse("101").Slice(1, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => BitString.Parse("101").Slice(3, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => BitString.FromBits([]));
    }

    [Fact]
    public void Genes_are_mixed_by_a_mask()
    {
        Assert.Equal("1,-2,3", IntegerGenome.Parse("1,2,3").WithGenesOf(IntegerGenome.Parse("-1,-2,-3"), BitString.Parse("010")).ToString());
        Assert.Equal("-1,2,-3", RealGenome.Parse("1,2,3").WithGenesOf(RealGenome.Parse("-1,-2,-3"), BitString.Parse("101")).ToString());
    }
}
