using Coppice.Criteria;
using Coppice.Graph.Channels;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Tests.Graph;

namespace Coppice.Tests.Pruning;

/// <summary>What constraints leave of a network: by hand on a chain with one residual block, and on ResNet-20.</summary>
public sealed class PruningConstraintsTests
{
    /// <summary>stem (6) and second (6) meet in an addition; first (8) is inner; hidden (10) is read by the output.</summary>
    private static readonly ChannelUnits Block = ChannelUnits.Analyze(Residual());
    private static readonly ChannelUnits ResNet = ChannelUnits.Analyze(ModelCatalog.Build("resnet20"));

    /// <summary>A node freezes what it writes, what it reads and what it passes on.</summary>
    [Theory]
    [InlineData("first", "stem first")]
    [InlineData("second", "stem first")]
    [InlineData("relu1", "first")]
    [InlineData("add", "stem")]
    [InlineData("out", "hidden")]
    [InlineData("relu?", "first hidden")]
    [InlineData("*", "stem first hidden")]
    public void Frozen_nodes_keep_all_that_they_touch(string pattern, string held) =>
        Assert.Equal(held, Held(new() { Freeze = [pattern] }, $"frozen by --freeze '{pattern}'"));

    /// <summary>Only writers count: to read a group is not enough, and one of two writers is.</summary>
    [Theory]
    [InlineData("first", "stem hidden")]
    [InlineData("second", "first hidden")]
    [InlineData("stem", "first hidden")]
    [InlineData("relu*", "stem first hidden")]
    [InlineData("*", "")]
    public void Groups_that_no_named_node_writes_are_held(string pattern, string held) =>
        Assert.Equal(held, Held(new() { Only = [pattern] }, $"not written by --only '{pattern}'"));

    [Fact]
    public void Freezing_wins_over_naming() =>
        Assert.Equal(["hidden"], PruningSpace.Create(Block, GroupScope.All, new() { Freeze = ["first"], Only = ["first", "hidden"] }).Groups.Select(group => group.Name));

    [Theory]
    [InlineData("layr1.0.conv1", "Cannot use --only 'layr1.0.conv1': no node of 'resnet20' has such a name; the nearest are 'layer1.0.conv1', 'layer1.0.conv2', 'layer1.1.conv1'.")]
    [InlineData("*.9.conv?", "Cannot use --only '*.9.conv?': no node of 'resnet20' has such a name; the nearest are 'layer1.0.conv1', 'layer1.0.conv2', 'layer1.1.conv1'.")]
    public void Pattern_without_a_node_is_refused_with_the_nearest_names(string pattern, string message) =>
        Assert.Equal(message, Assert.Throws<CoppiceException>(() => PruningSpace.Create(ResNet, GroupScope.Inner, new() { Only = ["layer2*", pattern] })).Message);

    /// <summary>Scope comes first: the groups that meet in additions are not inner, whoever names them.</summary>
    [Fact]
    public void Nothing_left_names_the_pattern_and_the_way_out() => Assert.Equal(
        "Cannot prune 'drawn': none of the 2 channel groups that --scope allows is left; for example, 'first' is not written by --only 'stem'. Name other nodes, or use --scope all.",
        Assert.Throws<CoppiceException>(() => PruningSpace.Create(Block, GroupScope.Inner, new() { Only = ["stem"] })).Message);

    [Fact]
    public void Ratio_bounds_what_a_group_loses() =>
        Assert.Equal(["stem 5 or 6", "first 6 to 8", "hidden 7 to 10"], Widths(PruningSpace.Create(Block, GroupScope.All, new() { MaxGroupRatio = 0.3 })));

