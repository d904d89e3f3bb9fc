using Coppice.Criteria;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Search;
using Coppice.Tests.Criteria;
using Coppice.Tests.Graph;

namespace Coppice.Tests.Pruning;

/// <summary>Channel selection of network slimming (Liu et al., 2017, section 3): a batch normalisation that reads a part of a shared stream.</summary>
public sealed class ChannelSelectionTests
{
    /// <summary>stem (4 channels) is read by the batch normalisation and by the addition; conv1 has 3 filters, conv2 4.</summary>
    [Fact]
    public void Stream_is_whole_and_what_the_batch_normalisation_reads_of_it_is_a_group()
    {
        var network = PreActivated();

        Assert.Equal(["stem 4", "conv1 3", "logits 1"], Describe(ChannelUnits.Analyze(network)));
        var units = ChannelUnits.Analyze(network, selections: true);
        Assert.Equal(["stem 4 locked", "bn1 4", "conv1 3", "bn 4", "logits 1 locked"], Describe(units).Select((text, i) => units.Groups[i].IsPrunable ? text : $"{text} locked"));
        Assert.EndsWith("BatchNormalization 'bn1' holds it: it is read through a channel selection", units.Group("stem").LockReason);
        Assert.All(units.PrunableGroups, group => Assert.True(group.IsInner));
    }

    /// <summary>bn1 keeps channels 0 and 3: a Gather of them in front, two of each of its vectors, two columns of conv1. Everything else is as it was.</summary>
    [Fact]
    public void Cut_puts_a_gather_in_front_and_takes_the_columns_of_the_convolution_behind()
    {
        var network = PreActivated();

        var pruned = Pruner.Apply(network, Plan(("bn1", 4, [0, 3])));

        var gather = pruned.Nodes.Single(node => node.OperatorType == "Gather");
        Assert.Equal(("bn1.select", "stem", 1L), (gather.Name, gather.Inputs[0], gather.Attributes.Integer("axis", 0)));
        Assert.Equal([0, 3], pruned.Parameters[gather.Inputs[1]].Longs());
        Assert.Equal("bn1.select", pruned.Nodes.Single(node => node.Name == "bn1").Inputs[0]);
        float[] Old(string name) => network.Parameters[name].Floats().ToArray();
        Assert.Equal([Old("bn1.mean")[0], Old("bn1.mean")[3]], pruned.Parameters["bn1.mean"].Floats().ToArray());
        Assert.Equal([.. Enumerable.Range(0, 3).SelectMany(row => new[] { Old("conv1.weight")[row * 4], Old("conv1.weight")[(row * 4) + 3] })], pruned.Parameters["conv1.weight"].Floats().ToArray());
        Assert.Equal(Old("stem.weight"), pruned.Parameters["stem.weight"].Floats().ToArray());
        Assert.Equal(Old("conv2.weight"), pruned.Parameters["conv2.weight"].Floats().ToArray());
    }

    /// <summary>Of 0, 2, 3 the first and the last stay: one Gather of 0 and 3, not one behind another.</summary>
    [Fact]
    public void Second_cut_narrows_the_gather_of_the_first()
    {
        var once = Pruner.Apply(PreActivated(), Plan(("bn1", 4, [0, 2, 3])));

        var twice = Pruner.Apply(once, Plan(("bn1", 3, [0, 2])));

        Assert.Equal([0, 3], twice.Parameters[Assert.Single(twice.Nodes, node => node.OperatorType == "Gather").Inputs[1]].Longs());
        NetworkAssert.Equal(Pruner.Apply(PreActivated(), Plan(("bn1", 4, [0, 3]))), twice);
    }

    /// <summary>Without selections the stream may lose channels; the list then counts what is left: of 0, 1, 3 the selection of 0 and 3 becomes 0 and 2.</summary>
    [Fact]
    public void Stream_that_loses_channels_later_takes_them_out_of_the_selection()
    {
        var selected = Pruner.Apply(PreActivated(), Plan(("bn1", 4, [0, 2, 3])));
        var units = ChannelUnits.Analyze(selected);

        // Channel 1 is read by the addition alone; the group of the others loses its second channel, 2.
        string group = units.PrunableGroups.Single(found => found.Size == 3 && found.Writers.Any(writer => writer.Name == "stem")).Name;
        var pruned = Pruner.Apply(units, new("", [new(group, 3, [0, 2])]));

        Assert.Equal([0, 2], pruned.Parameters[pruned.Nodes.Single(node => node.OperatorType == "Gather").Inputs[1]].Longs());
        Assert.Equal("1x3x8x8", ShapeInference.Infer(pruned)["add"].ToString());
    }

    [Fact]
    public void Plan_says_that_it_selects_and_is_read_back_so()
    {
        var plan = Plan(("bn1", 4, [0, 3]));

        Assert.Contains("\"selections\": true", plan.ToJson(), StringComparison.Ordinal);
        Assert.True(PruningPlan.Parse(plan.ToJson()).Selections);
        Assert.DoesNotContain("selections", (plan with { Selections = false }).ToJson(), StringComparison.Ordinal);
        Assert.True(PruningPlan.Identity().Then(plan).Selections);
        NetworkAssert.Equal(Pruner.Apply(PreActivated(), plan), Pruner.Apply(ChannelUnits.Analyze(PreActivated()), plan));
    }

