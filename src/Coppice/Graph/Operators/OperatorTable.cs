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
        new Conv(),
        new Dropout(),
        new Flatten(),
        new Gather(),
        new Gemm(),
        new GlobalAveragePool(),
        new Identity(),
        new LogSoftmax(),
        new Lrn(),
        new MaxPool(),
        new Mul(),
        new Pad(),
        new ReduceMean(),
        new Relu(),
        new Reshape(),
        new Sigmoid(),
        new Slice(),
        new Softmax(),
        new Sub(),
        new Tanh(),
    }.ToFrozenDictionary(known => known.Type);

    /// <summary>All operators, by type.</summary>
    public static IEnumerable<Operator> All => ByType.Values;

    /// <summary>The operator of a node, or null where it is not known or belongs to another domain than ONNX's own.</summary>
    public static Operator? Find(Node node) => node.Domain is "" or "ai.onnx" ? ByType.GetValueOrDefault(node.OperatorType) : null;

    /// <summary>The operator of a node.</summary>
    /// <exception cref="UnsupportedModelException">It is not known.</exception>
    public static Operator Require(Node node) => Find(node)
        ?? throw new UnsupportedModelException($"Cannot execute {node}: operator {(node.Domain is "" ? "" : node.Domain + ".")}{node.OperatorType} is not among the {ByType.Count} that this version executes.");
}
