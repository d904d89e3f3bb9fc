using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>The tensors that a node sees during execution.</summary>
public abstract class ExecutionCall
{
    /// <summary>The node.</summary>
    public abstract Node Node { get; }

    /// <summary>Whether gradients are wanted and layers such as dropout act as in training.</summary>
    public abstract bool IsTraining { get; }

    /// <summary>Whether the input at that position is given.</summary>
    public bool Has(int index) => Node.Input(index) is not null;

    /// <summary>The input at that position, in the precision in which the operator computes.</summary>
    public abstract Tensor Input(int index);

    /// <summary>The input at that position, or null where it is omitted.</summary>
    public Tensor? Optional(int index) => Has(index) ? Input(index) : null;

    /// <summary>The constant at that position, which the operator reads on the host.</summary>
    public abstract HostTensor Host(int index);

    /// <summary>Whether nobody reads the input at that position after this node, so that its memory may hold the output.</summary>
    public abstract bool MayOverwrite(int index);

    /// <summary>Hands over the output at that position.</summary>
    public abstract void Return(int index, Tensor value);
}
