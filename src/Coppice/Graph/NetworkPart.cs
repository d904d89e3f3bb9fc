using System.Collections.Immutable;

namespace Coppice.Graph;

/// <summary>A network cut down to what some of its values need.</summary>
public static class NetworkPart
{
    /// <summary>The part of a network that computes some of its values. Those that it does not read itself are its outputs.</summary>
    /// <param name="network">The network.</param>
    /// <param name="values">Values that nodes of the network write, at least one.</param>
    public static Network UpTo(Network network, params IEnumerable<string> values)
    {
        HashSet<string> wanted = [.. values];
        var nodes = Needed(network, wanted);
        HashSet<string> read = [.. nodes.SelectMany(node => node.Reads)];
        return network.WithOutputs([.. wanted.Where(value => !read.Contains(value)).Select(value => new NetworkValue(value, ElementType.Float32, default))], nodes);
    }

    /// <summary>The part of a network that computes some of its values, all of them outputs, with the parameters that it reads.</summary>
    /// <param name="network">The network.</param>
    /// <param name="outputs">Values of the network.</param>
    public static Network Of(Network network, ImmutableArray<NetworkValue> outputs)
    {
        var nodes = Needed(network, [.. outputs.Select(output => output.Name)]);
        HashSet<string> read = [.. nodes.SelectMany(node => node.Reads)];
        return network.WithOutputs(outputs, nodes).With(nodes, network.Parameters.Where(parameter => read.Contains(parameter.Key)));
    }

    private static ImmutableArray<Node> Needed(Network network, HashSet<string> values)
    {
        HashSet<string> needed = [.. values];
        var nodes = new Stack<Node>();
        foreach (var node in network.Nodes.Reverse().Where(node => node.Outputs.Any(needed.Contains)))
        {
            nodes.Push(node);
            needed.UnionWith(node.Reads);
        }

        return [.. nodes];
    }
}
