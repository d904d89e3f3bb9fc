using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>
/// The extents of a value as integers, from which exporters compute targets of Reshape and Resize. <see cref="ShapeFolding"/> turns what does not depend on the batch into constants;
/// where something is left, the extents are read while the network runs, and channels must stay.
/// </summary>
internal sealed class Shape : Operator
{
    public override string Type => "Shape";

    public override ElementType? ResultType(Node node) => ElementType.Int64;

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call) => ShapeCall.One(new(Extents(call.Node, call.Shape(0).Extents).Length));

    public override void TraceChannels(ChannelCall call) => call.Block("its extents are read while the network runs");

    public override void Execute(ExecutionCall call)
    {
        long[] extents = Extents(call.Node, [.. call.Input(0).Shape]);
        call.Return(0, Tensor.FromArray(extents, extents.Length));
    }

    /// <summary>The extents that the node gives.</summary>
    public static long[] Extents(Node node, ImmutableArray<long> shape)
    {
        int Position(string attribute, long absent) => (int)Math.Clamp(node.Attributes.Integer(attribute, absent) is var axis && axis < 0 ? axis + shape.Length : axis, 0, shape.Length);
        int start = Position("start", 0), end = Position("end", shape.Length);
        return end > start ? [.. shape[start..end]] : [];
    }
}

/// <summary>A tensor of a stated shape filled with one number, 0 unless the node states another.</summary>
internal sealed class ConstantOfShape : Operator
{
    public override string Type => "ConstantOfShape";

    public override ElementType? ResultType(Node node) => Filler(node)?.Type ?? ElementType.Float32;

    public override ImmutableArray<int> HostInputs => [0];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        long[] extents = call.Integers(0);
        return extents.All(extent => extent >= 0) ? ShapeCall.One(new(extents)) : throw call.Fault($"has a negative extent: [{string.Join(", ", extents)}]");
    }

    public override void TraceChannels(ChannelCall call)
    {
    }

    public override void Execute(ExecutionCall call)
    {
        var filler = Filler(call.Node);
        var type = filler is null ? DType.Float32 : HostTensors.DTypeOf(filler.Type) ?? DType.Float32;
        call.Return(0, Tensor.Full(call.Integers(0), filler is null ? 0 : HostTensors.Number(filler), type.IsFloatingPoint() ? DType.Float32 : type));
    }

    private static HostTensor? Filler(Node node) => (node.Attributes.Find("value") as TensorAttribute)?.Value;
}

/// <summary>Numbers from a start up to, not including, a limit.</summary>
internal sealed class Range : Operator
{
    public override string Type => "Range";

    public override ImmutableArray<int> HostInputs => [0, 1, 2];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call) => ShapeCall.One(new(Count(call.Node, input => call.Constant(input) ?? throw call.Fault($"needs a number at input {input}"))));

    public override void TraceChannels(ChannelCall call)
    {
    }

    public override void Execute(ExecutionCall call)
    {
        int count = (int)Count(call.Node, call.Host);
        var (start, step) = (call.Host(0), call.Host(2));
        call.Return(0, ElementTypes.IsFloatingPoint(start.Type)
            ? Numbers(count, HostTensors.Number(start), HostTensors.Number(step))
            : Numbers(count, start.Longs()[0], step.Longs()[0]).To(HostTensors.DTypeOf(start.Type) ?? DType.Int64));
    }

    private static Tensor Numbers(int count, double start, double step) => Tensor.FromArray([.. Enumerable.Range(0, count).Select(i => (float)(start + (i * step)))], count);

    private static Tensor Numbers(int count, long start, long step) => Tensor.FromArray([.. Enumerable.Range(0, count).Select(i => start + (i * step))], count);

    private static long Count(Node node, Func<int, HostTensor> input)
    {
        var (start, limit, step) = (HostTensors.Number(input(0)), HostTensors.Number(input(1)), HostTensors.Number(input(2)));
        double count = Math.Max(0, Math.Ceiling((limit - start) / step));
        return count <= int.MaxValue
            ? (long)count
            : throw new UnsupportedModelException($"Cannot use {node}: from {start} to {limit} by {step} it gives no whole number of elements up to {int.MaxValue}.");
    }
}

/// <summary>Elements of the second input where the first is true, of the third elsewhere.</summary>
internal sealed class Where : Elementwise
{
    public override string Type => "Where";

    public override int TypeInput => 1;

    /// <summary>Whatever is chosen must be zero.</summary>
    public override bool KeepsZero(ZeroCall call) => call.IsZero(1) && call.IsZero(2);

    protected override Tensor Apply(Tensor[] inputs) => inputs[0].Where(inputs[1], inputs[2]);
}

/// <summary>A comparison of two inputs, or a function of two truth values.</summary>
/// <param name="type">The ONNX operator type.</param>
/// <param name="function">The function.</param>
internal sealed class Comparison(string type, Func<Tensor, Tensor, Tensor> function) : Elementwise
{
    /// <summary>All comparisons.</summary>
    public static Operator[] All =>
    [
        new Comparison("And", (a, b) => a.Multiply(b)),
        new Comparison("Equal", (a, b) => a.Eq(b)),
        new Comparison("Greater", (a, b) => b.Lt(a)),
        new Comparison("GreaterOrEqual", (a, b) => Not(a.Lt(b))),
        new Comparison("Less", (a, b) => a.Lt(b)),
        new Comparison("LessOrEqual", (a, b) => Not(b.Lt(a))),
        new Comparison("Or", (a, b) => a.Maximum(b)),
    ];

    public override string Type => type;

    public override ElementType? ResultType(Node node) => ElementType.Bool;

    /// <summary>Whether zero compares as true depends on the other operand.</summary>
    public override bool KeepsZero(ZeroCall call) => false;

    /// <summary>The opposite of truth values.</summary>
    public static Tensor Not(Tensor values) => values.Eq(0);

    protected override Tensor Apply(Tensor[] inputs) => function(inputs[0], inputs[1]);
}
