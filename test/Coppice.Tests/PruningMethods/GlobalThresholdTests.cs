using Coppice.Graph.Channels;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Tests.Criteria;
using Coppice.Tests.Graph;

namespace Coppice.Tests.PruningMethods;

/// <summary>One threshold over all groups.</summary>
public sealed class GlobalThresholdTests
{
    /// <summary>|γ| = 0.1, 0.2, … 1.0 and 40 %: position int(10 · 0.4) = 4 holds t = 0.5, and what is above it stays: 5 channels, one fewer than 60 %.</summary>
    [Fact]
    public void Threshold_at_40_percent_of_ten_ascending_scales_keeps_five()
    {
        var space = Space();
        var ranking = ChannelRanking.Of([[0.1, 0.3, 0.5, 0.7, 0.9], [0.2, 0.4, 0.6, 0.8, 1.0]], relative: false);

        Assert.Equal("00011|00111", GlobalThreshold.AtShare(space, ranking, 0.4).ToString());
    }

    [Fact]
    public void All_ties_at_the_threshold_go()
    {
        var ranking = ChannelRanking.Of([[1, 1, 2, 2, 3], [1, 2, 2, 3, 4]], relative: false);

        Assert.Equal("00001|00011", GlobalThreshold.AtShare(Space(), ranking, 0.3).ToString());
    }

    [Theory]
    [InlineData(1, "00001|11111")]
    [InlineData(2, "00011|11111")]
    public void No_group_falls_under_its_floor(int floor, string expected)
    {
        var ranking = ChannelRanking.Of([[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]], relative: false);

        Assert.Equal(expected, GlobalThreshold.AtShare(Space(floor), ranking, 0.49).ToString());
    }

    /// <summary>Means 3 and 30: relative to them both groups rank alike, as they are the first goes before the second.</summary>
    [Fact]
    public void Scores_of_groups_that_mean_different_things_are_compared_relative_to_their_means()
    {
        double[][] scores = [[1, 2, 3, 4, 5], [10, 20, 30, 40, 50]];

        Assert.Equal("00111|00111", GlobalThreshold.AtShare(Space(), ChannelRanking.Of([.. scores], relative: true), 0.3).ToString());
        Assert.Equal("00001|11111", GlobalThreshold.AtShare(Space(), ChannelRanking.Of([.. scores], relative: false), 0.3).ToString());
    }

    /// <summary>
    /// Two layers of five filters over one input channel and into one output: a · 1 + a · b + b · 1 MACs per position, 35 in full, 64 positions. For 20: without the five lowest
    /// 3 + 6 + 2 = 11 (a keeps 3, 4, 5; b 4, 5), without the four lowest 3 + 9 + 3 = 15, the three lowest 3 + 12 + 4 = 19, the two lowest 4 + 16 + 4 = 24. Nothing more fits into 19 + 1.
    /// </summary>
    [Theory]
    [InlineData(20, "00111|01111")]
    [InlineData(15, "00111|00111")]
    [InlineData(18, "00111|00111")]
    [InlineData(3, "00001|00001")]
    [InlineData(35, "11111|11111")]
    public void Threshold_for_a_budget_is_the_lowest_that_meets_it(long macsPerPosition, string expected)
    {
        var ranking = ChannelRanking.Of([[1, 3, 6, 8, 10], [2, 4, 7, 9, 11]], relative: false);

        Assert.Equal(expected, GlobalThreshold.AtMacs(Space(), ranking, 64 * macsPerPosition).ToString());
    }

    /// <summary>
    /// Steps of two: five channels may become 4 or 2. Of the lowest four, 1 to 3 are a's and 4 is b's: a loses a step of one, to 4, and one of two, to 2; b's one goes with the step to 4.
    /// Of the lowest five, b's second makes no step with the first but is half of the next.
    /// </summary>
    [Theory]
    [InlineData(0.35, "00011|01111")]
    [InlineData(0.45, "00011|01111")]
    [InlineData(0.55, "00011|00011")]
    public void Channels_go_in_whole_steps_of_the_multiple(double share, string expected)
    {
        var ranking = ChannelRanking.Of([[1, 2, 3, 8, 9], [4, 5, 6, 7, 10]], relative: false);

        Assert.Equal(expected, GlobalThreshold.AtShare(Space(multiple: 2), ranking, share).ToString());
    }

    [Fact]
    public async Task Scores_that_depend_on_widths_admit_no_threshold()
    {
        var method = PruningMethodTable.Find("l1-greedy", new() { Allocation = Allocation.Global });

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => method.RunAsync(new() { Network = Space().Units.Network, Target = MacTarget.Parse("50%") }, CancellationToken.None));

        Assert.Equal(
            "Cannot draw one threshold over all groups by 'l1-greedy': its scores depend on how many channels each group keeps; use --allocation uniform.", fault.Message);
    }

    /// <summary>|γ| of the two layers are 0.1 … 0.5 and 0.6 … 1: raw, half of the channels are the whole first layer, of which one stays.</summary>
    [Fact]
    public async Task Scales_are_compared_as_they_are_and_a_share_needs_no_target()
    {
        var draw = new Draw(channels: 1);
        string first = draw.BatchNorm("bn1", draw.Conv("a", "x", filters: 5));
        var network = draw.Build(draw.Conv("c", draw.BatchNorm("bn2", draw.Conv("b", first, filters: 5)), filters: 1));
        var units = Scoring.Units(network, ("bn1.scale", [0.1f, -0.2f, 0.3f, -0.4f, 0.5f]), ("bn2.scale", [0.6f, 0.7f, -0.8f, 0.9f, 1]));
        var method = PruningMethodTable.Find("bn-scale", new() { Allocation = Allocation.Global });

        var plan = (await method.RunAsync(new() { Network = units.Network, ChannelShare = 0.4 }, CancellationToken.None))[^1].Plan;

        Assert.Equal([4], plan.Groups[0].Kept.AsEnumerable());
        Assert.Equal([0, 1, 2, 3, 4], plan.Groups[1].Kept.AsEnumerable());
    }

    private static PruningSpace Space(int floor = 1, int multiple = 1)
    {
        var draw = new Draw(channels: 1);
        return PruningSpace.Create(ChannelUnits.Analyze(draw.Build(draw.Conv("c", draw.Conv("b", draw.Conv("a", "x", filters: 5), filters: 5), filters: 1))), GroupScope.All, new() { MinChannels = floor, ChannelMultiple = multiple });
    }
}
