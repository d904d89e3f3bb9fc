using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>A sliding-window reduction of [N, C, H, W] to [N, C, H', W'], or without H; each channel on its own.</summary>
internal abstract class Pooling : Operator
{
    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        return input.Rank >= 3
            ? ShapeCall.One(new([input[0], input[1], .. Window(call.Node, input.Extents.AsSpan()[2..]).OutputExtents(call.Node, input.Extents.AsSpan()[2..])]))
            : throw call.Fault($"needs spatial axes, not an input of {input}");
    }

    public override void TraceChannels(ChannelCall call) => call.PassChannels();

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        var window = Window(call.Node, input.Shape.AsSpan(2));
        call.Return(0, input.Rank == 3 ? Apply(call.Node, input.Unsqueeze(2), window).Squeeze(2) : Apply(call.Node, input, window));
    }

    /// <summary>Reduces [N, C, H, W].</summary>
    protected abstract Tensor Apply(Node node, Tensor input, SpatialWindow window);

    private static SpatialWindow Window(Node node, ReadOnlySpan<long> input) =>
        SpatialWindow.Parse(node, node.Attributes.Integers("kernel_shape") ?? [], input);
}

/// <summary>Largest element of each window.</summary>
internal sealed class MaxPool : Pooling
{
    public override string Type => "MaxPool";

    protected override Tensor Apply(Node node, Tensor input, SpatialWindow window)
    {
        if (!window.IsSymmetric)
        {
            input = input.Pad(window.Inwards, double.NegativeInfinity);
            window = window.Unpadded;
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
        if (window.Dilation != (1, 1))
        {
            throw new UnsupportedModelException($"Cannot execute {node}: its window is dilated, which this version does not average.");
        }

        bool countsPadding = node.Attributes.Integer("count_include_pad", 0) != 0;
        if (window.IsSymmetric)
        {
            return Average(input, window, countsPadding);
        }

        // Padding that differs between the sides is done first; the mean of ones, padded alike, is the share of each window that counts.
        var sums = Average(input.Pad(window.Inwards), window.Unpadded, countsPadding: true);
        return countsPadding
            ? sums
            : sums.Divide(Average(Tensor.Ones([1, 1, input.Size(2), input.Size(3)], input.DType, input.Device).Pad(window.Inwards), window.Unpadded, countsPadding: true));
    }

    private static Tensor Average(Tensor input, SpatialWindow window, bool countsPadding) => input.AveragePool2d(
        [window.Kernel.Rows, window.Kernel.Columns],
        [window.Stride.Rows, window.Stride.Columns],
        [window.PadBegin.Top, window.PadBegin.Left],
        window.CeilMode,
        countsPadding);
}

/// <summary>A reduction over all positions: [N, C, H, W] to [N, C, 1, 1].</summary>
/// <param name="type">The ONNX operator type.</param>
/// <param name="function">The reduction of a tensor over axes that stay with extent 1.</param>
internal sealed class GlobalPooling(string type, Func<Tensor, long[], Tensor> function) : Operator
{
    public override string Type => type;

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        return input.Rank >= 3
            ? ShapeCall.One(new([input[0], input[1], .. Enumerable.Repeat(1L, input.Rank - 2)]))
            : throw call.Fault($"needs spatial axes, not an input of {input}");
    }

    public override void TraceChannels(ChannelCall call) => call.PassChannels();

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override void Execute(ExecutionCall call) =>
        call.Return(0, function(call.Input(0), [.. Enumerable.Range(2, call.Input(0).Rank - 2).Select(axis => (long)axis)]));
}
