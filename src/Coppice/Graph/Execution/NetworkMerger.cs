using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Coppice.Graph.Execution;

/// <summary>
/// Makes a <see cref="MergedNetwork"/> by hash-consing: each fused chain of nodes is described by its operators, its weights and the names, in the merged network, of what it reads; chains
/// of one description are one chain.
/// </summary>
internal sealed class NetworkMerger
{
    private readonly ImmutableArray<Network> _networks;
    private readonly ProgramOptions _options;
    private readonly string _prefix;
    private readonly ParameterPool _pool;
    private readonly Dictionary<string, Chain> _chains = [];
    private readonly Dictionary<NodeAttributes, string> _attributes = new(ReferenceEqualityComparer.Instance);
    private readonly OrderedDictionary<string, HostTensor> _statistics = [];

    public NetworkMerger(ImmutableArray<Network> networks, ProgramOptions options)
    {
        (_networks, _options) = (networks, options);

        // Longer than the only name that comes from outside, so no name here can be that one.
        _prefix = $"{networks[0].Inputs[0].Name}/";
        _pool = new(_prefix);
    }

    public MergedNetwork Merge()
    {
        var chains = SideBySide.Select(_networks, network => ProgramCompiler.Chains(network, _options).ToImmutableArray());
        ImmutableArray<Member> members = [.. _networks.Zip(chains, Add)];
        var emitted = new HashSet<int>();
        ImmutableArray<Node> nodes = [.. DepthFirst(members, 0).SelectMany(member => member.Chains).Where(chain => emitted.Add(chain.Id)).SelectMany(chain => chain.Nodes)];

        string[] outputs = [.. members.Select(member => member.Output).Distinct()];
        var declared = _networks[0].Outputs[0];
        Network merged = new(
            _networks[0].Name,
            _networks[0].Inputs,
            [.. outputs.Select(output => declared with { Name = output, Dimensions = default })],
            nodes,
            _pool.Parameters.Concat(_statistics))
        { OperatorSet = _networks[0].OperatorSet };
        return new(merged, _networks, [.. members.Select(member => Array.IndexOf(outputs, member.Output))], [.. members.Select(member => member.Statistics)]);
    }

    private Member Add(Network network, ImmutableArray<ImmutableArray<Node>> fused)
    {
        var names = network.Inputs.ToDictionary(input => input.Name, input => input.Name);
        var chains = ImmutableArray.CreateBuilder<Chain>();
        var statistics = ImmutableArray.CreateBuilder<(string, string)>();
        var occurrences = new Dictionary<string, int>();
        foreach (var nodes in fused)
        {
            // What a network computes twice, it computes twice here too: with one reader instead of two, a value might be fused that is not when the network is alone.
            string description = Describe(network, nodes, names);
            int before = occurrences[description] = occurrences.GetValueOrDefault(description, -1) + 1;
            description = before == 0 ? description : string.Create(CultureInfo.InvariantCulture, $"{description}occurrence {before}");
            if (!_chains.TryGetValue(description, out var chain))
            {
                _chains.Add(description, chain = Rename(network, nodes, names));
            }

            chains.Add(chain);
            foreach (var (own, merged) in nodes.Zip(chain.Nodes))
            {
                statistics.AddRange(MergedNetwork.StatisticsOf(own).Zip(MergedNetwork.StatisticsOf(merged)));
                foreach (var (output, renamed) in own.Outputs.Zip(merged.Outputs).Where(pair => pair.First.Length > 0))
                {
                    names[output] = renamed;
                }
            }
        }

        return new(chains.ToImmutable(), names[network.Outputs[0].Name], statistics.ToImmutable());
    }

    /// <summary>All that decides what a chain computes, as a text.</summary>
    private string Describe(Network network, ImmutableArray<Node> nodes, Dictionary<string, string> names)
    {
        var text = new StringBuilder();
        var inside = new Dictionary<string, string>();
        foreach (var (position, node) in nodes.Index())
        {
            text.Append(CultureInfo.InvariantCulture, $"{node.Domain}.{node.OperatorType}({Describe(node.Attributes)})[{string.Concat(node.Outputs.Select(output => output.Length > 0 ? '1' : '0'))}]");
            foreach (string input in node.Inputs)
            {
                text.Append(' ').Append(inside.GetValueOrDefault(input) ?? NameOf(network, input, names));
            }

            text.AppendLine();
            foreach (var (i, output) in node.Outputs.Index())
            {
                inside[output] = string.Create(CultureInfo.InvariantCulture, $"inside {position} {i}");
            }
        }

        return text.ToString();
    }

    /// <summary>The chain under names of its own; running statistics too are its own, for they are changed.</summary>
    private Chain Rename(Network network, ImmutableArray<Node> nodes, Dictionary<string, string> names)
    {
        int id = _chains.Count;
        var inside = new Dictionary<string, string>();
        var renamed = ImmutableArray.CreateBuilder<Node>(nodes.Length);
        foreach (var (position, node) in nodes.Index())
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{_prefix}{node.OperatorType} {id}.{position}");
            ImmutableArray<string> inputs = [.. node.Inputs.Select(input => inside.GetValueOrDefault(input) ?? NameOf(network, input, names))];
            if (MergedNetwork.StatisticsOf(node).Any())
            {
                string mean = $"{name} mean", variance = $"{name} variance";
                _statistics.Add(mean, network.Parameters[node.Inputs[3]]);
                _statistics.Add(variance, network.Parameters[node.Inputs[4]]);
                inputs = inputs.SetItem(3, mean).SetItem(4, variance);
            }

            ImmutableArray<string> outputs = [.. node.Outputs.Select((output, i) => output.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{name} {i}"))];
            foreach (var (own, other) in node.Outputs.Zip(outputs))
            {
                inside[own] = other;
            }

            renamed.Add(node with { Name = name, Inputs = inputs, Outputs = outputs });
        }

        return new(id, renamed.MoveToImmutable());
    }

    private string NameOf(Network network, string input, Dictionary<string, string> names) => input.Length == 0 ? ""
        : network.Parameters.TryGetValue(input, out var parameter) ? _pool.NameOf(parameter)
        : names[input];

    private string Describe(NodeAttributes attributes)
    {
        if (!_attributes.TryGetValue(attributes, out string? text))
        {
            _attributes.Add(attributes, text = NetworkHash.Describe(attributes));
        }

        return text;
    }

    /// <summary>Members in the order of a depth-first walk over the trie of their chains. Small branches come first, so that what waits for them is freed before the long way down.</summary>
    private static IEnumerable<Member> DepthFirst(IReadOnlyCollection<Member> members, int depth)
    {
        IGrouping<int, Member>[] branches;
        do
        {
            branches = [.. members.GroupBy(member => depth < member.Chains.Length ? member.Chains[depth].Id : -1)];
            depth++;
        }
        while (branches is [{ Key: >= 0 }]);

        return branches.OrderBy(branch => branch.Count()).SelectMany(branch => branch.Key < 0 ? branch : DepthFirst([.. branch], depth));
    }

    /// <param name="Id">Number in the order of first use.</param>
    /// <param name="Nodes">Its nodes under their merged names.</param>
    private sealed record Chain(int Id, ImmutableArray<Node> Nodes);

    /// <param name="Chains">What the member computes, in its order.</param>
    /// <param name="Output">Merged name of its output.</param>
    /// <param name="Statistics">Its running statistics and their merged names.</param>
    private sealed record Member(ImmutableArray<Chain> Chains, string Output, ImmutableArray<(string Own, string Merged)> Statistics);
}
