using System.Collections.Immutable;

namespace Coppice.Graph;

/// <summary>
/// A convolutional network: a graph of ONNX operators with parameters. The one representation for import, model zoo, training, pruning, cost and export.
/// A value: whatever changes a network makes a new one. Nodes are in topological order.
/// </summary>
public sealed class Network
{
    /// <summary>The operator set of networks that are built and not read.</summary>
    public const int DefaultOperatorSet = 17;

    private readonly Lazy<NetworkIndex> _index;

    /// <summary>Creates a network and checks that it is one: unique value names, every input defined before it is read.</summary>
    /// <exception cref="UnsupportedModelException">A value is read before it is written or written twice, or an output is never written.</exception>
    public Network(
        string name,
        ImmutableArray<NetworkValue> inputs,
        ImmutableArray<NetworkValue> outputs,
        ImmutableArray<Node> nodes,
        IEnumerable<KeyValuePair<string, HostTensor>> parameters)
    {
        Name = name;
        Inputs = inputs;
        Outputs = outputs;
        Parameters = new OrderedDictionary<string, HostTensor>(parameters);
        Nodes = TopologicalOrder.Sort(nodes, [.. inputs.Select(input => input.Name), .. Parameters.Keys], outputs);
        _index = new(() => new NetworkIndex(this));
    }

    /// <summary>Name of the graph.</summary>
    public string Name { get; }

    /// <summary>What the caller feeds; parameters are not among them.</summary>
    public ImmutableArray<NetworkValue> Inputs { get; }

    /// <summary>What the caller gets.</summary>
    public ImmutableArray<NetworkValue> Outputs { get; }

    /// <summary>The operators, in an order in which they can be executed.</summary>
    public ImmutableArray<Node> Nodes { get; }

    /// <summary>Weights, statistics and other constants by name, in file order.</summary>
    public IReadOnlyDictionary<string, HostTensor> Parameters { get; }

    /// <summary>Version of ONNX's own operator set.</summary>
    public int OperatorSet { get; init; } = DefaultOperatorSet;

    /// <summary>Key-value pairs of the file, such as the normalisation of the input.</summary>
    public ImmutableDictionary<string, string> Metadata { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>What the file held around the graph (producer, other operator sets, functions, unknown fields), serialised. Written back unchanged.</summary>
    public ReadOnlyMemory<byte> Extras { get; init; }

    /// <summary>Producers and consumers of each value.</summary>
    public NetworkIndex Index => _index.Value;

    /// <summary>The same network with other nodes and parameters; whatever surrounds the graph stays.</summary>
    public Network With(ImmutableArray<Node> nodes, IEnumerable<KeyValuePair<string, HostTensor>> parameters) =>
        new(Name, Inputs, Outputs, nodes, parameters) { OperatorSet = OperatorSet, Metadata = Metadata, Extras = Extras };

    /// <summary>
    /// The same network rewritten: other nodes and parameters. Parameters that nobody reads any more go; those that nobody read in the first place stay, as the file had them.
    /// </summary>
    public Network Rewritten(ImmutableArray<Node> nodes, IEnumerable<KeyValuePair<string, HostTensor>> parameters)
    {
        HashSet<string> read = [.. nodes.SelectMany(node => node.Reads), .. Outputs.Select(output => output.Name)];
        return With(nodes, parameters.Where(entry => read.Contains(entry.Key) || Index.Consumers(entry.Key).IsEmpty));
    }

    /// <summary>The same network with the given parameters replaced.</summary>
    public Network WithParameters(IReadOnlyDictionary<string, HostTensor> replaced) =>
        With(Nodes, Parameters.Select(entry => new KeyValuePair<string, HostTensor>(entry.Key, replaced.GetValueOrDefault(entry.Key, entry.Value))));

    /// <summary>The same network with metadata entries added or replaced, or removed where the value is null; the others stay.</summary>
    public Network WithMetadata(IEnumerable<KeyValuePair<string, string?>> entries)
    {
        var metadata = Metadata.ToBuilder();
        foreach (var (key, value) in entries)
        {
            metadata.Remove(key);
            if (value is not null)
            {
                metadata.Add(key, value);
            }
        }

        return new(Name, Inputs, Outputs, Nodes, Parameters) { OperatorSet = OperatorSet, Metadata = metadata.ToImmutable(), Extras = Extras };
    }

    /// <summary>The same network cut short or prolonged: other nodes behind the same inputs, other outputs.</summary>
    public Network WithOutputs(ImmutableArray<NetworkValue> outputs, ImmutableArray<Node> nodes) =>
        new(Name, Inputs, outputs, nodes, Parameters) { OperatorSet = OperatorSet, Metadata = Metadata, Extras = Extras };
}
