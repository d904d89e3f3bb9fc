using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>The tensors that a node sees during execution.</summary>
public abstract class ExecutionCall
{
    /// <summary>The node.</summary>
    public abstract Node Node { get; }

    /// <summary>Version of ONNX's operator set, for operators whose defaults changed.</summary>
    public abstract int OperatorSet { get; }

    /// <summary>Whether gradients are wanted and layers such as dropout act as in training.</summary>
    public abstract bool IsTraining { get; }

    /// <summary>How many images the network is given at a time; 1 where there are none.</summary>
    public abstract long Images { get; }

    /// <summary>Whether the input at that position is given.</summary>
    public bool Has(int index) => Node.Input(index) is not null;

    /// <summary>Whether the input at that position is a constant of the file.</summary>
    public abstract bool IsConstant(int index);

    /// <summary>The input at that position, in the precision in which the operator computes.</summary>
    public abstract Tensor Input(int index);

    /// <summary>The input at that position, or null where it is omitted.</summary>
    public Tensor? Optional(int index) => Has(index) ? Input(index) : null;

    /// <summary>The small tensor at that position, which the operator reads on the host; computed ones are fetched.</summary>
    public abstract HostTensor Host(int index);

    /// <summary>The integers at that input position, or else in the attribute, where older operator sets have them; null where neither is given.</summary>
    public long[]? Integers(int index, string attribute) => Has(index) ? Integers(index) : Node.Attributes.Integers(attribute);

    /// <summary>The integers at that input position.</summary>
    /// <exception cref="UnsupportedModelException">They are no integers.</exception>
    public long[] Integers(int index) => Host(index) is { Type: ElementType.Int32 or ElementType.Int64 } integers
        ? integers.Longs()
        : throw new UnsupportedModelException($"Cannot execute {Node}: input {index} ('{Node.Inputs[index]}') must hold integers, not {Host(index).Type}.");

    /// <summary>Whether nobody reads the input at that position after this node, so that its memory may hold the output.</summary>
    public abstract bool MayOverwrite(int index);

    /// <summary>Hands over the output at that position.</summary>
    public abstract void Return(int index, Tensor value);
}
