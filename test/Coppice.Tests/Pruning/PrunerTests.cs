using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Pruning;
using Coppice.Tests.Graph;

namespace Coppice.Tests.Pruning;

public class PrunerTests
{
    [Fact]
    public void Nodes_behind_an_unknown_operator_stay_and_the_rest_is_cut()
    {
        var draw = new Draw();
        string value = draw.Conv("b", draw.Conv("a", "x", filters: 4), filters: 3);
        string unknown = draw.Node("unknown", "Mystery", [value]);
        draw.Node("pad", "Pad", [unknown], attributes => attributes.With("pads", [0, 1, 0, 0, 0, 1, 0, 0]));
        draw.Node("depthwise", "Conv", [value, unknown], attributes => attributes.With("group", 3));
        draw.Nodes("parts", "Split", [unknown], 2, attributes => attributes.With("axis", 1));
        draw.Node("resized", "Resize", [unknown, "", "", unknown]);
        string target = draw.Node("target", "Concat", [draw.Node("batch", "Slice", [draw.Node("shape", "Shape", ["x"]), draw.Constant("zero", 0), draw.Constant("one", 1)]), draw.Constant("rest", -1)], attributes => attributes.With("axis", 0));
        draw.Node("reshaped", "Reshape", [unknown, target]);
        var network = draw.Build("pad", "depthwise", "parts.0", "resized", "reshaped");

        var pruned = Pruner.Apply(network, new("plan", [new("a", 4, [0, 2])]));

        Assert.Equal("2x3x1x1", pruned.Parameters["a.weight"].Shape.ToString());
        Assert.Equal(network.Nodes.Select(node => node.ToString()), pruned.Nodes.Select(node => node.ToString()));
        Assert.Equal(3, pruned.Nodes.Single(node => node.Name == "depthwise").Attributes.Integer("group", 0));
    }

    [Fact]
    public void Empty_plan_gives_the_same_object()
    {
        var network = NetworkGenerator.FromChoices([0, 1, 4]);

        Assert.Same(network, Pruner.Apply(network, PruningPlan.Identity()));
    }

    /// <summary>Channels 1 and 3 go: rows 0 and 2 of the first weight stay, columns 0 and 2 of the second.</summary>
    [Fact]
    public void Kept_channels_keep_exactly_their_numbers()
    {
        var draw = new Draw(channels: 1);
        string value = draw.BatchNorm("bn", draw.Conv("a", "x", filters: 4, bias: true));
        var network = draw.Build(draw.Conv("b", value, filters: 2));

        var pruned = Pruner.Apply(network, Keep("a", 4, 0, 2));

        float[] Old(string name) => network.Parameters[name].Floats().ToArray();
        float[] New(string name) => pruned.Parameters[name].Floats().ToArray();
        Assert.Equal([Old("a.weight")[0], Old("a.weight")[2]], New("a.weight"));
        Assert.Equal([Old("a.bias")[0], Old("a.bias")[2]], New("a.bias"));
        Assert.Equal([Old("bn.var")[0], Old("bn.var")[2]], New("bn.var"));
        Assert.Equal([Old("b.weight")[0], Old("b.weight")[2], Old("b.weight")[4], Old("b.weight")[6]], New("b.weight"));
        Assert.Equal("2x1x1x1", pruned.Parameters["a.weight"].Shape.ToString());
        Assert.Equal("2x2x1x1", pruned.Parameters["b.weight"].Shape.ToString());
    }

    [Fact]
    public void Zeroing_clears_the_writers_followers_and_readers_of_a_channel_and_nothing_else()
    {
        var draw = new Draw(channels: 1);
        var network = draw.Build(draw.Conv("b", draw.Conv("a", "x", filters: 3, bias: true), filters: 2));

        var zeroed = Pruner.ZeroOut(ChannelUnits.Analyze(network), Keep("a", 3, 0, 2));

        bool[] Zeros(string name) => [.. zeroed.Parameters[name].Floats().ToArray().Select(value => value == 0)];
        Assert.Equal([false, true, false], Zeros("a.weight"));
        Assert.Equal([false, true, false], Zeros("a.bias"));
        Assert.Equal([false, true, false, false, true, false], Zeros("b.weight"));
        Assert.Equal(network.Parameters["b.weight"].Floats()[5], zeroed.Parameters["b.weight"].Floats()[5]);
    }

    [Fact]
    public void Depthwise_convolution_loses_groups_with_its_channels()
    {
        var draw = new Draw();
        string depthwise = draw.Conv("dw", draw.Conv("a", "x", filters: 4), filters: 8, kernel: 3, groups: 4);
        var network = draw.Build(draw.Conv("b", depthwise, filters: 2));

        var pruned = Pruner.Apply(network, Keep("a", 4, 1, 2, 3));

        Assert.Equal(3, pruned.Nodes.Single(node => node.Name == "dw").Attributes.Integer("group", 0));
        Assert.Equal("6x1x3x3", pruned.Parameters["dw.weight"].Shape.ToString());
        Assert.Equal("1x6x8x8", ShapeInference.Infer(pruned)["dw"].ToString());
    }