    [Fact]
    public void Plan_that_keeps_everything_is_the_identity()
    {
        var network = PreActivated();

        Assert.Same(network, Pruner.Apply(network, Plan(("bn1", 4, [0, 1, 2, 3]))));
    }

    /// <summary>Kernels that read a channel stand in for the filter that it has not got; scale factors are its own.</summary>
    [Fact]
    public void Criteria_score_a_selection_by_what_reads_it_and_by_its_scales()
    {
        var network = PreActivated();
        var drawn = new Dictionary<string, HostTensor>
        {
            ["bn1.scale"] = HostTensor.FromFloats(new(4), [1, -2, 3, 0]),
            ["conv1.weight"] = HostTensor.FromFloats(new(3, 4, 1, 1), [1, 2, 3, 4, 10, 20, 30, 40, -100, 200, 300, 400]),
        };
        var units = ChannelUnits.Analyze(network.WithParameters(drawn), selections: true);

        Assert.Equal([1, 2, 3, 0], new BatchNormScale().Score(units, "bn1"));
        Assert.Equal([111, 222, 333, 444], new L1Norm().Score(units, "bn1"));
    }

    /// <summary>Entries of slimming's selection layers: first and last batch normalisations of ResNet-164, all of DenseNet-40. With them its port counts 1,711,338 and 1,068,658 parameters.</summary>
    [Theory]
    [InlineData("resnet164", 8_080, 1_711_338)]
    [InlineData("densenet40", 9_360, 1_068_658)]
    public void Selections_are_as_many_as_slimming_has_entries(string name, int entries, long parametersOfThePort)
    {
        var units = ChannelUnits.Analyze(ModelCatalog.Build(name, new() { Initialization = WeightInitialization.Zero }), selections: true);

        int selected = units.PrunableGroups.Where(group => group.Axes.Any(axis => axis.Role == ChannelRole.Select)).Sum(group => group.Size);

        Assert.Equal(entries, selected);
        Assert.Equal(parametersOfThePort, selected + CostModel.Create(units).Full.Parameters);
    }

    /// <summary>
    /// DenseNet-40 from 24 channels, half of each selection kept: each 3×3 convolution reads half of its 24 + 12 i, 168 + 12 i, 312 + 12 i channels, each transition and the classifier too.
    /// </summary>
    [Fact]
    public void DenseNet40_with_half_of_each_selection_costs_what_is_worked_out_by_hand()
    {
        long macs = 32 * 32 * 3 * 24 * 9, parameters = (3 * 24 * 9) + 10 + (228 * 10);
        foreach (var (width, extent) in new[] { (24, 32), (168, 16), (312, 8) })
        {
            int[] inputs = [.. Enumerable.Range(0, 12).Select(layer => (width + (12 * layer)) / 2)];
            long weights = 12 * 9 * inputs.Sum();
            int end = width + 144;
            long transition = extent > 8 ? end / 2 * end : 0;
            macs += extent * extent * (weights + transition);
            parameters += weights + transition + (2 * (inputs.Sum() + (end / 2)));
        }

        var space = PruningSpace.Create(ChannelUnits.Analyze(ModelCatalog.Build("densenet40", new() { Initialization = WeightInitialization.Zero })), GroupScope.Selections);
        var half = new BitGenome([.. space.Groups.Select(group => BitString.FromIndices(group.Size, [.. Enumerable.Range(0, group.Size / 2)]))]);

        var cost = space.CostOf(half);
        var pruned = Pruner.Apply(space.Units, space.ToPlan(half));

        Assert.Equal((macs + (228 * 10), parameters), (cost.Macs, cost.Parameters));
        Assert.Equal(cost, CostModel.Create(ChannelUnits.Analyze(pruned)).Full);
        Assert.Equal(39, pruned.Nodes.Count(node => node.OperatorType == "Gather"));
    }

    private static Network PreActivated()
    {
        var draw = new Draw();
        string stem = draw.Conv("stem", "x", filters: 4);
        string inner = draw.Conv("conv1", draw.Relu("relu1", draw.BatchNorm("bn1", stem)), filters: 3);
        string sum = draw.Add("add", draw.Conv("conv2", draw.Relu("relu2", draw.BatchNorm("bn2", inner)), filters: 4), stem);
        return draw.Build(draw.Conv("logits", draw.BatchNorm("bn", sum), filters: 1));
    }

    private static PruningPlan Plan(params (string Group, int Channels, int[] Kept)[] groups) =>
        new("drawn", [.. groups.Select(group => new GroupPlan(group.Group, group.Channels, [.. group.Kept]))]) { Selections = true };

    private static IEnumerable<string> Describe(ChannelUnits units) => units.Groups.Select(group => $"{group.Name} {group.Size}");
}
