using System.Collections.Immutable;

namespace Coppice.Graph.Execution;

/// <summary>What a layer's kernel computes besides the layer: [+ residual] → [ReLU].</summary>
/// <param name="Last">The node that writes the result: the ReLU, the addition, or the layer itself.</param>
/// <param name="Residual">The value added, or null.</param>
/// <param name="EndsWithRelu">Whether max(0, x) is the last operation.</param>
internal readonly record struct Epilogue(Node Last, string? Residual, bool EndsWithRelu);

/// <summary>
/// Finds what follows a layer and can be computed with it: layer → Add → ReLU, layer → ReLU, layer → Add. The chain's values in between have no other reader, so
/// nobody misses them. A step that does a whole chain stands where its last node stood: nodes are in topological order, so the residual is there by then.
/// </summary>
internal sealed class EpilogueFinder
{
    private readonly Network _network;
    private readonly IReadOnlyDictionary<string, TensorShape> _shapes;
    private readonly HashSet<string> _taken = [];
    private readonly HashSet<string> _absorbed = [];

    public EpilogueFinder(Network network)
    {
        _network = network;
        _shapes = KnownShapes(network);
    }

    /// <summary>Whether another node's step computes that node on the way.</summary>
    public bool IsAbsorbed(Node node) => _absorbed.Contains(node.Name);

    /// <summary>Gives the layer as much of what follows it as no other layer has taken.</summary>
    public Epilogue Take(Node layer)
    {
        string? residual = null;
        var last = layer;
        if (Next(last) is { OperatorType: "Add" } add && !_taken.Contains(add.Name) && Residual(add, layer.Outputs[0]) is { } other)
        {
            residual = other;
            last = Absorb(last, add);
        }

        bool relu = Next(last) is { OperatorType: "Relu" };
        if (relu)
        {
            last = Absorb(last, Next(last)!);
        }

        return new(last, residual, relu);
    }

    private Node? Next(Node node) => _network.Index.OnlyConsumer(node.Outputs[0]);

    private Node Absorb(Node node, Node next)
    {
        _absorbed.Add(node.Name);
        _taken.Add(next.Name);
        return next;
    }

    /// <summary>The other operand of an addition, where it is a computed value of the same shape.</summary>
    private string? Residual(Node add, string value)
    {
        string other = add.Inputs[0] == value ? add.Inputs[1] : add.Inputs[0];
        if (other == add.Inputs[0] && IsLayerOf(add, other))
        {
            return null;
        }

        bool sameShape = _shapes.TryGetValue(value, out var left) && _shapes.TryGetValue(other, out var right) && left == right;
        return other != value && sameShape && !_network.Parameters.ContainsKey(other) ? other : null;
    }

    /// <summary>
    /// Whether a layer that could take the addition too writes its first operand: it then does. Which one takes it must not hang on the order of nodes, for that is another one where
    /// networks are merged.
    /// </summary>
    private bool IsLayerOf(Node add, string operand) =>
        _network.Index.Producer(operand) is { OperatorType: "Conv" or "BatchNormalization" } && _network.Index.OnlyConsumer(operand)?.Name == add.Name;

    /// <summary>
    /// Shapes for two images, so that a value without the batch axis differs from one that has it. Where the file declares too little no addition is fused,
    /// which is slower and nothing else.
    /// </summary>
    private static IReadOnlyDictionary<string, TensorShape> KnownShapes(Network network) =>
        ShapeInference.TryInfer(network, images: 2) ?? ImmutableDictionary<string, TensorShape>.Empty;
}
