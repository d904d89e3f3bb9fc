using Coppice.Onnx.Protobuf;

namespace Coppice.Onnx;

/// <summary>What has to be known of graphs inside attributes (the branches of <c>If</c>, the body of <c>Loop</c>), although they are not interpreted.</summary>
internal static class SubGraphs
{
    /// <summary>Names of the surrounding graph's values that the attribute's graphs read.</summary>
    public static IEnumerable<string> Captured(AttributeProto attribute) => Of(attribute).SelectMany(Free);

    /// <summary>The graphs in an attribute.</summary>
    public static IEnumerable<GraphProto> Of(AttributeProto attribute) => attribute.G is { } graph ? attribute.Graphs.Prepend(graph) : attribute.Graphs;

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
