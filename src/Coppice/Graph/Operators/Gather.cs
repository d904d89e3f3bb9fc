using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>
/// The parts of a value at stated positions along an axis. Along channels, with one list of constant positions, it is a channel selection or permutation: each output channel is the
/// input channel of its position, and positions are counted anew when input channels go.
/// </summary>
internal sealed class Gather : Operator
{
    public override string Type => "Gather";

    public override ImmutableArray<int> HostInputs => [1];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var (data, indices) = (call.Shape(0), call.Shape(1));
        int axis = call.Axis(call.Node.Attributes.Integer("axis", 0), data.Rank);
        if (call.Has(1) && call.Constant(1) is { Type: not (ElementType.Int32 or ElementType.Int64) } fault)
        {
            throw call.Fault($"needs integers at input 1, not {fault.Type}");
        }

        if (call.Constant(1) is { } constant && constant.Longs().Any(index => index < -data[axis] || index >= data[axis]))
        {
            throw call.Fault($"takes positions outside of [{-data[axis]}, {data[axis]}) along axis {axis} of {data}");
        }

        return ShapeCall.One(new([.. data.Extents[..axis], .. indices.Extents, .. data.Extents[(axis + 1)..]]));
    }

    public override void TraceChannels(ChannelCall call)
    {
        if (call.Layout(0) is not { } layout)
        {
            return;
        }

        int axis = call.Node.Attributes.Axis(0, call.Shapes.Shape(0).Rank);
        if (axis != layout.Axis)
        {
            call.PassThrough(axis < layout.Axis ? layout.Axis + call.Shapes.Shape(1).Rank - 1 : layout.Axis);
        }
        else if (call.Shapes.Constant(1) is not { Shape.Rank: 1 } indices)
        {
            call.Block("it does not take a list of constant channels");
        }
        else if (call.BeginsSelection)
        {
            // Positions are then channels of their own, and their list loses those that go like any parameter.
            int[] selected = call.Select(layout.Ids, (int)indices.Shape.Length);
            call.Record(1, 0, ChannelRole.Follow, selected);
            call.Return(0, selected, axis);
        }
        else
        {
            call.ReturnPart(0, [.. Positions(indices, layout.Ids.Length).Select(position => layout.Ids[position])], axis);
        }
    }

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override Node Prune(PruneCall call)
    {
        if (call.InputKept(0) is not { } kept || kept.All(stays => stays) || call.Node.Attributes.Axis(0, call.Shapes.Shape(0).Rank) != call.InputAxis(0))
        {
            return call.Node;
        }

        int[] positions = [.. Positions(call.Shapes.Constant(1)!, kept.Length).Where(position => kept[position])];
        return call.WithConstant(1, HostTensor.Vector([.. positions.Select(position => (long)kept.AsSpan(0, position).Count(true))]));
    }

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        int axis = call.Node.Attributes.Axis(0, input.Rank);
        var indices = call.Host(1);
        long[] positions = [.. Positions(indices, input.Size(axis)).Select(position => (long)position)];
        var taken = input.IndexSelect(axis, Tensor.FromArray(positions, positions.Length).To(input.Device));
        call.Return(0, indices.Shape.Rank == 1 ? taken : taken.Reshape([.. input.Shape[..axis], .. indices.Shape.Extents, .. input.Shape[(axis + 1)..]]));
    }

    /// <summary>Positions from the start, of an axis of that extent; ONNX counts negative ones from its end.</summary>
    private static IEnumerable<int> Positions(HostTensor indices, long extent) =>
        indices.Longs().Select(index => (int)(index < 0 ? index + extent : index));
}
