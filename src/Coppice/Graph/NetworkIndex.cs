using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Coppice.Graph;

/// <summary>Who writes and who reads each value of a network.</summary>
public sealed class NetworkIndex
{
    private readonly Dictionary<string, Node> _producers;
    private readonly Dictionary<string, Node[]> _consumers;
    private readonly HashSet<string> _outputs;

    internal NetworkIndex(Network network)
    {
        _producers = new(network.Nodes.Length);
        var readers = new Dictionary<string, int>(network.Nodes.Length + network.Parameters.Count);
        foreach (var node in network.Nodes)
        {
            foreach (string output in node.Outputs)
            {
                if (output.Length > 0)
                {
                    _producers.Add(output, node);
                }
            }

            foreach (string input in node.Reads)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(readers, input, out _)++;
            }
        }

        _consumers = Consumers(network, readers);
        _outputs = [.. network.Outputs.Select(output => output.Name)];
    }

    /// <summary>The node that writes a value, or null for inputs and parameters.</summary>
    public Node? Producer(string value) => _producers.GetValueOrDefault(value);

    /// <summary>The nodes that read a value, once for each time they read it.</summary>
    public ImmutableArray<Node> Consumers(string value) => ImmutableCollectionsMarshal.AsImmutableArray(_consumers.GetValueOrDefault(value, []));

    /// <summary>Whether the value is an output of the network.</summary>
    public bool IsOutput(string value) => _outputs.Contains(value);

    /// <summary>The one node that reads a value, or null where several do, none does, or the value is an output of the network.</summary>
    public Node? OnlyConsumer(string value) => !IsOutput(value) && Consumers(value) is [var only] ? only : null;

    /// <param name="network">The network.</param>
    /// <param name="readers">How often each value is read; counts down to 0.</param>
    private static Dictionary<string, Node[]> Consumers(Network network, Dictionary<string, int> readers)
    {
        var consumers = new Dictionary<string, Node[]>(readers.Count);
        foreach (var node in network.Nodes)
        {
            foreach (string input in node.Reads)
            {
                ref int left = ref CollectionsMarshal.GetValueRefOrNullRef(readers, input);
                ref var nodes = ref CollectionsMarshal.GetValueRefOrAddDefault(consumers, input, out _);
                nodes ??= new Node[left];
                nodes[nodes.Length - left] = node;
                left--;
            }
        }

        return consumers;
    }
}
