using System.Collections.Immutable;

namespace Coppice.Graph.Execution;

/// <summary>
/// Several networks over the same inputs as one, in which whatever two of them compute alike stands once: the same operators with the same settings and weights on the same values. For the
/// candidates of a search that is their prefix trie, found from the graph and not from a list of layers: branches are shared too, and what runs beside a cut. Run on a batch, it computes a
/// shared prefix once, then each candidate's own rest; members follow each other depth-first, so that few values live at a time.
/// </summary>
/// <remarks>
/// A member computes exactly what it computes alone: layers are fused with what follows them as they are in the member, and only whole fused chains are shared.
/// </remarks>
internal sealed class MergedNetwork
{
    private readonly ImmutableArray<Network> _members;
    private readonly ImmutableArray<ImmutableArray<(string Own, string Merged)>> _statistics;

    internal MergedNetwork(Network network, ImmutableArray<Network> members, ImmutableArray<int> outputs, ImmutableArray<ImmutableArray<(string Own, string Merged)>> statistics)
    {
        Network = network;
        Outputs = outputs;
        (_members, _statistics) = (members, statistics);
    }

    /// <summary>The one network; its outputs are the distinct ones of the members.</summary>
    public Network Network { get; }

    /// <summary>For each member the position of its output among those of <see cref="Network"/>.</summary>
    public ImmutableArray<int> Outputs { get; }

    /// <summary>
    /// Whether a network can be a member: one input, one output, no graphs inside of nodes, and no running statistics that two nodes share, for those depend on who updates them first.
    /// </summary>
    public static bool CanHold(Network network) =>
        network.Inputs.Length == 1 && network.Outputs is [var output] && network.Index.Producer(output.Name) is not null && network.Nodes.All(node => node.CapturedInputs.IsEmpty)
        && StatisticsOf(network).GroupBy(name => name).All(readers => readers.Count() == 1 && network.Index.Consumers(readers.Key).Length == 1);

    /// <summary>Merges networks.</summary>
    /// <param name="networks">Networks with the same input; see <see cref="CanHold"/>.</param>
    /// <param name="options">How the result will be compiled.</param>
    /// <exception cref="UnsupportedModelException">An operator cannot be executed.</exception>
    public static MergedNetwork Of(ImmutableArray<Network> networks, ProgramOptions options) => new NetworkMerger(networks, options).Merge();

    /// <summary>The members with the running statistics of the merged network.</summary>
    /// <param name="captured">The merged network as a program has left it.</param>
    public ImmutableArray<Network> WithStatistics(Network captured) =>
    [
        .. _members.Zip(_statistics, (member, statistics) => member.WithParameters(statistics.ToDictionary(pair => pair.Own, pair => captured.Parameters[pair.Merged]))),
    ];

    /// <summary>Names of the running statistics of all nodes of a network, in their order; as often as they are read.</summary>
    internal static IEnumerable<string> StatisticsOf(Network network) => network.Nodes.SelectMany(StatisticsOf);

    /// <summary>Names of the running statistics of a node.</summary>
    internal static IEnumerable<string> StatisticsOf(Node node) => node is { OperatorType: "BatchNormalization", Inputs.Length: >= 5 } ? node.Inputs[3..5] : [];
}
