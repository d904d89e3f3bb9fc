using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>A sliding-window reduction of [N, C, H, W] to [N, C, H', W']; each channel on its own.</summary>
internal abstract class Pooling : Operator
{
    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0, rank: 4);
        var (rows, columns) = Window(call.Node, input[2], input[3]).OutputExtents(call.Node, input[2], input[3]);
        return ShapeCall.One(new(input[0], input[1], rows, columns));
    }

    public override void TraceChannels(ChannelCall call) => call.PassThrough();

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        var window = Window(call.Node, input.Shape[2], input.Shape[3]);
        call.Return(0, Apply(call.Node, input, window));
    }

    protected abstract Tensor Apply(Node node, Tensor input, SpatialWindow window);

    private static SpatialWindow Window(Node node, long rows, long columns) =>
        SpatialWindow.Parse(node, node.Attributes.Integers("kernel_shape") ?? [], rows, columns);
}

/// <summary>Largest element of each window.</summary>
internal sealed class MaxPool : Pooling
{
    public override string Type => "MaxPool";

    protected override Tensor Apply(Node node, Tensor input, SpatialWindow window)
    {
        if (!window.IsSymmetric)
        {
            input = input.Pad([window.PadBegin.Left, window.PadEnd.Right, window.PadBegin.Top, window.PadEnd.Bottom], double.NegativeInfinity);
            window = window with { PadBegin = (0, 0), PadEnd = (0, 0) };
        }

        return input.MaxPool2d(
            [window.Kernel.Rows, window.Kernel.Columns],
            [window.Stride.Rows, window.Stride.Columns],
            [window.PadBegin.Top, window.PadBegin.Left],
            [window.Dilation.Rows, window.Dilation.Columns],
            window.CeilMode);
    }
}

/// <summary>Mean of each window; <c>count_include_pad</c> says whether padding counts as zeros.</summary>
internal sealed class AveragePool : Pooling
{
    public override string Type => "AveragePool";

    protected override Tensor Apply(Node node, Tensor input, SpatialWindow window)
    {
        bool countsPadding = node.Attributes.Integer("count_include_pad", 0) != 0;
        return window.IsSymmetric
            ? input.AveragePool2d(
                [window.Kernel.Rows, window.Kernel.Columns],
                [window.Stride.Rows, window.Stride.Columns],
                [window.PadBegin.Top, window.PadBegin.Left],
                window.CeilMode,
                countsPadding)
            : throw new UnsupportedModelException($"Cannot execute {node}: its padding differs between the sides, which this version does not average.");
    }
}

/// <summary>Mean over all positions: [N, C, H, W] to [N, C, 1, 1].</summary>
internal sealed class GlobalAveragePool : Operator
{
    public override string Type => "GlobalAveragePool";

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0, rank: 4);
        return ShapeCall.One(new(input[0], input[1], 1, 1));
    }

    public override void TraceChannels(ChannelCall call) => call.PassThrough();

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override void Execute(ExecutionCall call) => call.Return(0, call.Input(0).Mean([2, 3], keepDim: true));
}

/// <summary>Mean over stated axes; how some exporters write global average pooling.</summary>
internal sealed class ReduceMean : Operator
{
    public override string Type => "ReduceMean";

    public override ImmutableArray<int> HostInputs => [1];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        long[] axes = Axes(call.Node, call.Constant(1), input.Rank);
        bool keep = KeepsAxes(call.Node);
        var extents = Enumerable.Range(0, input.Rank)
            .Where(axis => keep || !axes.Contains(axis))
            .Select(axis => axes.Contains(axis) ? 1 : input[axis]);
        return ShapeCall.One(new([.. extents]));
    }

    public override void TraceChannels(ChannelCall call)
    {
        var input = call.Shapes.Shape(0);
        if (Axes(call.Node, call.Shapes.Constant(1), input.Rank).Any(axis => axis < 2))
        {
            call.Block("it averages over images or channels");
            return;
        }

        call.PassThrough();
    }

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        long[] axes = Axes(call.Node, call.Has(1) ? call.Host(1) : null, input.Rank);
        call.Return(0, input.Mean(axes, KeepsAxes(call.Node)));
    }

    private static bool KeepsAxes(Node node) => node.Attributes.Integer("keepdims", 1) != 0;

    /// <summary>The axes, an attribute before opset 18 and an input since; none stands for all.</summary>
    private static long[] Axes(Node node, HostTensor? input, int rank)
    {
        long[] axes = input?.Longs() ?? node.Attributes.Integers("axes") ?? [];
        return axes.Length == 0
            ? [.. Enumerable.Range(0, rank).Select(axis => (long)axis)]
            : [.. axes.Select(axis => axis < 0 ? axis + rank : axis)];
    }
}
