using Coppice.Search;
using Coppice.Search.Operators;

namespace Coppice.Tests.Search.Operators;

public sealed class BoundedBitFlipTests
{
    private const double ChiSquareBound = 37.7; // 15 degrees of freedom, 0.1 %

    [Fact]
    public void Mutation_never_keeps_fewer_than_its_bound_however_often_it_is_applied()
    {
        var mutation = new BoundedBitFlip(rate: 0.5, minOnes: 15);
        var bits = BitString.AllOnes(16);

        for (ulong step = 0; step < 2000; step++)
        {
            bits = mutation.Mutate(bits, Rng.For(1, step));
            Assert.InRange(bits.Count, 15, 16);
        }
    }

    [Fact]
    public void Mutation_lets_removed_filters_come_back()
    {
        Assert.Equal("1111", new BoundedBitFlip(rate: 1, minOnes: 4).Mutate(BitString.Parse("0000"), Rng.For(1)).ToString());
    }

    [Fact]
    public void Mutation_without_a_bound_flips_every_bit_at_its_rate()
    {
        var mutation = new BoundedBitFlip(rate: 0.1, minOnes: 0);
        var parent = BitString.Parse("1010101010101010");
        int[] flips = new int[16];
        for (ulong i = 0; i < 10_000; i++)
        {
            var child = mutation.Mutate(parent, Rng.For(2, i));
            for (int bit = 0; bit < 16; bit++) flips[bit] += child[bit] == parent[bit] ? 0 : 1;
        }

        Assert.All(flips, count => Assert.InRange(count, 1000 - 120, 1000 + 120)); // 4 standard deviations
    }

    [Fact]
    public void Mutation_removes_every_position_equally_often_under_a_bound()
    {
        Assert.True(ChiSquareOfRemovals(new BoundedBitFlip(rate: 0.2, minOnes: 14).Mutate) < ChiSquareBound);
    }

    [Fact]
    public void Scan_in_index_order_as_in_the_authors_code_removes_the_first_positions_more_often()
    {
        Assert.True(ChiSquareOfRemovals(MutateInIndexOrder) > 10 * ChiSquareBound);

        static BitString MutateInIndexOrder(BitString parent, Rng rng)
        {
            for (int index = 0; index < parent.Length; index++)
            {
                if (rng.Chance(0.2) && (!parent[index] || parent.Count > 14)) parent = parent.With(index, !parent[index]);
            }

            return parent;
        }
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Rates_that_are_no_probability_are_refused(double rate)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new BoundedBitFlip(rate, minOnes: 1));
    }

    private static double ChiSquareOfRemovals(Func<BitString, Rng, BitString> mutate)
    {
        int[] removals = new int[16];
        for (ulong i = 0; i < 10_000; i++)
        {
            var child = mutate(BitString.AllOnes(16), Rng.For(3, i));
            for (int bit = 0; bit < 16; bit++) removals[bit] += child[bit] ? 0 : 1;
        }

        double expected = removals.Average();
        return removals.Sum(count => (count - expected) * (count - expected) / expected);
    }
}
