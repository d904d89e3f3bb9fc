using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>An operator that maps each element on its own: same shape, same channels.</summary>
internal abstract class Activation : Operator
{
    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call) => ShapeCall.One(call.Shape(0));

    public override void TraceChannels(ChannelCall call) => call.PassThrough();

    public override void Execute(ExecutionCall call) => call.Return(0, Apply(call));

    protected abstract Tensor Apply(ExecutionCall call);
}

/// <summary>A function of each element that needs nothing but the node's attributes.</summary>
/// <param name="type">The ONNX operator type.</param>
/// <param name="keepsZero">Whether f(0) = 0, whatever the attributes.</param>
/// <param name="function">f.</param>
internal sealed class Function(string type, bool keepsZero, Func<Tensor, NodeAttributes, Tensor> function) : Activation
{
    public override string Type => type;

    public override bool KeepsZero(ZeroCall call) => keepsZero && call.IsZero(0);

    protected override Tensor Apply(ExecutionCall call) => function(call.Input(0), call.Node.Attributes);
}

/// <summary>max(0, x).</summary>
internal sealed class Relu : Activation
{
    public override string Type => "Relu";

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    protected override Tensor Apply(ExecutionCall call) => call.MayOverwrite(0) ? call.Input(0).ReluInPlace() : call.Input(0).Relu();
}

/// <summary>Elements moved into [min, max], each of which may be absent: ReLU6 is min 0, max 6. Inputs since operator set 11, attributes before.</summary>
internal sealed class Clip : Activation
{
    public override string Type => "Clip";

    public override ImmutableArray<int> HostInputs => [1, 2];

    public override bool KeepsZero(ZeroCall call) =>
        call.IsZero(0) && Bound(call, 1, "min") is null or <= 0 && Bound(call, 2, "max") is null or >= 0;

    protected override Tensor Apply(ExecutionCall call)
    {
        var (min, max) = (Bound(call, 1, "min"), Bound(call, 2, "max"));
        return (min, max) is (null, null) ? call.Input(0).Clamp(double.NegativeInfinity, null)
            : call.MayOverwrite(0) ? call.Input(0).ClampInPlace(min, max)
            : call.Input(0).Clamp(min, max);
    }

    private static double? Bound(ExecutionCall call, int input, string attribute) => call.Has(input) ? HostTensors.Number(call.Host(input)) : Stated(call.Node, attribute);

    /// <summary>As above; a bound that is computed is not a number here, so that no comparison holds.</summary>
    private static double? Bound(ZeroCall call, int input, string attribute) => call.Shapes.Has(input)
        ? call.Shapes.Constant(input) is { } bound && ElementTypes.IsFloatingPoint(bound.Type) ? HostTensors.Number(bound) : double.NaN
        : Stated(call.Node, attribute);

    private static double? Stated(Node node, string attribute) => node.Attributes.Find(attribute) is FloatAttribute stated ? stated.Value : null;
}

/// <summary>The input itself.</summary>
internal sealed class Identity : Activation
{
    public override string Type => "Identity";

    public override bool AliasesInput => true;

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    protected override Tensor Apply(ExecutionCall call) => call.Input(0).Alias();
}

/// <summary>The elements in another type. Among floating-point types it does nothing: the program decides in what precision it computes.</summary>
internal sealed class Cast : Activation
{
    public override string Type => "Cast";

    public override ElementType? ResultType(Node node) => (ElementType)node.Attributes.Integer("to", (long)ElementType.Float32);

    public override bool AliasesInput => true;

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    protected override Tensor Apply(ExecutionCall call)
    {
        var input = call.Input(0);
        var target = HostTensors.DTypeOf((ElementType)call.Node.Attributes.Integer("to", (long)ElementType.Float32))
            ?? throw new UnsupportedModelException($"Cannot execute {call.Node}: there are no tensors of its target type {call.Node.Attributes.Integer("to", 0)}.");
        return input.DType == target || (target.IsFloatingPoint() && input.DType.IsFloatingPoint()) ? input.Alias() : input.To(target.IsFloatingPoint() ? DType.Float32 : target);
    }
}

/// <summary>Dropout: in training each element is zeroed with the stated probability and the others scaled up; otherwise the input itself. The mask output is not computed.</summary>
internal sealed class Dropout : Activation
{
    public override string Type => "Dropout";

    public override bool AliasesInput => true;

    public override ImmutableArray<int> HostInputs => [1, 2];

    /// <summary>Output and mask; old exporters name the mask although nobody reads it.</summary>
    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call) => [call.Shape(0), call.Shape(0)];

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    protected override Tensor Apply(ExecutionCall call)
    {
        double ratio = call.Has(1) ? HostTensors.Number(call.Host(1)) : call.Node.Attributes.Float("ratio", 0.5f);
        return call.IsTraining ? call.Input(0).Dropout(ratio, training: true) : call.Input(0).Alias();
    }
}

/// <summary>exp(x) over its sum along an axis; before operator set 13 along that axis and all behind it together.</summary>
/// <param name="type">The ONNX operator type.</param>
/// <param name="function">The function of a tensor and an axis.</param>
internal sealed class Softmax(string type, Func<Tensor, long, Tensor> function) : Activation
{
    public override string Type => type;

    /// <summary>What goes from a sum changes what stays.</summary>
    public override void TraceChannels(ChannelCall call)
    {
        var (axis, end) = Axes(call.Node, call.Shapes.OperatorSet, call.Shapes.Shape(0).Rank);
        if (call.Layout(0) is { } layout && layout.Axis >= axis && layout.Axis < end)
        {
            call.Block("it normalises across channels");
            return;
        }

        call.PassThrough();
    }

    protected override Tensor Apply(ExecutionCall call)
    {
        var input = call.Input(0);
        var (axis, end) = Axes(call.Node, call.OperatorSet, input.Rank);
        return end - axis <= 1 ? function(input, axis) : function(input.Flatten(axis, end - 1), axis).Reshape(input.Shape);
    }

    /// <summary>The axes that are normalised together, from the first up to but not including the second.</summary>
    private static (int Start, int End) Axes(Node node, int operatorSet, int rank)
    {
        int axis = node.Attributes.Axis(operatorSet < 13 ? 1 : -1, rank);
        return (axis, operatorSet < 13 ? rank : axis + 1);
    }
}

/// <summary>Local response normalisation (Krizhevsky et al., 2012): x / (bias + alpha / size · Σ x²)^beta over <c>size</c> neighbouring channels.</summary>
internal sealed class Lrn : Activation
{
    public override string Type => "LRN";

    /// <summary>A removed channel would move its neighbours into each other's windows, which changes their values.</summary>
    public override void TraceChannels(ChannelCall call) => call.Block("it normalises across neighbouring channels");

    protected override Tensor Apply(ExecutionCall call)
    {
        var attributes = call.Node.Attributes;
        return call.Input(0).LocalResponseNorm(
            attributes.Integer("size", 1), attributes.Float("alpha", 1e-4f), attributes.Float("beta", 0.75f), attributes.Float("bias", 1));
    }
}
