using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>A reduction over stated axes, or all; over positions each channel is on its own, over channels they must stay.</summary>
/// <param name="type">The ONNX operator type.</param>
/// <param name="keepsZero">Whether zeros reduce to zero.</param>
/// <param name="function">The reduction of a tensor over axes that stay with extent 1.</param>
internal sealed class Reduction(string type, bool keepsZero, Func<Tensor, long[], Tensor> function) : Operator
{
    /// <summary>All reductions.</summary>
    public static Operator[] All =>
    [
        new Reduction("ReduceL1", true, (x, axes) => x.Abs().Sum(axes, keepDim: true)),
        new Reduction("ReduceL2", true, (x, axes) => x.Multiply(x).Sum(axes, keepDim: true).Sqrt()),
        new Reduction("ReduceMax", true, (x, axes) => x.Max(axes, keepDim: true)),
        new Reduction("ReduceMean", true, (x, axes) => x.Mean(axes, keepDim: true)),
        new Reduction("ReduceMin", true, (x, axes) => x.Min(axes, keepDim: true)),
        new Reduction("ReduceProd", true, (x, axes) => axes.Aggregate(x, (product, axis) => product.Product(axis, keepDim: true))),
        new Reduction("ReduceSum", true, (x, axes) => x.Sum(axes, keepDim: true)),
        new Reduction("ReduceSumSquare", true, (x, axes) => x.Multiply(x).Sum(axes, keepDim: true)),
    ];

    public override string Type => type;

    public override ImmutableArray<int> HostInputs => [1];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        long[] axes = Axes(call.Node, call.Integers(1, "axes"), input.Rank);
        foreach (long axis in axes)
        {
            call.Axis(axis, input.Rank);
        }

        return ShapeCall.One(new(Extents(call.Node, input.Extents, axes)));
    }

    public override void TraceChannels(ChannelCall call)
    {
        if (call.Layout(0) is not { } layout)
        {
            return;
        }

        long[] axes = Axes(call.Node, call.Shapes.Integers(1, "axes"), call.Shapes.Shape(0).Rank);
        if (axes.Contains(layout.Axis))
        {
            call.Block("it reduces over channels");
        }
        else
        {
            call.PassThrough(KeepsAxes(call.Node) ? layout.Axis : layout.Axis - axes.Count(axis => axis < layout.Axis));
        }
    }

    public override bool KeepsZero(ZeroCall call) => keepsZero && call.IsZero(0);

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        long[] axes = Axes(call.Node, call.Integers(1, "axes"), input.Rank);
        var reduced = axes.Length == 0 ? input.Clone() : function(input, axes);
        call.Return(0, KeepsAxes(call.Node) ? reduced : reduced.Reshape(Extents(call.Node, [.. input.Shape], axes)));
    }

    private static bool KeepsAxes(Node node) => node.Attributes.Integer("keepdims", 1) != 0;

    private static long[] Extents(Node node, ImmutableArray<long> input, long[] axes) =>
        [.. Enumerable.Range(0, input.Length).Where(axis => KeepsAxes(node) || !axes.Contains(axis)).Select(axis => axes.Contains(axis) ? 1 : input[axis])];

    /// <summary>The axes, an attribute or (since operator set 13 or 18) an input; none stands for all, unless the node says that it stands for none.</summary>
    private static long[] Axes(Node node, long[]? stated, int rank) => stated is { Length: > 0 }
        ? [.. stated.Select(axis => axis < 0 ? axis + rank : axis)]
        : node.Attributes.Integer("noop_with_empty_axes", 0) != 0 ? [] : [.. Enumerable.Range(0, rank).Select(axis => (long)axis)];
}
