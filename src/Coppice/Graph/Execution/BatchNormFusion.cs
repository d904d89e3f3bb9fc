namespace Coppice.Graph.Execution;

/// <summary>
/// Finds batch normalisations that our kernel computes together with what follows: BN → ReLU, BN → Add → ReLU, BN → Add.
/// The chain's values in between have no other reader, so nobody misses them.
/// </summary>
internal sealed class BatchNormFusion
{
    private readonly Network _network;
    private readonly IReadOnlyDictionary<string, TensorShape> _shapes;

    private BatchNormFusion(Network network)
    {
        _network = network;
        _shapes = KnownShapes(network);
        foreach (var node in network.Nodes.Where(node => node.OperatorType == "BatchNormalization"))
        {
            Fuse(node);
        }
    }

    /// <summary>Fused steps by the name of their last node.</summary>
    public Dictionary<string, ProgramStep> Steps { get; } = [];

    /// <summary>Nodes that a fused step computes on the way.</summary>
    public HashSet<string> Absorbed { get; } = [];

    public static BatchNormFusion Find(Network network) => new(network);

    private void Fuse(Node batchNorm)
    {
        string value = batchNorm.Outputs[0];
        string? residual = null;
        var last = batchNorm;
        if (_network.Index.OnlyConsumer(value) is { OperatorType: "Add" } add && !Absorbed.Contains(add.Name) && !Steps.ContainsKey(add.Name) && Other(add, value) is { } other)
        {
            (residual, last) = (other, add);
        }

        bool relu = _network.Index.OnlyConsumer(last.Outputs[0]) is { OperatorType: "Relu" };
        if (relu)
        {
            last = _network.Index.OnlyConsumer(last.Outputs[0])!;
        }

        Absorb(batchNorm, last);
        string[] inputs = [batchNorm.Inputs[0], .. batchNorm.Inputs[1..5], .. residual is null ? Array.Empty<string>() : [residual]];
        Steps[last.Name] = new(last, null, [.. inputs], last.Outputs) { BatchNorm = batchNorm, Residual = residual, EndsWithRelu = relu };
    }

    private void Absorb(Node first, Node last)
    {
        for (var node = first; node.Name != last.Name; node = _network.Index.OnlyConsumer(node.Outputs[0])!)
        {
            Absorbed.Add(node.Name);
        }
    }

    /// <summary>The other operand of an addition, where it is a computed value of the same shape.</summary>
    private string? Other(Node add, string value)
    {
        string other = add.Inputs[0] == value ? add.Inputs[1] : add.Inputs[0];
        bool sameShape = _shapes.TryGetValue(value, out var left) && _shapes.TryGetValue(other, out var right) && left == right;
        return other != value && sameShape && !_network.Parameters.ContainsKey(other) ? other : null;
    }

    /// <summary>Shapes where the file declares enough; without them no addition is fused, which is slower and nothing else.</summary>
    private static IReadOnlyDictionary<string, TensorShape> KnownShapes(Network network)
    {
        try
        {
            return ShapeInference.Infer(network);
        }
        catch (UnsupportedModelException)
        {
            return new Dictionary<string, TensorShape>();
        }
    }
}
