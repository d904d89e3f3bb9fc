using Coppice.Graph;
using Coppice.Graph.Channels;

namespace Coppice.Tests.Graph;

public class ChannelUnitsTests
{
    [Fact]
    public void Chain_has_a_prunable_group_for_each_inner_layer_and_a_locked_one_for_the_output()
    {
        var draw = new Draw();
        string value = draw.Relu("relu", draw.BatchNorm("bn", draw.Conv("a", "x", filters: 4, bias: true)));

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("b", value, filters: 2)));

        Assert.Equal(["a 4", "b 2 locked"], Describe(units));
        Assert.Equal(
            ["a.weight/0 Write", "a.bias/0 Follow", "bn.scale/0 Follow", "bn.shift/0 Follow", "bn.mean/0 Follow", "bn.var/0 Follow", "b.weight/1 Read"],
            units.Groups[0].Axes.Select(axis => $"{axis.Parameter}/{axis.Axis} {axis.Role}"));
        Assert.Equal("it is an output of the network", units.Groups[1].LockReason);
        Assert.True(units.Groups[0].IsInner);
    }

    [Fact]
    public void Residual_addition_couples_its_operands_and_leaves_the_inner_layer_free()
    {
        var draw = new Draw();
        string stem = draw.Conv("stem", "x", filters: 4);
        string branch = draw.Conv("second", draw.Relu("relu", draw.Conv("first", stem, filters: 5)), filters: 4);

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", draw.Add("add", stem, branch), filters: 1)));

        Assert.Equal(["stem 4", "first 5", "last 1 locked"], Describe(units));
        Assert.Equal(["stem", "second"], units.Groups[0].Writers.Select(node => node.Name));
        Assert.Equal(["first", "last"], units.Groups[0].Readers.Select(node => node.Name));
        Assert.False(units.Groups[0].IsInner);
    }

    [Fact]
    public void Addition_to_the_input_of_the_network_locks_the_layer()
    {
        var draw = new Draw();
        string sum = draw.Add("add", "x", draw.Conv("a", "x", filters: 3));

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("b", sum, filters: 2)));

        Assert.Equal("Add 'add' holds it: it meets 'x', which stays whole", units.Groups[0].LockReason);
    }

    [Fact]
    public void Projection_shortcut_shares_the_group_of_the_second_convolution()
    {
        var draw = new Draw();
        string stem = draw.Conv("stem", "x", filters: 4);
        string main = draw.Conv("second", draw.Conv("first", stem, filters: 5), filters: 6);

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", draw.Add("add", draw.Conv("projection", stem, filters: 6), main), filters: 1)));

        Assert.Equal(["stem 4", "first 5", "second 6", "last 1 locked"], Describe(units));
        Assert.Equal(["second", "projection"], units.Groups[2].Writers.Select(node => node.Name));
    }

    /// <summary>Stem channels 0..3 land on positions 2..5 of 8; positions 0, 1, 6, 7 of the shortcut are zero and couple nothing.</summary>
    [Fact]
    public void Option_a_shortcut_couples_only_the_positions_that_carry_channels()
    {
        var draw = new Draw();
        string stem = draw.Conv("stem", "x", filters: 4);
        string main = draw.Conv("main", stem, filters: 8, stride: 2);

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", draw.Add("add", main, draw.OptionA("short", stem, before: 2, after: 2)), filters: 1)));

        Assert.Equal(["stem 4", "main 4", "last 1 locked"], Describe(units));
        Assert.Equal(units.ValueUnits("main")![2..6], units.Groups[0].Units.ToArray());
        Assert.Equal([.. units.ValueUnits("main")![..2], .. units.ValueUnits("main")![6..]], units.Groups[1].Units.ToArray());
        Assert.Equal(units.ValueUnits("add"), units.ValueUnits("short"));
    }

    [Fact]
    public void Concatenation_puts_the_groups_side_by_side_in_the_reader()
    {
        var draw = new Draw();
        string left = draw.Conv("left", "x", filters: 2);
        string right = draw.Conv("right", "x", filters: 3);

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", draw.Concat("cat", left, right), filters: 1)));

        Assert.Equal(["left 2", "right 3", "last 1 locked"], Describe(units));
        var read = units.Axes.Single(axis => axis.Parameter == "last.weight" && axis.Role == ChannelRole.Read);
        Assert.Equal([.. units.Groups[0].Units, .. units.Groups[1].Units], read.Ids);
    }

    [Fact]
    public void Concatenation_of_a_value_with_itself_reads_each_channel_twice()
    {
        var draw = new Draw();
        string twice = draw.Conv("a", "x", filters: 2);

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", draw.Concat("cat", twice, twice), filters: 1)));

        var group = units.Groups[0];
        Assert.Equal("a 2", Describe(units)[0]);
        Assert.Equal([.. group.Units, .. group.Units], units.Axes.Single(axis => axis.Parameter == "last.weight" && axis.Axis == 1).Ids);
    }

    [Fact]
    public void Concatenation_along_another_axis_couples_its_operands()
    {
        var draw = new Draw();
        string joined = draw.Node("cat", "Concat", [draw.Conv("a", "x", filters: 2), draw.Conv("b", "x", filters: 2)], attributes => attributes.With("axis", -1L));

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", joined, filters: 1)));

        Assert.Equal(["a 2", "last 1 locked"], Describe(units));
    }

    [Fact]
    public void Depthwise_convolution_with_multiplier_goes_with_its_input()
    {
        var draw = new Draw();
        string depthwise = draw.Conv("dw", draw.Conv("a", "x", filters: 3), filters: 6, kernel: 3, groups: 3, bias: true);

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", depthwise, filters: 1)));

        int[] a = [.. units.Groups[0].Units];
        Assert.Equal(["a 3", "last 1 locked"], Describe(units));
        Assert.Equal([a[0], a[0], a[1], a[1], a[2], a[2]], units.ValueUnits("dw")!);
    }

    /// <summary>Channels 0 and 2 are position 0 of the two blocks, channels 1 and 3 position 1: two units on either side.</summary>
    [Fact]
    public void Grouped_convolution_keeps_its_blocks_equally_large()
    {
        var draw = new Draw();
        string grouped = draw.Conv("grouped", draw.Conv("a", "x", filters: 4), filters: 6, groups: 2);

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", grouped, filters: 1)));

        Assert.Equal(["a 2", "grouped 3", "last 1 locked"], Describe(units));
        var (p, q) = (units.Groups[0].Units[0], units.Groups[0].Units[1]);
        Assert.Equal([p, q, p, q], units.ValueUnits("a")!);
        Assert.Equal([p, q], units.Axes.Single(axis => axis.Parameter == "grouped.weight" && axis.Axis == 1).Ids);
    }

    [Fact]
    public void Convolution_of_one_input_channel_is_not_taken_for_depthwise()
    {
        var draw = new Draw(channels: 1);
        string one = draw.Conv("one", draw.Conv("a", "x", filters: 4), filters: 1);

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", draw.Conv("b", one, filters: 3), filters: 1)));

        Assert.Equal(["a 4", "one 1", "b 3", "last 1 locked"], Describe(units));
    }

    /// <summary>A 2x2 map: channel c becomes features 4c .. 4c + 3.</summary>
    [Fact]
    public void Flattened_map_repeats_each_channel_in_the_fully_connected_layer()
    {
        var draw = new Draw(rows: 2, columns: 2);

        var units = ChannelUnits.Analyze(draw.Build(draw.Gemm("fc", draw.Flatten("flat", draw.Conv("a", "x", filters: 2)), 3)));

        var (a, b) = (units.Groups[0].Units[0], units.Groups[0].Units[1]);
        Assert.Equal(["a 2", "fc 3 locked"], Describe(units));
        Assert.Equal([a, a, a, a, b, b, b, b], units.Axes.Single(axis => axis.Parameter == "fc.weight" && axis.Role == ChannelRole.Read).Ids);
    }

    [Fact]
    public void Mask_of_one_channel_couples_nothing_and_stays()
    {
        var draw = new Draw();
        string value = draw.Conv("a", "x", filters: 4);
        string masked = draw.Node("mul", "Mul", [value, draw.Conv("mask", "x", filters: 1)]);

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", masked, filters: 1)));

        Assert.Equal(["a 4", "mask 1 locked", "last 1 locked"], Describe(units));
        Assert.Equal("Mul 'mul' holds it: it spreads one channel over several", units.Groups[1].LockReason);
    }

    [Fact]
    public void Gate_for_each_channel_goes_with_the_channel()
    {
        var draw = new Draw();
        string value = draw.Conv("a", "x", filters: 4);
        string gate = draw.Conv("excite", draw.Conv("squeeze", draw.GlobalAverage("average", value), filters: 2), filters: 4);

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", draw.Node("mul", "Mul", [value, gate]), filters: 1)));

        Assert.Equal(["a 4", "squeeze 2", "last 1 locked"], Describe(units));
        Assert.Equal(["a", "excite"], units.Groups[0].Writers.Select(node => node.Name));
    }

    [Fact]
    public void Unknown_operator_locks_its_neighbours_and_the_rest_goes_on()
    {
        var draw = new Draw();
        string before = draw.Conv("before", draw.Conv("free", "x", filters: 5), filters: 4);
        draw.Node("mystery", "Mystery", [before]);
        string other = draw.Conv("last", draw.Conv("other", "x", filters: 2), filters: 1);

        var units = ChannelUnits.Analyze(draw.Build("mystery", other));

        Assert.Equal(["free 5", "before 4 locked", "other 2", "last 1 locked"], Describe(units));
        Assert.Equal("Mystery 'mystery' holds it: operator Mystery is not known", units.Groups[1].LockReason);
        Assert.Equal("operator Mystery is not known", Assert.Single(units.Barriers).Reason);
    }

    [Fact]
    public void Known_operator_in_an_unknown_form_is_a_barrier_too()
    {
        var draw = new Draw();
        string before = draw.Conv("before", draw.Conv("free", "x", filters: 5), filters: 4);
        string other = draw.Conv("last", draw.Conv("other", "x", filters: 2), filters: 1);
        var drawn = draw.Build(other);
        var crop = new Node("crop", "Resize", [before, "roi", "scales"], ["crop"], NodeAttributes.None.With("coordinate_transformation_mode", new StringAttribute("tf_crop_and_resize")));

        var units = ChannelUnits.Analyze(drawn.With(drawn.Nodes.Add(crop), new OrderedDictionary<string, HostTensor>(drawn.Parameters)
        {
            ["roi"] = HostTensor.FromFloats(new(8), [0, 0, 0.1f, 0.1f, 1, 1, 0.9f, 0.9f]),
            ["scales"] = HostTensor.FromFloats(new(4), [1, 1, 1, 1]),
        }));

        Assert.Equal(["free 5", "before 4 locked", "other 2", "last 1 locked"], Describe(units));
        Assert.Equal("operator Resize is not known in this form", Assert.Single(units.Barriers).Reason);
    }

    [Fact]
    public void Channels_that_a_small_file_claims_by_the_million_are_not_followed()
    {
        var draw = new Draw(channels: 3, rows: 1, columns: 1);
        string wide = draw.Conv("a", "x", filters: 4);
        string tokens = draw.Node("tokens", "Transpose", [wide], a => a.With("perm", [0L, 2L, 3L, 1L]));
        string tiled = draw.Node("tiled", "Tile", [tokens, draw.Constant("counts", 1, 1, 1, 1 << 28)]);

        var units = ChannelUnits.Analyze(draw.Build(draw.Node("mean", "ReduceMean", [tiled])));

        Assert.Equal("with it, more than 8388608 positions would have to be followed", Assert.Single(units.Barriers).Reason);
    }

    [Fact]
    public void Local_response_normalisation_locks_its_channels()
    {
        var draw = new Draw();

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", draw.Node("lrn", "LRN", [draw.Conv("a", "x", filters: 4)]), filters: 1)));

        Assert.Equal("LRN 'lrn' holds it: it normalises across neighbouring channels", units.Groups[0].LockReason);
    }

    [Fact]
    public void Shared_weight_makes_one_group_of_its_users()
    {
        var draw = new Draw(channels: 3);
        string first = draw.Conv("first", "x", filters: 3);
        string second = draw.Node("second", "Conv", ["x", "first.weight"]);
        string left = draw.Conv("left", first, filters: 2);
        string right = draw.Conv("right", second, filters: 2);

        var units = ChannelUnits.Analyze(draw.Build(draw.Concat("cat", left, right)));

        Assert.Equal("first 3", Describe(units)[0]);
        Assert.Equal(units.ValueUnits("first"), units.ValueUnits("second"));
        Assert.Equal(["left", "right"], units.Groups[0].Readers.Select(node => node.Name));
    }

    [Fact]
    public void Weight_that_an_unknown_operator_reads_too_stays_whole()
    {
        var draw = new Draw();
        string value = draw.Conv("a", "x", filters: 3);
        draw.Node("spy", "Mystery", ["a.weight"]);

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", value, filters: 1), "spy"));

        Assert.Equal("Mystery 'spy' holds it: it reads 'a.weight' too", units.Groups[0].LockReason);
    }

    [Fact]
    public void Value_that_a_branch_captures_stays_whole()
    {
        var draw = new Draw();
        var drawn = draw.Build(draw.Conv("last", draw.Conv("a", "x", filters: 3), filters: 1));
        var branch = new Node("if", "If", [], ["chosen"], NodeAttributes.None) { CapturedInputs = ["a"] };

        var units = ChannelUnits.Analyze(drawn.With(drawn.Nodes.Add(branch), drawn.Parameters));

        Assert.Equal("If 'if' holds it: operator If is not known", units.Groups[0].LockReason);
    }

    [Fact]
    public void Normalisation_with_computed_statistics_locks_its_channels()
    {
        var draw = new Draw();
        string value = draw.Conv("a", "x", filters: 3);
        string scale = draw.Node("scale", "Relu", [draw.Weight("raw", 3)]);
        string norm = draw.Node("bn", "BatchNormalization", [value, scale, draw.Weight("b", 3), draw.Weight("m", 3), draw.Weight("v", 3)]);

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", norm, filters: 1)));

        Assert.Equal("BatchNormalization 'bn' holds it: 'scale' is computed, not stored", units.Groups[0].LockReason);
    }

    [Fact]
    public void Parameter_that_does_not_fit_the_channels_locks_them()
    {
        var draw = new Draw();
        string value = draw.Conv("a", "x", filters: 3);
        string norm = draw.Node("bn", "BatchNormalization", [value, draw.Weight("s", 3), draw.Weight("b", 2), draw.Weight("m", 3), draw.Weight("v", 3)]);

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", norm, filters: 1)));

        Assert.Equal("BatchNormalization 'bn' holds it: 'b' is 2, which does not fit 3 channels", units.Groups[0].LockReason);
    }

    [Fact]
    public void Padding_of_a_value_without_channels_holds_nothing()
    {
        var draw = new Draw();
        string pad = draw.Node("pad", "Pad", [draw.Weight("vector", 3)], attributes => attributes.With("pads", [1, 1]));

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", "x", filters: 1), pad));

        Assert.Empty(units.Barriers);
        Assert.Null(units.Layout("pad"));
    }

    [Fact]
    public void Constant_for_each_channel_follows_and_one_for_all_does_not()
    {
        var draw = new Draw();
        string scaled = draw.Node("mul", "Mul", [draw.Conv("a", "x", filters: 3), draw.Weight("each", 3, 1, 1)]);
        string shifted = draw.Node("add", "Add", [draw.Weight("all", 1, 1, 1, 1), scaled]);

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", shifted, filters: 1)));

        Assert.Equal(["a.weight/0", "each/0", "last.weight/1"], units.Groups[0].Axes.Select(axis => $"{axis.Parameter}/{axis.Axis}"));
        Assert.True(units.Groups[0].IsPrunable);
    }

    [Fact]
    public void Constant_that_spreads_one_channel_over_several_is_a_barrier()
    {
        var draw = new Draw();
        string spread = draw.Node("mul", "Mul", [draw.Conv("one", "x", filters: 1), draw.Weight("each", 1, 3, 1, 1)]);

        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("last", spread, filters: 1)));

        Assert.Equal("Mul 'mul' holds it: it spreads one channel over several", units.Groups[0].LockReason);
        Assert.Null(units.Layout("mul"));
        Assert.Equal(["mul"], units.Barriers.Select(barrier => barrier.Node.Name));
    }

    private static string[] Describe(ChannelUnits units) => [.. units.Groups.Select(group => $"{group.Name} {group.Size}{(group.IsPrunable ? "" : " locked")}")];
}
