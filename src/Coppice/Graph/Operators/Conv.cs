using System.Collections.Immutable;
using Coppice.Graph.Channels;

namespace Coppice.Graph.Operators;

/// <summary>
/// Convolution over one or two spatial axes: input [N, C, H, W], weight [F, C / groups, kH, kW], bias [F], output [N, F, H', W'], or the same without H.
/// Covers ordinary, grouped and depthwise (with multiplier) convolutions.
/// </summary>
internal sealed class Conv : Operator
{
    public override string Type => "Conv";

    public override ImmutableArray<int> TrainableInputs => [1, 2];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        var weight = call.Shape(1, input.Rank);
        long groups = Groups(call.Node);
        if (groups < 1)
        {
            throw call.Fault($"has {groups} groups; at least 1 is needed");
        }

        if (input[1] != weight[1] * groups || weight[0] % groups != 0)
        {
            throw call.Fault($"takes {weight[1] * groups} channels ({groups} groups of {weight[1]}, {weight[0]} filters), not {input[1]}");
        }

        return ShapeCall.One(new([input[0], weight[0], .. Window(call.Node, weight, input).OutputExtents(call.Node, input.Extents.AsSpan()[2..])]));
    }

    public override Work? CountWork(ShapeCall call) =>
        new(WorkKind.MultiplyAccumulate, ParameterInput: 1, InferShapes(call)[0].Product(2, call.Shape(0).Rank));

    public override void TraceChannels(ChannelCall call)
    {
        if (!call.IsParameter(1))
        {
            call.Block("its weight is computed, not stored");
            return;
        }

        var weight = call.Shapes.Shape(1);
        long groups = Groups(call.Node);
        int[]? inputs = call.IdsAlong(0, 1);
        if (groups > 1 && weight[1] == 1)
        {
            TraceDepthwise(call, inputs, (int)(weight[0] / groups));
            return;
        }

        // Grouped: the same positions go in every block, so that the blocks stay equally large; one block's ids then stand for all on the input side.
        int[] outputs = call.Fresh(weight[0]);
        UniteBlocks(call, outputs, groups);
        if (inputs is not null)
        {
            UniteBlocks(call, inputs, groups);
            call.Record(1, 1, ChannelRole.Read, inputs[..(int)weight[1]]);
        }

        call.Record(1, 0, ChannelRole.Write, outputs);
        call.Record(2, 0, ChannelRole.Follow, outputs);
        call.Return(0, outputs);
    }

    /// <summary>Filters and bias of the channel are zero, so whatever is read makes zero.</summary>
    public override bool KeepsZero(ZeroCall call) => true;

    public override Node Prune(PruneCall call)
    {
        // A weight that is computed has no shape here, and its convolution loses nothing.
        bool isDepthwise = Groups(call.Node) > 1 && call.Shapes.Constant(1)?.Shape is { Rank: >= 3 } weight && weight[1] == 1;
        return PruneDepthwise(call, isDepthwise);
    }

    public override void Execute(ExecutionCall call)
    {
        var (input, weight) = (call.Input(0), call.Input(1));
        var window = SpatialWindow.Parse(call.Node, weight.Shape.AsSpan(2), input.Shape.AsSpan(2));
        bool isFlat = input.Rank == 3;
        (input, weight) = isFlat ? (input.Unsqueeze(2), weight.Unsqueeze(2)) : (input, weight);
        if (!window.IsSymmetric)
        {
            input = input.Pad(window.Inwards, 0);
            window = window.Unpadded;
        }

        var output = input.Conv2d(
            weight,
            call.Optional(2),
            [window.Stride.Rows, window.Stride.Columns],
            [window.PadBegin.Top, window.PadBegin.Left],
            [window.Dilation.Rows, window.Dilation.Columns],
            Groups(call.Node));
        call.Return(0, isFlat ? output.Squeeze(2) : output);
    }

    /// <summary>Blocks into which the channels of a convolution are divided.</summary>
    public static long Groups(Node node) => node.Attributes.Integer("group", 1);

    private static SpatialWindow Window(Node node, TensorShape weight, TensorShape input) =>
        SpatialWindow.Parse(node, weight.Extents.AsSpan()[2..], input.Extents.AsSpan()[2..]);

    /// <summary>Each input channel makes so many output channels of its own, which live and die with it; filters, or what a transposed convolution reads, follow.</summary>
    /// <param name="call">The node.</param>
    /// <param name="inputs">Ids of the input channels, or null where all stay.</param>
    /// <param name="multiplier">Output channels of each.</param>
    /// <param name="weightHoldsInputs">Whether the first axis of the weight runs over input channels, as in a transposed convolution, or over output channels.</param>
    internal static void TraceDepthwise(ChannelCall call, int[]? inputs, int multiplier, bool weightHoldsInputs = false)
    {
        if (inputs is null)
        {
            return;
        }

        int[] outputs = [.. inputs.SelectMany(id => Enumerable.Repeat(id, multiplier))];
        call.Record(1, 0, ChannelRole.Follow, weightHoldsInputs ? inputs : outputs);
        call.Record(2, 0, ChannelRole.Follow, outputs);
        call.Return(0, outputs);
    }

    /// <summary>A depthwise node with as many groups as channels stay; any other one as it is.</summary>
    internal static Node PruneDepthwise(PruneCall call, bool isDepthwise) => isDepthwise && call.InputKept(0) is { } kept && !kept.All(stays => stays)
        ? call.Node with { Attributes = call.Node.Attributes.With("group", kept.Count(stays => stays)) }
        : call.Node;

    internal static void UniteBlocks(ChannelCall call, int[] ids, long groups)
    {
        int block = (int)(ids.Length / groups);
        for (int group = 1; group < groups; group++)
        {
            call.Unite(ids.AsSpan(0, block), ids.AsSpan(group * block, block));
        }
    }
}
