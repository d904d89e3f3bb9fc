namespace Coppice.Graph;

/// <summary>
/// Channel shuffles (Zhang et al., ShuffleNet, CVPR 2018) as selections. Exporters write Reshape [N, g, C / g, H, W] → Transpose → Reshape [N, C, H, W], which can only lose the same
/// channels of every block; a Gather with the permuted positions computes the same and can lose any.
/// </summary>
internal static class ChannelShuffle
{
    /// <summary>The network with every shuffle that nobody looks into replaced; the same object where there is none.</summary>
    public static Network ToGather(Network network, IReadOnlyDictionary<string, TensorShape>? inputShapes)
    {
        var chains = network.Nodes.Where(node => node is { OperatorType: "Transpose", Domain: "" or "ai.onnx" }).Select(node => Chain(network, node)).OfType<(Node, Node, Node)>().ToList();
        if (chains.Count == 0)
        {
            return network;
        }

        var shapes = ShapeInference.Infer(network, inputShapes);
        var parameters = new OrderedDictionary<string, HostTensor>(network.Parameters);
        var replaced = new Dictionary<string, Node?>();
        foreach (var (divide, transpose, join) in chains)
        {
            if (Positions(shapes, divide, transpose, join) is { } positions)
            {
                string name = $"{join.Name}/positions";
                parameters[name] = HostTensor.Vector(positions);
                replaced[divide.Name] = replaced[transpose.Name] = null;
                replaced[join.Name] = join with { OperatorType = "Gather", Inputs = [divide.Inputs[0], name], Attributes = NodeAttributes.None.With("axis", 1) };
            }
        }

        return replaced.Count == 0 ? network : network.Rewritten([.. network.Nodes.Select(node => replaced.GetValueOrDefault(node.Name, node)).OfType<Node>()], parameters);
    }

    private static (Node, Node, Node)? Chain(Network network, Node transpose) =>
        transpose.Input(0) is { } divided && network.Index.Producer(divided) is { OperatorType: "Reshape" } divide && divide.Input(0) is not null && network.Index.OnlyConsumer(divide.Outputs[0]) is not null
        && network.Index.OnlyConsumer(transpose.Outputs[0]) is { OperatorType: "Reshape" } join && join.Inputs[0] == transpose.Outputs[0]
            ? (divide, transpose, join)
            : null;

    /// <summary>For each channel behind the shuffle its position in front of it, or null where the nodes do more than permute channels.</summary>
    private static long[]? Positions(IReadOnlyDictionary<string, TensorShape> shapes, Node divide, Node transpose, Node join)
    {
        if (!shapes.TryGetValue(divide.Inputs[0], out var input) || !shapes.TryGetValue(divide.Outputs[0], out var divided) || !shapes.TryGetValue(join.Outputs[0], out var output))
        {
            return null;
        }

        long[]? order = transpose.Attributes.Integers("perm");
        int blocks = divided.Rank - input.Rank + 1;
        bool isShuffle = input == output && input.Rank >= 3 && blocks == 2 && order?.Length == divided.Rank
            && divided[0] == input[0] && divided.Extents.AsSpan()[3..].SequenceEqual(input.Extents.AsSpan()[2..])
            && order.SequenceEqual(Enumerable.Range(0, divided.Rank).Select(axis => axis is 1 or 2 ? 3L - axis : axis));
        return isShuffle
            ? [.. Enumerable.Range(0, (int)input[1]).Select(position => (position % divided[1] * divided[2]) + (position / divided[1]))]
            : null;
    }
}
