using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Pruning;
using Coppice.Search;
using Coppice.Tests.Graph;
using Coppice.Tests.Pruning;
using FsCheck.Xunit;

namespace Coppice.Tests.PruningMethods;

/// <summary>Widths and genomes that meet a budget, on generated networks and by hand.</summary>
[Properties(Arbitrary = [typeof(NetworkChoices)], MaxTest = 100, Replay = "141421356237309504,88016887242096981")]
public class BudgetTests
{
    [Property]
    public void Uniform_widths_meet_the_budget_tightly(int[] choices, int share)
    {
        var (space, macs) = Space(choices, share);

        SmallProblem.AssertTight(space, WidthPlanner.Uniform(space, macs), macs);
    }

    [Property]
    public void Random_widths_meet_the_budget_tightly_and_follow_from_the_seed(int[] choices, int share, int seed)
    {
        var (space, macs) = Space(choices, share);

        var widths = WidthPlanner.Random(space, macs, Rng.For((ulong)seed));

        SmallProblem.AssertTight(space, widths, macs);
        Assert.Equal(widths.AsEnumerable(), WidthPlanner.Random(space, macs, Rng.For((ulong)seed)));
    }

    [Property]
    public void Repaired_genome_meets_the_budget_tightly_from_wherever_it_starts(int[] choices, int share, int seed)
    {
        var (space, macs) = Space(choices, share);
        var rng = Rng.For((ulong)seed, 1);
        ImmutableArray<double[]> scores = [.. space.Groups.Select(group => Enumerable.Range(0, group.Size).Select(_ => rng.NextDouble()).ToArray())];
        var start = new BitGenome([.. space.Widths.Select(widths => BitString.FromIndices(widths.Size, rng.Sample(widths.Size, widths[rng.Next(widths.Length)])))]);

        var repaired = BudgetRepair.Fit(space, start, scores, macs, [.. space.Groups.Select(group => 1 + (group.Size / 2))]);

        SmallProblem.AssertTight(space, [.. repaired.Segments.Select(segment => segment.Count)], macs);
        Assert.Equal(repaired, BudgetRepair.Fit(space, repaired, scores, macs, space.Floors));
    }

    [Fact]
    public void Full_budget_keeps_everything()
    {
        var space = Chain();

        Assert.Equal((4, 4), Pair(WidthPlanner.Uniform(space, space.Cost.Full.Macs)));
        Assert.Equal((4, 4), Pair(WidthPlanner.Random(space, space.Cost.Full.Macs, Rng.For(1))));
    }

    /// <summary>
    /// a and b have 4 filters of 1 × 1 over a 1 × 1 map: cost a + a · b + b MACs (1 input, 1 output). 24 at full width; half of each costs 8, which is a third.
    /// With 8 to 10 MACs nothing more fits (2 + 6 + 3 = 11); with 11 the first of the two equal remainders grows.
    /// </summary>
    [Theory]
    [InlineData(3, 1, 1)]
    [InlineData(8, 2, 2)]
    [InlineData(10, 2, 2)]
    [InlineData(11, 3, 2)]
    [InlineData(15, 3, 3)]
    public void Uniform_widths_are_the_hand_worked_ones(long macs, int first, int second) =>
        Assert.Equal((first, second), Pair(WidthPlanner.Uniform(Chain(), macs)));

    /// <summary>
    /// Relative to the means 2.5 and 25, the scores of both groups are 0.4, 0.8, 1.2, 1.6. From 24 MACs the lowest go in turn, a first: 3 · 4 → 19, 3 · 3 → 15,
    /// 2 · 3 → 11, 2 · 2 → 8.
    /// </summary>
    [Theory]
    [InlineData(19, "0111", "1111")]
    [InlineData(15, "0111", "0111")]
    [InlineData(11, "0011", "0111")]
    [InlineData(8, "0011", "0011")]
    public void Repair_takes_the_lowest_scores_relative_to_the_mean_of_their_group(long macs, string first, string second)
    {
        var repaired = BudgetRepair.Fit(Chain(), BitGenome.AllOnes(4, 4), [[1, 2, 3, 4], [10, 20, 30, 40]], macs, [1, 1]);

        Assert.Equal($"{first}|{second}", repaired.ToString());
    }

    /// <summary>The floor of a keeps 3; b gives the rest: 3 + 6 + 2 = 11. Only where that is not enough does a go under it.</summary>
    [Fact]
    public void Repair_respects_the_given_minimum_as_long_as_the_budget_can_be_met()
    {
        var space = Chain();
        ImmutableArray<double[]> scores = [[1, 2, 3, 4], [10, 20, 30, 40]];

        Assert.Equal("0111|0011", BudgetRepair.Fit(space, BitGenome.AllOnes(4, 4), scores, 11, [3, 1]).ToString());
        Assert.Equal("0001|0001", BudgetRepair.Fit(space, BitGenome.AllOnes(4, 4), scores, 3, [3, 1]).ToString());
    }

    /// <summary>1 · 1 costs 3 of 8 MACs. The best channels come back first, a's before b's at equal scores only in the order of taking: b's last, 1.6, then a's.</summary>
    [Fact]
    public void Repair_gives_back_the_highest_scores_while_the_budget_holds()
    {
        var repaired = BudgetRepair.Fit(Chain(), BitGenome.Parse("1000|1000"), [[1, 2, 3, 4], [10, 20, 30, 40]], 8, [1, 1]);

        Assert.Equal("1001|1001", repaired.ToString());
    }

    [Fact]
    public void Best_keeps_the_highest_scores_and_of_equal_ones_the_first() =>
        Assert.Equal("0110", PruningSpace.Best([1, 5, 3, 3], 2).ToString());

    private static (int A, int B) Pair(ImmutableArray<int> widths) => (widths[0], widths[1]);

    private static PruningSpace Chain()
    {
        var draw = new Draw(channels: 1, rows: 1, columns: 1);
        string a = draw.Relu("relu", draw.Conv("a", "x", filters: 4));
        return PruningSpace.Create(ChannelUnits.Analyze(draw.Build(draw.Conv("out", draw.Conv("b", a, filters: 4), filters: 1))), GroupScope.All);
    }

    /// <summary>
    /// A space over all groups of a drawn network with a floor of 1 or 2, steps of 1 to 4 channels and in half of the cases a bound on what a group may lose, and a budget anywhere between its
    /// smallest and its full cost.
    /// </summary>
    private static (PruningSpace Space, long Macs) Space(int[] choices, int share)
    {
        int kind = share & 7;
        var constraints = kind == 0 ? new() : new PruningConstraints { MinChannels = 1 + (choices.Length % 2), ChannelMultiple = 1 + (kind % 4), MaxGroupRatio = kind < 4 ? null : 0.7 };
        var space = PruningSpace.Create(ChannelUnits.Analyze(NetworkGenerator.FromChoices(choices)), GroupScope.All, constraints);
        double fraction = (share & 0xFF) / 255.0;
        return (space, space.Smallest.Macs + (long)(fraction * (space.Cost.Full.Macs - space.Smallest.Macs)));
    }
}