    /// <summary>29 % of 100 are 29, although 0.29 · 100 = 28.999999999999996.</summary>
    [Fact]
    public void Ratio_is_counted_in_decimals()
    {
        var draw = new Draw();
        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("out", draw.Conv("hundred", "x", filters: 100), filters: 2)));

        Assert.Equal(["hundred 71 to 100"], Widths(PruningSpace.Create(units, GroupScope.All, new() { MaxGroupRatio = 0.29 })));
    }

    /// <summary>A network that has lost channels already: the bound counts from what the group had, 10, of which 7 stay; 8 are left.</summary>
    [Fact]
    public void Ratio_counts_from_the_original_sizes()
    {
        var problem = new PruningProblem { Network = Residual(), Scope = GroupScope.All, Constraints = new() { MaxGroupRatio = 0.3 } };
        var plan = new PruningPlan("drawn", [new("hidden", 10, [0, 1, 2, 3, 4, 5, 6, 7]), new("first", 8, [0, 1, 2, 3, 4, 5])]);
        var smaller = Pruner.Apply(problem.Network, plan);

        string[] expected = ["stem 5 or 6", "first all 6", "hidden 7 or 8"];
        Assert.Equal(expected, Widths(problem.SpaceOf(smaller)));
        Assert.Equal(expected, Widths(problem.At(smaller).SpaceOf(smaller)));
        Assert.Equal(expected, Widths(problem.At(problem.Network).At(smaller).SpaceOf(smaller)));
        Assert.Equal(["stem 5 or 6", "first 5 or 6", "hidden 6 to 8"], Widths((problem with { Network = smaller }).SpaceOf(smaller)));
    }

    [Theory]
    [InlineData(1, 1, "stem 1 to 6", "first 1 to 8", "hidden 1 to 10")]
    [InlineData(4, 1, "stem 4 or 6", "first 4 or 8", "hidden 4 to 8 by 4, or 10")]
    [InlineData(4, 5, "stem all 6", "first all 8", "hidden 8 or 10")]
    [InlineData(8, 1, "stem all 6", "first all 8", "hidden 8 or 10")]
    public void Multiple_and_minimum_hold_together(int multiple, int minimum, params string[] expected) =>
        Assert.Equal(expected, Widths(PruningSpace.Create(Block, GroupScope.All, new() { ChannelMultiple = multiple, MinChannels = minimum })));

    /// <summary>
    /// 32 channels in 4 blocks of 8: a group has 8 channels, each of them one per block, so that two make a multiple of 8 in the layer. The classifier behind 2 × 2 pixels has four columns a channel,
    /// which do not count.
    /// </summary>
    [Theory]
    [InlineData(8, "a 2 to 8 by 2", "c 8 to 24 by 8")]
    [InlineData(16, "a 4 or 8", "c 16 or 24")]
    [InlineData(6, "a 3 to 6 by 3, or 8", "c 6 to 24 by 6")]
    public void Multiple_counts_the_channels_of_layers_not_of_groups(int multiple, params string[] expected)
    {
        var draw = new Draw(rows: 2, columns: 2);
        string grouped = draw.Conv("b", draw.Conv("a", "x", filters: 32), filters: 32, groups: 4);
        var units = ChannelUnits.Analyze(draw.Build(draw.Gemm("fc", draw.Flatten("flat", draw.Conv("c", grouped, filters: 24)), 2)));

        var space = PruningSpace.Create(units, GroupScope.All, new() { ChannelMultiple = multiple });

        Assert.Equal(expected, Widths(space).Where(text => text[0] != 'b'));
    }

    /// <summary>
    /// ResNet-20 of 40,551,040 MACs: with layer1 and the stem whole and inner widths of 8 in the other stages 14,598,784 + 3,244,032 + 1,622,016; with all inner widths 8 7,520,896 in place of
    /// the first; with widths of 1 405,504 and 202,752 in place of the others.
    /// </summary>
    [Fact]
    public void Target_out_of_reach_names_what_is_in_the_way_and_what_it_costs()
    {
        var constraints = new PruningConstraints { Freeze = ["layer1*"], ChannelMultiple = 8, MaxGroupRatio = 0.99 };
        var space = PruningSpace.Create(ResNet, GroupScope.Inner, constraints);

        Assert.Equal(19_464_832, space.Smallest.Macs);
        Assert.Equal(15_207_040, PruningSpace.Create(ResNet, GroupScope.Inner, constraints with { ChannelMultiple = 1 }).Smallest.Macs);
        Assert.Equal(19_464_832, space.Resolve(new("19464832", null, 19_464_832)));
        Assert.Equal(
            "Cannot reach 16220416 MACs (40%): with 6 prunable groups the network can shrink from 40551040 to 19464832 MACs (48.0%); "
            + "raise --max-macs, or change what is in the way: --freeze 'layer1*' (without it 30.5%), --channel-multiple 8 (without it 37.5%).",
            Assert.Throws<InfeasibleTargetException>(() => space.Resolve(MacTarget.Parse("40%"))).Message);
    }

    /// <summary>
    /// 1152 + 3072 + 3072 + 60 + 20 = 7376 MACs. Either constraint alone keeps everything; without both 384 of each 3072 and 6 + 2 of the last two stay: 1928.
    /// </summary>
    [Fact]
    public void Constraints_that_are_in_the_way_together_are_named_together() => Assert.Equal(
        "Cannot reach 7302 MACs (99%): with 2 prunable groups the network can shrink from 7376 to 7376 MACs (100.0%); "
        + "raise --max-macs, or change what is in the way together: --min-channels 10, --max-group-ratio 0% (without them 26.1%).",
        Assert.Throws<InfeasibleTargetException>(
            () => PruningSpace.Create(Block, GroupScope.Inner, new() { MinChannels = 10, MaxGroupRatio = 0 }).Resolve(MacTarget.Parse("99%"))).Message);

    /// <summary>Batch normalisation follows the convolutions but not the hidden layer; constraints stay with the part that can be scored.</summary>
    [Fact]
    public void Part_that_a_criterion_can_score_keeps_the_constraints()
    {
        var units = ChannelUnits.Analyze(Coppice.Tests.Training.ToyTask.Network(filters: 16));
        var space = PruningSpace.Create(units, GroupScope.Inner, new() { ChannelMultiple = 8 }).ScoredBy(new BatchNormScale());

        Assert.Equal(["conv2 8 or 16"], Widths(space));
        Assert.Contains("--channel-multiple 8 (without it ", Assert.Throws<InfeasibleTargetException>(() => space.Resolve(MacTarget.Parse("20%"))).Message, StringComparison.Ordinal);
    }

    /// <summary>3 · 4 · 64 MACs of the convolution and 9 · 4 · 64 of the depthwise one behind it; what does not lead to the barrier does not count.</summary>
    [Fact]
    public void Barrier_locks_the_layers_that_write_what_it_holds()
    {
        var draw = new Draw();
        string held = draw.Conv("depthwise", draw.Relu("relu", draw.Conv("held", "x", filters: 4)), filters: 4, kernel: 3, groups: 4);
        draw.Node("mystery", "Mystery", [held]);
        string free = draw.Conv("out", draw.Conv("free", "x", filters: 5), filters: 2);
        var units = ChannelUnits.Analyze(draw.Build("mystery", free));

        Assert.Equal((3 * 4 * 64) + (9 * 4 * 64), LockedMacs.Of(units, Assert.Single(units.Barriers)));
    }

    private static Coppice.Graph.Network Residual()
    {
        var draw = new Draw();
        string stem = draw.Conv("stem", "x", filters: 6);
        string block = draw.Conv("second", draw.Relu("relu1", draw.Conv("first", stem, filters: 8)), filters: 6);
        string features = draw.Flatten("flat", draw.GlobalAverage("mean", draw.Add("add", block, stem)));
        return draw.Build(draw.Gemm("out", draw.Relu("relu2", draw.Gemm("hidden", features, 10)), 2));
    }

    private static string Held(PruningConstraints constraints, string reason)
    {
        var holds = constraints.Holds(Block);
        Assert.All(holds.OfType<string>(), hold => Assert.Equal(reason, hold));
        return string.Join(' ', Block.Groups.Where(group => group.IsPrunable && holds[group.Index] is not null).Select(group => group.Name));
    }

    private static string[] Widths(PruningSpace space) => [.. space.Groups.Zip(space.Widths, (group, widths) => $"{group.Name} {widths}")];
}
