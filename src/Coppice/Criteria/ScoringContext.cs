using System.Collections.Frozen;
using Coppice.Graph;
using Coppice.Graph.Channels;

namespace Coppice.Criteria;

/// <summary>What a criterion may look at beside the group that it scores.</summary>
/// <param name="Units">The channels of the network.</param>
public sealed record ScoringContext(ChannelUnits Units)
{
    /// <summary>The network.</summary>
    public Network Network => Units.Network;

    /// <summary>Seed of criteria that draw by chance.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Channels that the group will keep; null under a threshold over all groups, which decides that later.</summary>
    public int? Width { get; init; }

    /// <summary>Units that are gone already: those that groups nearer to the input have lost.</summary>
    public IReadOnlySet<int> RemovedUnits { get; init; } = FrozenSet<int>.Empty;

    /// <summary>Gradients of the loss on images; null where no data are given.</summary>
    public GateGradients? Gates { get; init; }
}
