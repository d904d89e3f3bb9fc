using System.Collections.Immutable;

namespace Coppice.Graph.Channels;

/// <summary>
/// Channels that always appear together in the same parameter axes, so that one mask with a bit per channel describes what stays of all of them.
/// A unit of the group is one channel together with everything that must go with it.
/// </summary>
/// <param name="Index">Position among the groups of the network, in topological order.</param>
/// <param name="Name">Name of the first node that writes the channels; with a suffix where several groups share that node.</param>
/// <param name="Units">Unit of each channel of the group, in the order of the filters that write them.</param>
/// <param name="Axes">Every parameter axis that loses a position when a channel of the group goes.</param>
/// <param name="LockReason">Why the group must stay whole, or null where it can be pruned.</param>
public sealed record ChannelGroup(int Index, string Name, ImmutableArray<int> Units, ImmutableArray<ParameterAxis> Axes, string? LockReason)
{
    /// <summary>Number of channels.</summary>
    public int Size => Units.Length;

    /// <summary>Whether channels of the group may go.</summary>
    public bool IsPrunable => LockReason is null;

    /// <summary>
    /// Whether only one layer writes the channels, or one channel selection takes them: the first convolutions of a residual block are inner, the layers that meet in an addition are not.
    /// </summary>
    public bool IsInner => Axes.Count(axis => axis.IsOrigin) == 1;

    /// <summary>Channel of each unit of the group.</summary>
    public Dictionary<int, int> ChannelOfUnit() => Units.Select((unit, channel) => (unit, channel)).ToDictionary(pair => pair.unit, pair => pair.channel);

    /// <summary>Nodes that write the channels, or take them out of a shared stream.</summary>
    public IEnumerable<Node> Writers => Axes.Where(axis => axis.IsOrigin).Select(axis => axis.Node);

    /// <summary>Nodes that read the channels.</summary>
    public IEnumerable<Node> Readers => Axes.Where(axis => axis.Role == ChannelRole.Read).Select(axis => axis.Node);
}
