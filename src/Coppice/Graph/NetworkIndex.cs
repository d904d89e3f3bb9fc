using System.Collections.Immutable;

namespace Coppice.Graph;

/// <summary>Who writes and who reads each value of a network.</summary>
public sealed class NetworkIndex
{
    private readonly Dictionary<string, Node> _producers = [];
    private readonly Dictionary<string, ImmutableArray<Node>> _consumers;
    private readonly HashSet<string> _outputs;

    internal NetworkIndex(Network network)
    {
        var consumers = new Dictionary<string, ImmutableArray<Node>.Builder>();
        foreach (var node in network.Nodes)
        {
            foreach (string output in node.Outputs.Where(output => output.Length > 0))
            {
                _producers.Add(output, node);
            }

            foreach (string input in node.Reads)
            {
                if (!consumers.TryGetValue(input, out var readers))
                {
                    consumers.Add(input, readers = ImmutableArray.CreateBuilder<Node>());
                }

                readers.Add(node);
            }
        }

        _consumers = consumers.ToDictionary(entry => entry.Key, entry => entry.Value.ToImmutable());
        _outputs = [.. network.Outputs.Select(output => output.Name)];
    }

    /// <summary>The node that writes a value, or null for inputs and parameters.</summary>
    public Node? Producer(string value) => _producers.GetValueOrDefault(value);

    /// <summary>The nodes that read a value, once for each time they read it.</summary>
    public ImmutableArray<Node> Consumers(string value) => _consumers.GetValueOrDefault(value, []);

    /// <summary>Whether the value is an output of the network.</summary>
    public bool IsOutput(string value) => _outputs.Contains(value);

    /// <summary>The one node that reads a value, or null where several do, none does, or the value is an output of the network.</summary>
    public Node? OnlyConsumer(string value) => !IsOutput(value) && Consumers(value) is [var only] ? only : null;
}
