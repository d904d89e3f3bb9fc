using Coppice.Onnx.Protobuf;

namespace Coppice.Onnx;

/// <summary>What has to be known of graphs inside attributes (the branches of <c>If</c>, the body of <c>Loop</c>), although they are not interpreted.</summary>
internal static class SubGraphs
{
    /// <summary>Names of the surrounding graph's values that the attribute's graphs read.</summary>
    public static IEnumerable<string> Captured(AttributeProto attribute) => Graphs(attribute).SelectMany(Free);

    /// <summary>Checks that the attribute's tensors lie in the file.</summary>
    /// <exception cref="UnsupportedModelException">One of them lies elsewhere.</exception>
    public static void Check(AttributeProto attribute)
    {
        foreach (var tensor in attribute.Tensors.Concat(Graphs(attribute).SelectMany(graph => graph.Initializer)))
        {
            TensorCodec.CheckLocation(tensor);
        }

        foreach (var nested in Graphs(attribute).SelectMany(graph => graph.Node).SelectMany(node => node.Attribute))
        {
            if (nested.T is { } tensor)
            {
                TensorCodec.CheckLocation(tensor);
            }

            Check(nested);
        }
    }

    private static IEnumerable<GraphProto> Graphs(AttributeProto attribute) => attribute.G is { } graph ? attribute.Graphs.Prepend(graph) : attribute.Graphs;

    private static HashSet<string> Free(GraphProto graph)
    {
        HashSet<string> free = [.. graph.Output.Select(output => output.Name)];
        foreach (var node in graph.Node)
        {
            free.UnionWith(node.Input);
            free.UnionWith(node.Attribute.SelectMany(Captured));
        }

        free.ExceptWith(graph.Node.SelectMany(node => node.Output));
        free.ExceptWith(graph.Input.Select(input => input.Name));
        free.ExceptWith(graph.Initializer.Select(initializer => initializer.Name));
        free.ExceptWith(graph.SparseInitializer.Select(initializer => initializer.Values?.Name ?? ""));
        free.Remove("");
        return free;
    }
}
