using System.Collections.Immutable;
using Coppice.Graph.Channels;

namespace Coppice.Graph.Operators;

/// <summary>
/// Transposed convolution over one or two spatial axes: input [N, C, H, W], weight [C, F / groups, kH, kW], bias [F], output [N, F, H', W'] with
/// <c>H' = stride · (H − 1) + output_padding + dilation · (kH − 1) + 1 − pads</c>.
/// </summary>
internal sealed class ConvTranspose : Operator
{
    public override string Type => "ConvTranspose";

    public override ImmutableArray<int> TrainableInputs => [1, 2];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        var weight = call.Shape(1, input.Rank);
        long groups = Conv.Groups(call.Node);
        if (groups < 1 || input[1] != weight[0] || weight[0] % groups != 0)
        {
            throw call.Fault($"takes {weight[0]} channels in {groups} groups, not {input[1]}");
        }

        var window = TransposedWindow.Parse(call.Node, weight.Extents.AsSpan()[2..], input.Extents.AsSpan()[2..]);
        return window.Output.All(extent => extent > 0)
            ? ShapeCall.One(new([input[0], weight[1] * groups, .. window.Output]))
            : throw call.Fault($"leaves nothing of an input of {input}");
    }

    /// <summary>Each weight acts on each position of the input.</summary>
    public override Work? CountWork(ShapeCall call) => new(WorkKind.MultiplyAccumulate, ParameterInput: 1, call.Shape(0).Product(2, call.Shape(0).Rank));

    public override void TraceChannels(ChannelCall call)
    {
        if (!call.IsParameter(1))
        {
            call.Block("its weight is computed, not stored");
            return;
        }

        var weight = call.Shapes.Shape(1);
        int groups = (int)Conv.Groups(call.Node);
        int[]? inputs = call.IdsAlong(0, 1);
        if (groups > 1 && groups == weight[0])
        {
            Conv.TraceDepthwise(call, inputs, (int)weight[1], weightHoldsInputs: true);
            return;
        }

        // Grouped: the second axis of the weight stands for the filters of every block, so the same ones go everywhere.
        int[] outputs = call.Fresh(weight[1] * groups);
        Conv.UniteBlocks(call, outputs, groups);
        if (inputs is not null)
        {
            Conv.UniteBlocks(call, inputs, groups);
            call.Record(1, 0, ChannelRole.Read, inputs);
        }

        call.Record(1, 1, ChannelRole.Write, outputs[..(int)weight[1]]);
        call.Record(2, 0, ChannelRole.Follow, outputs);
        call.Return(0, outputs);
    }

    /// <summary>Filters and bias of the channel are zero, so whatever is read makes zero.</summary>
    public override bool KeepsZero(ZeroCall call) => true;

    public override Node Prune(PruneCall call) =>
        Conv.PruneDepthwise(call, Conv.Groups(call.Node) > 1 && Conv.Groups(call.Node) == call.Shapes.Constant(1)?.Shape[0]);

    public override void Execute(ExecutionCall call)
    {
        var (input, weight) = (call.Input(0), call.Input(1));
        var window = TransposedWindow.Parse(call.Node, weight.Shape.AsSpan(2), input.Shape.AsSpan(2));
        bool isFlat = input.Rank == 3;
        (input, weight) = isFlat ? (input.Unsqueeze(2), weight.Unsqueeze(2)) : (input, weight);

        // Computed in full and cut to what the pads leave, which may differ between the sides.
        var full = input.ConvTranspose2d(
            weight, call.Optional(2), Two(window.Stride, 1), [0, 0], [0, 0], Conv.Groups(call.Node), Two(window.Dilation, 1));
        for (int axis = 0; axis < window.Output.Length; axis++)
        {
            int dimension = axis + (isFlat ? 3 : 2);
            long missing = window.PadBegin[axis] + window.Output[axis] - full.Size(dimension);
            full = missing > 0 ? Extend(call, full, dimension, missing) : full;
            full = full.Narrow(dimension, window.PadBegin[axis], window.Output[axis]);
        }

        call.Return(0, isFlat ? full.Squeeze(2) : full);
    }

    /// <summary>Output padding beyond what any weight reaches: the bias, or zero.</summary>
    private static Tensors.Tensor Extend(ExecutionCall call, Tensors.Tensor full, int dimension, long count)
    {
        long[] shape = full.Shape;
        shape[dimension] = count;
        var tail = Tensors.Tensor.Zeros(shape, full.DType, full.Device);
        tail = call.Optional(2) is { } bias ? tail.Add(bias.Reshape(1, bias.Length, 1, 1)) : tail;
        return Tensors.Tensor.Cat([full, tail], dimension);
    }

    private static long[] Two(long[] values, long filler) => values.Length == 1 ? [filler, values[0]] : values;
}

/// <summary>The window of a transposed convolution, for each spatial axis.</summary>
internal sealed record TransposedWindow(long[] Stride, long[] Dilation, long[] PadBegin, long[] Output)
{
    public static TransposedWindow Parse(Node node, ReadOnlySpan<long> kernel, ReadOnlySpan<long> input)
    {
        int axes = input.Length;
        long[] stride = Listed(node, "strides", axes, 1), dilation = Listed(node, "dilations", axes, 1), extra = Listed(node, "output_padding", axes, 0);
        long[] pads = Listed(node, "pads", 2 * axes, 0);
        long[]? stated = node.Attributes.Integers("output_shape");
        if (stated is not null && (stated.Length < axes || stated.Any(extent => extent > int.MaxValue)))
        {
            throw new UnsupportedModelException($"Cannot use {node}: its output_shape must name {axes} extents up to {int.MaxValue}, not [{string.Join(", ", stated)}].");
        }

        string mode = node.Attributes.Text("auto_pad", "NOTSET");
        long[] begin = new long[axes], output = new long[axes];
        for (int axis = 0; axis < axes; axis++)
        {
            long whole = (stride[axis] * (input[axis] - 1)) + extra[axis] + (dilation[axis] * (kernel[axis] - 1)) + 1;
            bool isSame = mode is "SAME_UPPER" or "SAME_LOWER";
            output[axis] = stated?[^(axes - axis)] ?? (isSame ? input[axis] * stride[axis] : whole - pads[axis] - pads[axis + axes]);
            long total = Math.Max(0, whole - output[axis]);
            bool isComputed = isSame || stated is not null;
            begin[axis] = !isComputed ? pads[axis] : mode == "SAME_UPPER" ? total / 2 : total - (total / 2);
        }

        return new(stride, dilation, begin, output);
    }

    private static long[] Listed(Node node, string attribute, int count, long absent)
    {
        long[] listed = node.Attributes.Integers(attribute) ?? [.. Enumerable.Repeat(absent, count)];
        bool isLegal = listed.Length == count && listed.All(value => value >= absent && value <= int.MaxValue);
        return isLegal && count <= 4
            ? listed
            : throw new UnsupportedModelException($"Cannot use {node}: its {attribute} must be {count} numbers from {absent} on over 1 or 2 spatial axes, not [{string.Join(", ", listed)}].");
    }
}