    /// <summary>Of the positions 0, 1 | 2..5 | 6, 7 of the padded shortcut, 1, 3 and 7 go: one zero before, three channels, one zero after.</summary>
    [Fact]
    public void Option_a_shortcut_shrinks_its_pads_to_what_stays()
    {
        var draw = new Draw();
        string stem = draw.Conv("stem", "x", filters: 4);
        string sum = draw.Add("add", draw.Conv("main", stem, filters: 8, stride: 2), draw.OptionA("short", stem, before: 2, after: 2));
        var network = draw.Build(draw.Conv("last", sum, filters: 1));

        var pruned = Pruner.Apply(network, new PruningPlan("", [new("stem", 4, [0, 2, 3]), new("main", 4, [0, 2])]));

        var pad = pruned.Nodes.Single(node => node.Name == "short");
        Assert.Equal([0, 1, 0, 0, 0, 1, 0, 0], pruned.Parameters[pad.Inputs[1]].Longs());
        Assert.Equal([0, 2, 0, 0, 0, 2, 0, 0], network.Parameters["short.pads"].Longs());
        Assert.Equal("1x5x4x4", ShapeInference.Infer(pruned)["add"].ToString());
        Assert.DoesNotContain("short.pads", pruned.Parameters.Keys);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Channel_slice_moves_with_the_channels_before_it(bool asAttributes)
    {
        var draw = new Draw();
        string value = draw.Conv("a", "x", filters: 6);
        string slice = asAttributes
            ? draw.Node("slice", "Slice", [value], attributes => attributes.With("axes", [1L]).With("starts", [2L]).With("ends", [5L]))
            : draw.Node("slice", "Slice", [value, draw.Constant("starts", 2), draw.Constant("ends", 5), draw.Constant("axes", 1)]);
        var network = draw.Build(draw.Conv("b", draw.Concat("cat", slice, value), filters: 1));
        var units = ChannelUnits.Analyze(network);

        // Channels 0, 1, 5 are read once, channels 2, 3, 4 twice: two groups. 1 and 3 go, so the slice [2, 5) becomes [1, 3).
        Assert.Equal(["a 3", "a#2 3", "b 1"], units.Groups.Select(group => $"{group.Name} {group.Size}"));
        var pruned = Pruner.Apply(units, new PruningPlan("", [new("a", 3, [0, 2]), new("a#2", 3, [0, 2])]));

        var node = pruned.Nodes.Single(found => found.Name == "slice");
        long start = asAttributes ? node.Attributes.Integers("starts")![0] : pruned.Parameters[node.Inputs[1]].Longs()[0];
        long end = asAttributes ? node.Attributes.Integers("ends")![0] : pruned.Parameters[node.Inputs[2]].Longs()[0];
        Assert.Equal((1, 3), (start, end));
        Assert.Equal("1x6x1x1", pruned.Parameters["b.weight"].Shape.ToString());
    }

    [Fact]
    public void Reshape_that_flattens_states_the_smaller_number_of_features()
    {
        var draw = new Draw(rows: 2, columns: 2);
        string flat = draw.Node("flat", "Reshape", [draw.Conv("a", "x", filters: 3), draw.Constant("target", -1, 12)]);
        var network = draw.Build(draw.Gemm("fc", flat, 2));

        var pruned = Pruner.Apply(network, Keep("a", 3, 2));

        Assert.Equal([-1, 4], pruned.Parameters[pruned.Nodes.Single(node => node.Name == "flat").Inputs[1]].Longs());
        Assert.Equal("2x4", pruned.Parameters["fc.weight"].Shape.ToString());
    }

    [Fact]
    public void Constant_that_two_nodes_share_changes_for_each_on_its_own()
    {
        var draw = new Draw(rows: 2, columns: 2);
        string target = draw.Constant("target", 0, 12);
        string left = draw.Gemm("left", draw.Node("flat1", "Reshape", [draw.Conv("a", "x", filters: 3), target]), 2);
        string right = draw.Gemm("right", draw.Node("flat2", "Reshape", [draw.Conv("b", "x", filters: 3), target]), 2);
        var network = draw.Build(draw.Add("add", left, right));

        var pruned = Pruner.Apply(network, Keep("a", 3, 0));

        Assert.Equal([0, 4], pruned.Parameters[pruned.Nodes.Single(node => node.Name == "flat1").Inputs[1]].Longs());
        Assert.Equal([0, 12], pruned.Parameters[pruned.Nodes.Single(node => node.Name == "flat2").Inputs[1]].Longs());
    }

    private static PruningPlan Keep(string group, int channels, params int[] kept) => new("", [new(group, channels, [.. kept])]);
}
