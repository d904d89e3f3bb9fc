using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Pruning;
using Coppice.Tests.Execution;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.Pruning;

public sealed class ChannelProvenanceTests : LeakCheck
{
    /// <summary>a keeps 0 and 2 of 3, b keeps 1 of 2: of their concatenation 0, 2 and 3 + 1 stay; flattened, each channel has its 2 × 2 places.</summary>
    [Fact]
    public void Positions_follow_concatenation_and_flattening()
    {
        var draw = new Draw(rows: 2, columns: 2);
        string joined = draw.Concat("joined", draw.Conv("a", "x", filters: 3), draw.Conv("b", "x", filters: 2));
        var units = ChannelUnits.Analyze(draw.Build(draw.Gemm("out", draw.Flatten("flat", joined), outputs: 2)));

        var kept = ChannelProvenance.Of(units, new("drawn", [new("a", 3, [0, 2]), new("b", 2, [1])]));

        Assert.Equal([0, 2], kept["a"].AsEnumerable());
        Assert.Equal([1], kept["b"].AsEnumerable());
        Assert.Equal([0, 2, 4], kept["joined"].AsEnumerable());
        Assert.Equal([0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19], kept["flat"].AsEnumerable());
        Assert.Equal([0, 1], kept["out"].AsEnumerable());
    }

    /// <summary>Two cuts, one after the other: the positions in the original are those of the composed plan.</summary>
    [Fact]
    public void Composed_plan_gives_the_positions_in_the_first_network()
    {
        var draw = new Draw();
        var network = draw.Build(draw.Conv("out", draw.Conv("a", "x", filters: 6), filters: 2));
        PruningPlan first = new("drawn", [new("a", 6, [1, 2, 4, 5])]), second = new("drawn", [new("a", 4, [0, 3])]);

        var kept = ChannelProvenance.Of(ChannelUnits.Analyze(network), first.Then(second));

        Assert.Equal([1, 5], kept["a"].AsEnumerable());
        Assert.Equal([0, 1], kept["out"].AsEnumerable());
    }

    /// <summary>With nothing but the tapped layer cut, its value is the original's at those positions, number by number.</summary>
    [Fact]
    public void Values_of_the_pruned_network_are_the_originals_at_those_positions()
    {
        var draw = new Draw();
        var network = draw.Build(draw.Conv("out", draw.Relu("relu", draw.Conv("a", "x", filters: 4)), filters: 2));
        var units = ChannelUnits.Analyze(network);
        var plan = new PruningPlan("drawn", [new("a", 4, [1, 3])]);

        var kept = ChannelProvenance.Of(units, plan)["relu"];

        var images = Executing.Images(network);
        float[] Relu(Network of) => Executing.Run(of.WithOutputs([new("relu", ElementType.Float32, default)], of.Nodes), images)[0];
        float[][] original = [.. Relu(network).Chunk(64)];
        Assert.Equal([.. from image in new[] { 0, 1 } from channel in kept select original[(image * 4) + channel]], Relu(Pruner.Apply(units, plan)).Chunk(64));
    }
}
