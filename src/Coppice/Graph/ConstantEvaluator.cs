using Coppice.Graph.Operators;
using Coppice.Tensors;

namespace Coppice.Graph;

/// <summary>
/// Values that depend on shapes and constants alone: the arithmetic that exporters write in front of Reshape, Resize and Slice. Nodes whose inputs are all known are executed once, by
/// their own operators, on tensors of at most <see cref="MostElements"/> elements. The thread is libtorch's guest from the first of them to the end of the scope; what is known stays known.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="shapes">Shapes as far as they are known; read while they are inferred.</param>
internal sealed class ConstantEvaluator(Network network, IReadOnlyDictionary<string, TensorShape> shapes) : IDisposable
{
    /// <summary>No shape arithmetic is longer; weights are, and stay out of it.</summary>
    private const int MostElements = 4096;

    private readonly Dictionary<string, HostTensor> _known = new(network.Parameters);
    private readonly HashSet<string> _evaluated = [];
    private ThreadModeScope? _visit;

    /// <summary>Parameters and evaluated values, by name.</summary>
    public IReadOnlyDictionary<string, HostTensor> Known => _known;

    /// <summary>Evaluates the outputs of a node whose shapes are known, where that can be done.</summary>
    public void Visit(Node node, Operator known)
    {
        if (known is Shape && shapes.TryGetValue(node.Inputs[0], out var shape))
        {
            Learn(node.Outputs[0], HostTensor.Vector(Shape.Extents(node, shape.Extents)));
        }
        else if (IsArithmetic(node) && KeepsType(node, known))
        {
            Execute(node, known);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _visit?.Dispose();

    /// <summary>What libtorch refuses (a division by zero), and types that it has not, stay unknown.</summary>
    private void Execute(Node node, Operator known)
    {
        // Once for all nodes: to set its number of threads costs libtorch more than to compute.
        _visit ??= TorchRuntime.Visit();
        using var gradients = GradMode.Disable();
        using var scope = new TensorScope();
        try
        {
            known.Execute(new Call(this, node));
        }
        catch (Exception refused) when (refused is TorchException or UnsupportedModelException)
        {
        }
    }

    /// <summary>Whether the result is of a type that is computed as it is: half and double precision would come out in single, which a file may not mix with them.</summary>
    private bool KeepsType(Node node, Operator known) =>
        (known.ResultType(node) ?? (node.Input(known.TypeInput) is { } input ? _known[input].Type : ElementType.Float32)) is var type
        && (type == ElementType.Float32 || !ElementTypes.IsFloatingPoint(type));

    /// <summary>Whether all inputs are known and small, one of them was evaluated (or is of integers, or one number, so that no weights are meant), and the outputs are small too.</summary>
    private bool IsArithmetic(Node node) =>
        node.Inputs.Length > 0 && node.CapturedInputs.IsEmpty
        && node.Inputs.All(input => input.Length == 0 || (_known.TryGetValue(input, out var value) && value.Shape.Length <= MostElements && HostTensors.DTypeOf(value.Type) is not null))
        && node.Inputs.Any(input => _evaluated.Contains(input) || (input.Length > 0 && (_known[input].Type is ElementType.Int64 or ElementType.Int32 || _known[input].Shape.Length == 1)))
        && node.Outputs.All(output => output.Length == 0 || (shapes.TryGetValue(output, out var shape) && shape.Length <= MostElements));

    private void Learn(string name, HostTensor value)
    {
        if (name.Length > 0)
        {
            _known[name] = value;
            _evaluated.Add(name);
        }
    }

    private sealed class Call(ConstantEvaluator evaluator, Node node) : ExecutionCall
    {
        public override Node Node => node;

        public override int OperatorSet => evaluator.OperatorSet;

        public override bool IsTraining => false;

        public override long Images => 1;

        public override bool IsConstant(int index) => true;

        public override Tensor Input(int index) => HostTensors.Load(Host(index))
            ?? throw new UnsupportedModelException($"Cannot evaluate {node}: its input '{node.Inputs[index]}' is of type {Host(index).Type}, which this version does not compute with.");

        public override HostTensor Host(int index) => evaluator._known[node.Inputs[index]];

        public override bool MayOverwrite(int index) => false;

        public override void Return(int index, Tensor value) => evaluator.Learn(node.Outputs[index], HostTensors.Fetch(value));
    }

    private int OperatorSet => network.OperatorSet;
}
