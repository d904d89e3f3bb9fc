using System.Collections.Frozen;

namespace Coppice.Graph.Operators;

/// <summary>The operators that this program understands. A node whose operator is not here is a barrier to pruning and cannot be executed by the training engine.</summary>
public static class OperatorTable
{
    private static readonly FrozenDictionary<string, Operator> ByType = new Operator[]
    {
        new Add(),
        new AveragePool(),
        new BatchNormalization(),
        new Cast(),
        new Clip(),
        new Concat(),
        new ConstantOfShape(),
        new Conv(),
        new ConvTranspose(),
        new DepthToSpace(),
        new Div(),
        new Dropout(),
        new Einsum(),
        new Expand(),
        new Flatten(),
        new Function("Not", false, (x, _) => Comparison.Not(x)),
        new Gather(),
        new Gemm(),
        new GlobalPooling("GlobalAveragePool", (x, axes) => x.Mean(axes, keepDim: true)),
        new GlobalPooling("GlobalMaxPool", (x, axes) => x.Max(axes, keepDim: true)),
        new GroupNormalization(),
        new Identity(),
        new InstanceNormalization(),
        new LayerNormalization(),
        new Lrn(),
        new MatMul(),
        new Max(),
        new MaxPool(),
        new Mean(),
        new Min(),
        new Mod(),
        new Mul(),
        new Pad(),
        new Pow(),
        new PRelu(),
        new Range(),
        new Relu(),
        new Reshape(),
        new Resize(),
        new ScatterND(),
        new Shape(),
        new Slice(),
        new Softmax("LogSoftmax", (x, axis) => x.LogSoftmax(axis)),
        new Softmax("Softmax", (x, axis) => x.Softmax(axis)),
        new SpaceToDepth(),
        new Split(),
        new Squeeze(),
        new Sub(),
        new Sum(),
        new Tile(),
        new Transpose(),
        new Unsqueeze(),
        new Upsample(),
        new Where(),
    }.Concat(Comparison.All).Concat(Functions.All).Concat(Reduction.All).ToFrozenDictionary(known => known.Type);

    /// <summary>All operators, by type.</summary>
    public static IEnumerable<Operator> All => ByType.Values;

    /// <summary>The operator of a node, or null where it is not known, takes a form that is not, or belongs to another domain than ONNX's own.</summary>
    public static Operator? Find(Node node) =>
        node.Domain is "" or "ai.onnx" && ByType.TryGetValue(node.OperatorType, out var known) && known.Covers(node) ? known : null;

    /// <summary>The operator of a node.</summary>
    /// <exception cref="UnsupportedModelException">It is not known.</exception>
    public static Operator Require(Node node) => Find(node) ?? throw new UnsupportedModelException($"Cannot execute {node}: {Unknown(node)}.");

    /// <summary>Why <see cref="Find"/> has no operator for the node, in words for a person.</summary>
    public static string Unknown(Node node) =>
        $"operator {(node.Domain is "" ? "" : node.Domain + ".")}{node.OperatorType} is not known{(node.Domain is "" or "ai.onnx" && ByType.ContainsKey(node.OperatorType) ? " in this form" : "")}";
}
