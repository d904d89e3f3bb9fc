using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Operators;

namespace Coppice.Pruning;

/// <summary>
/// What a barrier is in the way of: the MACs, for one image, of the layers whose filters must all stay because the barrier holds channels that they write, or pass on one by one as depthwise
/// convolutions do. A layer that two barriers hold counts for both.
/// </summary>
public static class LockedMacs
{
    /// <summary>The MACs that a barrier locks.</summary>
    /// <param name="units">The network's channel units.</param>
    /// <param name="barrier">One of its barriers.</param>
    public static long Of(ChannelUnits units, Graph.Channels.Barrier barrier)
    {
        HashSet<int> held = [.. barrier.Node.Reads.SelectMany(value => units.ValueUnits(value) ?? [])];
        return units.Groups
            .Where(group => group.Units.Any(held.Contains))
            .SelectMany(group => group.Axes)
            .Where(axis => axis.Role != ChannelRole.Read)
            .DistinctBy(axis => axis.Node.Name)
            .Sum(axis => MacsOf(units, axis.Node));
    }

    /// <summary>MACs of a layer at its full width: elements of its weight times how often each is used.</summary>
    private static long MacsOf(ChannelUnits units, Node node)
    {
        var call = new ShapeCall(node, units.Network.OperatorSet, units.Shapes, units.Network.Parameters);
        return call.KnowsAllShapes && OperatorTable.Find(node)?.CountWork(call) is { Kind: WorkKind.MultiplyAccumulate, ParameterInput: { } input } work
            && units.Network.Parameters.TryGetValue(node.Inputs[input], out var weight)
            ? weight.Shape.Length * work.UsesPerElement
            : 0;
    }
}
