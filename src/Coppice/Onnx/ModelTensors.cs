using Coppice.Onnx.Protobuf;

namespace Coppice.Onnx;

/// <summary>Finds the tensors of a file, wherever they hang. Graphs nest no deeper than the parser of the format allows (100 messages).</summary>
internal static class ModelTensors
{
    /// <summary>All tensors: initializers, attributes, sub-graphs, functions, training graphs.</summary>
    public static List<TensorProto> Of(ModelProto model)
    {
        var found = new List<TensorProto>();
        Collect(model.Graph, found, withAttributes: true);
        foreach (var training in model.TrainingInfo)
        {
            Collect(training.Initialization, found, withAttributes: true);
            Collect(training.Algorithm, found, withAttributes: true);
        }

        Collect(model.Functions.SelectMany(function => function.Node), found, withAttributes: true);
        return found;
    }

    /// <summary>The initializers of the graph and of its sub-graphs: what every runtime looks for in other files.</summary>
    public static List<TensorProto> InitializersOf(ModelProto model)
    {
        var found = new List<TensorProto>();
        Collect(model.Graph, found, withAttributes: false);
        return found;
    }

    private static void Collect(GraphProto? graph, List<TensorProto> found, bool withAttributes)
    {
        if (graph is null)
        {
            return;
        }

        found.AddRange(graph.Initializer);
        if (withAttributes)
        {
            found.AddRange(graph.SparseInitializer.SelectMany(sparse => new[] { sparse.Values, sparse.Indices }).OfType<TensorProto>());
        }

        Collect(graph.Node, found, withAttributes);
    }

    private static void Collect(IEnumerable<NodeProto> nodes, List<TensorProto> found, bool withAttributes)
    {
        foreach (var attribute in nodes.SelectMany(node => node.Attribute))
        {
            if (withAttributes)
            {
                found.AddRange(attribute.T is { } tensor ? attribute.Tensors.Prepend(tensor) : attribute.Tensors);
            }

            foreach (var graph in SubGraphs.Of(attribute))
            {
                Collect(graph, found, withAttributes);
            }
        }
    }
}
