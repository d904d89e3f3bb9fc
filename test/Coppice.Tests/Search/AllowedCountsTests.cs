using Coppice.Search;
using FsCheck.Xunit;

namespace Coppice.Tests.Search;

/// <summary>Which numbers of ones are allowed, by hand and against a list of them.</summary>
[Properties(MaxTest = 300, Replay = "141421356237309504,88016887242096981")]
public class AllowedCountsTests
{
    [Theory]
    [InlineData(16, 1, 1, "1 to 16")]
    [InlineData(16, 1, 8, "8 or 16")]
    [InlineData(64, 9, 8, "16 to 64 by 8")]
    [InlineData(20, 1, 8, "8 to 16 by 8, or 20")]
    [InlineData(12, 1, 8, "8 or 12")]
    [InlineData(6, 1, 8, "all 6")]
    [InlineData(16, 16, 1, "all 16")]
    [InlineData(16, 40, 1, "all 16")]
    [InlineData(16, -3, 1, "1 to 16")]
    public void Counts_are_multiples_from_the_least_on_and_the_whole(int size, int least, int step, string expected) =>
        Assert.Equal(expected, new AllowedCounts(size, least, step).ToString());

    [Property]
    public void Every_question_is_answered_as_by_the_list(byte size, byte least, byte step)
    {
        var counts = new AllowedCounts(1 + (size % 40), least % 50, 1 + (step % 12));
        int[] list = [.. Enumerable.Range(1, counts.Size).Where(count => count == counts.Size || (count % counts.Step == 0 && count >= least % 50))];

        Assert.Equal(list, Enumerable.Range(0, counts.Length).Select(index => counts[index]));
        Assert.Equal(list[0], counts.Least);
        foreach (int count in Enumerable.Range(0, counts.Size + 3))
        {
            Assert.Equal(list.Contains(count), counts.Contains(count));
            Assert.Equal(list.LastOrDefault(allowed => allowed <= count, list[0]), counts.AtMost(count));
            Assert.Equal(list.FirstOrDefault(allowed => allowed >= count, list[^1]), counts.AtLeast(count));
            Assert.Equal(list.LastOrDefault(allowed => allowed < count, list[0]), counts.Below(count));
            Assert.Equal(list.FirstOrDefault(allowed => allowed > count, list[^1]), counts.Above(count));
            Assert.Equal(list.OrderBy(allowed => Math.Abs(allowed - count)).ThenByDescending(allowed => allowed).First(), counts.Nearest(count));
            Assert.Equal(list.Where(allowed => allowed >= count).DefaultIfEmpty(list[^1]), Enumerable.Range(0, counts.From(count).Length).Select(index => counts.From(count)[index]));
        }
    }

    /// <summary>11 of 20 lies between 8 and 16, three eighths of the way; 18 half-way between 16 and 20.</summary>
    [Theory]
    [InlineData(11, 0.625, 0.375, 0)]
    [InlineData(18, 0, 0.5, 0.5)]
    [InlineData(3, 1, 0, 0)]
    public void Rounding_keeps_the_mean(int count, double eight, double sixteen, double twenty)
    {
        var counts = new AllowedCounts(20, least: 1, step: 8);
        double[] expected = [eight, sixteen, twenty];
        if (expected.Contains(1))
        {
            Assert.Equal(8, counts.Round(count, Rng.For(1)));
            return;
        }

        ChiSquare.AssertDistribution(expected, rng => Array.IndexOf((int[])[8, 16, 20], counts.Round(count, rng)));
    }

    [Fact]
    public void Allowed_count_stays_and_draws_nothing()
    {
        var (used, fresh) = (Rng.For(9), Rng.For(9));
        var genome = BitString.Parse("1111000011110000");

        Assert.Same(genome, new AllowedCounts(16, 1, 8).Repair(genome, used));
        Assert.Equal(fresh.NextUInt64(), used.NextUInt64());
    }

    /// <summary>Of nine ones each goes alike often where eight stay; where sixteen become of them, the missing seven are all that there are.</summary>
    [Fact]
    public void Repair_takes_and_gives_uniformly()
    {
        var genome = BitString.Parse("1111111110000000");
        var counts = new AllowedCounts(16, 1, 8);
        int[] gone = new int[9];
        for (ulong draw = 0; draw < 9000; draw++)
        {
            var repaired = counts.Repair(genome, Rng.For(3, draw));
            Assert.True(repaired.Count is 8 or 16);
            if (repaired.Count == 8)
            {
                gone[Assert.Single(genome.Indices.Except(repaired.Indices))]++;
            }
        }

        ChiSquare.AssertCounts([.. Enumerable.Repeat(1 / 9.0, 9)], gone);
        Assert.InRange(gone.Sum(), 7700, 8050); // 9000 · 7 / 8 = 7875, deviation 31
    }
}
