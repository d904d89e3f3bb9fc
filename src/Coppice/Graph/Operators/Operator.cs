using System.Collections.Immutable;
using Coppice.Graph.Channels;

namespace Coppice.Graph.Operators;

/// <summary>
/// What one ONNX operator means to this program: shapes, channels, cost, surgery and execution. One class per operator, one line in <see cref="OperatorTable"/>.
/// Instances hold no state; everything about a node comes in as an argument.
/// </summary>
public abstract class Operator
{
    /// <summary>The ONNX operator type, such as <c>Conv</c>.</summary>
    public abstract string Type { get; }

    /// <summary>Whether this class understands the form that a node of its type takes; one that it does not is treated like an unknown operator.</summary>
    public virtual bool Covers(Node node) => true;

    /// <summary>Input positions that hold learned numbers: what training changes and what counts as parameters.</summary>
    public virtual ImmutableArray<int> TrainableInputs => [];

    /// <summary>Whether training changes the parameter at that input position, so that it counts among the parameters; as a rule the position decides.</summary>
    public virtual bool Learns(int input, HostTensor value) => TrainableInputs.Contains(input);

    /// <summary>Whether a stored operand at that input position may hold a zero where a channel is masked; a divisor may not.</summary>
    public virtual bool MayBeZeroed(int input) => true;

    /// <summary>Input positions that are read on the host (shapes, axes, pads): integers, as a rule constants.</summary>
    public virtual ImmutableArray<int> HostInputs => [];

    /// <summary>Whether parameters are cast to the precision of the activations before use; batch-norm keeps its own in single precision.</summary>
    public virtual bool CastsParameters => true;

    /// <summary>Whether output 0 may share memory with input 0, so that neither may be overwritten while the other lives.</summary>
    public virtual bool AliasesInput => false;

    /// <summary>The element type of the outputs where the node itself decides it; null where it is that of the input at <see cref="TypeInput"/>.</summary>
    public virtual ElementType? ResultType(Node node) => null;

    /// <summary>Position of the input whose element type the outputs have.</summary>
    public virtual int TypeInput => 0;

    /// <summary>Shapes of the outputs from the shapes of the inputs.</summary>
    /// <exception cref="UnsupportedModelException">The inputs do not fit the operator.</exception>
    public abstract ImmutableArray<TensorShape> InferShapes(ShapeCall call);

    /// <summary>Says which channels flow where: gives the outputs their channel ids, unites ids that must live or die together, and names the parameter axes that follow.</summary>
    public abstract void TraceChannels(ChannelCall call);

    /// <summary>
    /// Whether a channel that is zero in the inputs and has only zeros among its filters, biases, γ and β is zero in the output too, so that it can go without a change to what follows.
    /// The default is the safe answer.
    /// </summary>
    public virtual bool KeepsZero(ZeroCall call) => false;

    /// <summary>Closed-form work per parameter element, or null where the operator costs nothing in either convention.</summary>
    public virtual Work? CountWork(ShapeCall call) => null;

    /// <summary>Rewrites attributes and says which host constants change once channels are gone; the default leaves the node as it is.</summary>
    public virtual Node Prune(PruneCall call) => call.Node;

    /// <summary>Computes the outputs from the inputs.</summary>
    public abstract void Execute(ExecutionCall call);
}

/// <summary>Which convention counts the work of an operator.</summary>
public enum WorkKind
{
    /// <summary>Multiply-accumulates of convolutions and fully connected layers.</summary>
    MultiplyAccumulate,

    /// <summary>Elements that enter a batch normalisation.</summary>
    BatchNormElement,
}

/// <summary>Work of a node, proportional to the size of one of its parameters, which makes cost a closed form of the widths.</summary>
/// <param name="Kind">What is counted.</param>
/// <param name="ParameterInput">Input position of the parameter, or null for work that no cut changes.</param>
/// <param name="UsesPerElement">How often each element of the parameter is used for one image; without a parameter, the whole work.</param>
public readonly record struct Work(WorkKind Kind, int? ParameterInput, long UsesPerElement);
