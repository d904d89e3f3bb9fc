namespace Coppice.Graph;

/// <summary>A network cut down to what some of its values need.</summary>
public static class NetworkPart
{
    /// <summary>The part of a network that computes one value, which becomes its only output.</summary>
    /// <param name="network">The network.</param>
    /// <param name="value">A value that a node of the network writes.</param>
    public static Network UpTo(Network network, string value)
    {
        var needed = new HashSet<string> { value };
        var nodes = new Stack<Node>();
        foreach (var node in network.Nodes.Reverse().Where(node => node.Outputs.Any(needed.Contains)))
        {
            nodes.Push(node);
            needed.UnionWith(node.Reads);
        }

        return network.WithOutputs([new(value, ElementType.Float32, default)], [.. nodes]);
    }
}
