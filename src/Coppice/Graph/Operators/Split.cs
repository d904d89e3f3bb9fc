using System.Collections.Immutable;
using Coppice.Graph.Channels;

namespace Coppice.Graph.Operators;

/// <summary>Consecutive parts of a value along an axis: of stated lengths, or equally long ones. Along channels each part has the channels of its positions, and lengths change with a cut.</summary>
internal sealed class Split : Operator
{
    public override string Type => "Split";

    public override bool AliasesInput => true;

    public override ImmutableArray<int> HostInputs => [1];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        int axis = call.Axis(call.Node.Attributes.Integer("axis", 0), input.Rank);
        long[] lengths = Lengths(call.Node, call.Integers(1, "split"), input[axis]);
        return lengths.Length >= call.Node.Outputs.Length && lengths.All(length => length >= 0) && lengths.Sum() == input[axis]
            ? [.. lengths.Select(length => input.With(axis, length))]
            : throw call.Fault($"cannot divide {input} along axis {axis} into [{string.Join(", ", lengths)}]");
    }

    public override void TraceChannels(ChannelCall call)
    {
        if (call.Layout(0) is not { } layout)
        {
            return;
        }

        int axis = call.Node.Attributes.Axis(0, call.Shapes.Shape(0).Rank);
        int start = 0;
        long[] lengths = Lengths(call.Node, call.Shapes.Integers(1, "split"), call.Shapes.Shape(0)[axis]);
        for (int output = 0; output < call.Node.Outputs.Length; output++)
        {
            if (axis != layout.Axis)
            {
                call.Return(output, layout.Ids, layout.Axis);
                continue;
            }

            int length = (int)lengths[output];
            call.ReturnPart(output, layout.Ids[start..(start + length)], axis);
            start += length;
        }
    }

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override Node Prune(PruneCall call)
    {
        // Behind an unknown operator nothing is kept or lost, and no shape is known.
        if (call.InputKept(0) is not { } kept || kept.All(stays => stays) || call.Node.Attributes.Axis(0, call.Shapes.Shape(0).Rank) != call.InputAxis(0))
        {
            return call.Node;
        }

        long[] lengths = Lengths(call.Node, call.Shapes.Integers(1, "split"), kept.Length);
        int start = 0;
        for (int part = 0; part < lengths.Length; part++)
        {
            int end = start + (int)lengths[part];
            lengths[part] = kept.AsSpan(start..end).Count(true);
            start = end;
        }

        bool isAttribute = call.Shapes.OperatorSet < 13;
        return isAttribute
            ? call.Node with { Attributes = call.Node.Attributes.With("split", lengths) }
            : call.WithConstant(1, HostTensor.Vector(lengths)) with { Attributes = call.Node.Attributes.Without("num_outputs") };
    }

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        int axis = call.Node.Attributes.Axis(0, input.Rank);
        var parts = input.Split(Lengths(call.Node, call.Integers(1, "split"), input.Size(axis)), axis);
        for (int output = 0; output < call.Node.Outputs.Length; output++)
        {
            if (call.Node.Outputs[output].Length > 0)
            {
                call.Return(output, parts[output]);
            }
        }
    }

    /// <summary>The stated lengths, or as many equal ones as there are outputs, of which the last may be shorter.</summary>
    private static long[] Lengths(Node node, long[]? stated, long extent)
    {
        if (stated is not null)
        {
            return stated;
        }

        long parts = Math.Clamp(node.Attributes.Integer("num_outputs", node.Outputs.Length), 1, Math.Max(1, extent));
        long length = (extent + parts - 1) / parts;
        return [.. Enumerable.Range(0, (int)parts).Select(part => Math.Clamp(extent - (part * length), 0, length))];
    }
}
