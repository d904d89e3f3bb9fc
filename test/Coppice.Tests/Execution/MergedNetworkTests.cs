using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Tensors;
using Coppice.Tests.Graph;
using Coppice.Tests.Pruning;
using Coppice.Tests.Tensors;
using FsCheck.Xunit;

namespace Coppice.Tests.Execution;

/// <summary>Several networks as one: every member computes the bits that it computes alone, and what members have in common is there once.</summary>
[Properties(Arbitrary = [typeof(NetworkChoices)], Replay = "271828182845904523,53602874713526625")]
public sealed class MergedNetworkTests : LeakCheck
{
    [Property(MaxTest = 100)]
    public void Members_compute_the_bits_that_they_compute_alone(int[] choices, int seed)
    {
        using var scope = new TensorScope();
        var members = Cuts(NetworkGenerator.FromChoices(choices), seed);
        var images = Executing.Images(members[0], count: 3);

        Assert.Equal(members.Select(member => Executing.Run(member, images)[0]), RunMerged([.. members.Select(member => BatchNormFolding.Apply(member))], images, new()));
    }

    [Property(MaxTest = 100)]
    public void Members_estimate_the_statistics_that_they_estimate_alone(int[] choices, int seed)
    {
        using var scope = new TensorScope();
        var members = Cuts(NetworkGenerator.FromChoices(choices), seed);
        var options = new ProgramOptions { Mode = ExecutionMode.Recalibration };
        var images = Executing.Images(members[0], count: 4);

        var merged = MergedNetwork.Of(members, options);
        using var program = NetworkProgram.Compile(merged.Network, options);
        program.RunAll(images);
        var together = merged.WithStatistics(program.CaptureStatistics());

        Assert.Equal(members.Select(member => Statistics(Recalibrated(member, images, options))), together.Select(Statistics));
    }

    /// <summary>A residual block: the first member lost channels inside of the block, the second nothing, the third behind it. Shared are the stem by all, and the block by two.</summary>
    [Fact]
    public void What_members_have_in_common_is_there_once()
    {
        var network = ModelCatalog.Build("resnet20", new() { Seed = 4 });
        var units = ChannelUnits.Analyze(network);
        ImmutableArray<Network> members = [Without(units, "layer3.2.conv1", 0), network, Without(units, "layer1.0.conv1", 3)];

        var merged = MergedNetwork.Of([.. members.Select(member => BatchNormFolding.Apply(member))], new());

        int[] convolutions = [.. merged.Network.Nodes.Select((node, i) => (node, i)).Where(pair => pair.node.OperatorType == "Conv").Select(pair => (int)merged.Network.Parameters[pair.node.Inputs[1]].Shape[0])];

        // 19 for one network; the first cut leaves 2 layers of its own, the last one 18 (all but the stem).
        Assert.Equal(19 + 2 + 18, convolutions.Length);
        Assert.Equal([0, 1, 2], merged.Outputs.Order());

        // The long way down comes last: of the two branches behind the stem the one member with the narrower first layer is first.
        Assert.Equal([16, 15], convolutions[..2]);
    }

    [Fact]
    public void Equal_members_are_one()
    {
        var network = ModelCatalog.Build("resnet20", new() { Seed = 4 });
        var units = ChannelUnits.Analyze(network);

        var merged = MergedNetwork.Of([Without(units, "layer1.0.conv1", 3), network, Without(units, "layer1.0.conv1", 3), network], new());

        Assert.Equal(2, merged.Network.Outputs.Length);
        Assert.Equal([merged.Outputs[0], merged.Outputs[1], merged.Outputs[0], merged.Outputs[1]], merged.Outputs.AsEnumerable());
    }

    /// <summary>One weight changed by one bit is another layer, and so is one attribute.</summary>
    [Fact]
    public void Members_that_differ_in_a_bit_share_nothing_behind_it()
    {
        var draw = new Draw();
        var network = draw.Build(draw.Conv("b", draw.Relu("relu", draw.Conv("a", "x", filters: 4)), filters: 2));
        var weight = network.Parameters["b.weight"];
        byte[] bytes = weight.Bytes.ToArray();
        bytes[0] ^= 1;
        var bit = network.WithParameters(new Dictionary<string, HostTensor> { ["b.weight"] = HostTensor.FromBytes(weight.Type, weight.Shape, bytes) });
        var strided = network.With([.. network.Nodes.Select(node => node.Name == "b" ? node with { Attributes = node.Attributes.With("strides", [2L, 2L]) } : node)], network.Parameters);

        var merged = MergedNetwork.Of([network, bit, strided], new());

        Assert.Equal(["Conv", "Relu", "Conv", "Conv", "Conv"], merged.Network.Nodes.Select(node => node.OperatorType));
    }

    [Fact]
    public void Statistics_that_two_layers_share_are_left_alone()
    {
        var draw = new Draw();
        string first = draw.BatchNorm("bn", draw.Conv("a", "x", filters: 4));
        var network = draw.Build(draw.Node("again", "BatchNormalization", [draw.Conv("b", first, filters: 4), "bn.scale", "bn.shift", "bn.mean", "bn.var"]));

        Assert.False(MergedNetwork.CanHold(network));
        Assert.True(MergedNetwork.CanHold(ModelCatalog.Build("resnet20")));
    }

    /// <summary>The network, and cuts of it that leave more and more: some share a lot, some nothing.</summary>
    private static ImmutableArray<Network> Cuts(Network network, int seed)
    {
        network = Executing.WithTrainedStatistics(network);
        var units = ChannelUnits.Analyze(network);
        ImmutableArray<Network> drawn = [.. Enumerable.Range(0, 4).Select(i => Pruner.Apply(units, NetworkGenerator.Plan(units, seed + i)))];
        var last = units.Groups.LastOrDefault(group => group.IsPrunable && group.Size > 1);
        return last is null ? [network, .. drawn] : [network, .. drawn, Without(units, last.Name, 0), network];
    }

    private static Network Without(ChannelUnits units, string group, int channel)
    {
        var plan = PruningPlan.Identity(units.Network.Name);
        int size = units.Groups.Single(known => known.Name == group).Size;
        return Pruner.Apply(units, plan with { Groups = [new(group, size, [.. Enumerable.Range(0, size).Where(i => i != channel)])] });
    }

    private static IEnumerable<float[]> RunMerged(ImmutableArray<Network> members, Tensor images, ProgramOptions options)
    {
        var merged = MergedNetwork.Of(members, options);
        using var program = NetworkProgram.Compile(merged.Network, options);
        float[][] outputs = [.. program.RunAll(images).Select(output => output.ToArray<float>())];
        return [.. merged.Outputs.Select(output => outputs[output])];
    }

    private static Network Recalibrated(Network network, Tensor images, ProgramOptions options)
    {
        using var program = NetworkProgram.Compile(network, options);
        program.RunAll(images);
        return program.CaptureStatistics();
    }

    private static IEnumerable<float[]> Statistics(Network network) => [.. network.Nodes.SelectMany(MergedNetwork.StatisticsOf).Select(name => network.Parameters[name].Floats().ToArray())];
}
