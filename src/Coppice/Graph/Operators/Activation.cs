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

    private static double? Bound(ExecutionCall call, int input, string attribute) => call.Has(input) ? call.Host(input).Floats()[0] : Stated(call.Node, attribute);

    /// <summary>As above; a bound that is computed is not a number here, so that no comparison holds.</summary>
    private static double? Bound(ZeroCall call, int input, string attribute) => call.Shapes.Has(input)
        ? call.Shapes.Constant(input) is { Type: ElementType.Float32 } bound ? bound.Floats()[0] : double.NaN
        : Stated(call.Node, attribute);

    private static double? Stated(Node node, string attribute) => node.Attributes.Find(attribute) is FloatAttribute stated ? stated.Value : null;
}

/// <summary>1 / (1 + exp(−x)).</summary>
internal sealed class Sigmoid : Activation
{
    public override string Type => "Sigmoid";

    protected override Tensor Apply(ExecutionCall call) => call.Input(0).Sigmoid();
}

/// <summary>Hyperbolic tangent.</summary>
internal sealed class Tanh : Activation
{
    public override string Type => "Tanh";

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    protected override Tensor Apply(ExecutionCall call) => call.Input(0).Tanh();
}

/// <summary>The input itself.</summary>
internal sealed class Identity : Activation
{
    public override string Type => "Identity";

    public override bool AliasesInput => true;

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    protected override Tensor Apply(ExecutionCall call) => call.Input(0).Alias();
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
        double ratio = call.Has(1) ? call.Host(1).Floats()[0] : call.Node.Attributes.Float("ratio", 0.5f);
        return call.IsTraining ? call.Input(0).Dropout(ratio, training: true) : call.Input(0).Alias();
    }
}

/// <summary>exp(x) over its sum along an axis.</summary>
internal class Softmax : Activation
{
    public override string Type => "Softmax";

    public override void TraceChannels(ChannelCall call)
    {
        int rank = call.Shapes.Shape(0).Rank;
        if (Axis(call.Node, rank) == 1)
        {
            call.Block("it normalises across channels");
            return;
        }

        call.PassThrough();
    }

    protected static int Axis(Node node, int rank) => (int)node.Attributes.Integer("axis", -1) is var axis && axis < 0 ? axis + rank : axis;

    protected override Tensor Apply(ExecutionCall call) => call.Input(0).Softmax(Axis(call.Node, call.Input(0).Rank));
}

/// <summary>Logarithm of <see cref="Softmax"/>.</summary>
internal sealed class LogSoftmax : Softmax
{
    public override string Type => "LogSoftmax";

    protected override Tensor Apply(ExecutionCall call) => call.Input(0).LogSoftmax(Axis(call.Node, call.Input(0).Rank));
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
