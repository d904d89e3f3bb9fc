using Coppice.Search;
using Coppice.Search.Operators;

namespace Coppice.Tests.Search.Operators;

public sealed class RandomBitsTests
{
    [Fact]
    public void Density_varied_strings_have_every_number_of_ones_equally_often() =>
        ChiSquare.AssertUniform(10, rng => RandomBits.DensityVaried(9, rng).Count);

    [Fact]
    public void Bernoulli_bits_are_independent() =>
        ChiSquare.AssertDistribution([0.0625, 0.1875, 0.1875, 0.5625], rng => RandomBits.Bernoulli(2, 0.75, rng) is var bits ? (bits[0] ? 1 : 0) + (bits[1] ? 2 : 0) : -1);

    [Fact]
    public void Exact_count_draws_every_string_of_k_ones_equally_often()
    {
        string[] strings = ["1100", "1010", "1001", "0110", "0101", "0011"];

        ChiSquare.AssertUniform(6, rng => Array.IndexOf(strings, RandomBits.ExactCount(4, 2, rng).ToString()));
    }

    [Fact]
    public void Integers_and_reals_fill_their_boxes()
    {
        var integers = new IntegerSpace([-2, 5], [2, 5]);
        var reals = new RealSpace([-1, 3], [1, 3]);

        ChiSquare.AssertUniform(5, rng => integers.Sample(rng)[0] + 2);
        ChiSquare.AssertUniform(10, rng => (int)Math.Floor((reals.Sample(rng)[0] + 1) * 5));
        Assert.Equal((5, 3.0), (integers.Sample(Rng.For(1))[1], reals.Sample(Rng.For(1))[1]));
    }
}
