using System.Collections.Immutable;
using Coppice.Graph.Channels;

namespace Coppice.Graph.Operators;

/// <summary>
/// Constant padding of any axis. Padded channels are channels of their own that are always the constant: they unite with whatever they are added to,
/// which is how the parameter-free shortcut of ResNet (option A) survives pruning: the pads shrink to the positions that stay.
/// </summary>
internal sealed class Pad : Operator
{
    public override string Type => "Pad";

    public override ImmutableArray<int> HostInputs => [1, 2, 3];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        long[] pads = Pads(call.Node, call.Constant(1), input.Rank);
        return ShapeCall.One(new([.. input.Extents.Select((extent, axis) => extent + pads[axis] + pads[axis + input.Rank])]));
    }

    public override void TraceChannels(ChannelCall call)
    {
        int rank = call.Shapes.Shape(0).Rank;
        long[] pads = Pads(call.Node, call.Shapes.Constant(1), rank);
        if (call.Ids(0) is not { } ids || Math.Min(pads[1], pads[1 + rank]) < 0)
        {
            call.Block("it crops channels");
            return;
        }

        call.Return(0, [.. call.Fresh(pads[1]), .. ids, .. call.Fresh(pads[1 + rank])]);
    }

    public override Node Prune(PruneCall call)
    {
        int rank = call.Shapes.Shape(0).Rank;
        long[] pads = Pads(call.Node, call.Shapes.Constant(1), rank);
        if (call.OutputKept(0) is not { } kept || pads[1] + pads[1 + rank] == 0)
        {
            return call.Node;
        }

        pads[1] = kept.Take((int)pads[1]).Count(stays => stays);
        pads[1 + rank] = kept.TakeLast((int)pads[1 + rank]).Count(stays => stays);
        return call.Node.Input(1) is null
            ? call.Node with { Attributes = call.Node.Attributes.With("pads", pads) }
            : call.WithConstant(1, HostTensor.Vector(pads));
    }

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        int rank = input.Rank;
        long[] pads = Pads(call.Node, call.Has(1) ? call.Host(1) : null, rank);
        double value = call.Has(2) ? call.Host(2).Floats()[0] : call.Node.Attributes.Float("value", 0);

        // libtorch lists the pads from the innermost axis outwards, begin and end together.
        var inwards = new List<long>();
        for (int axis = rank - 1; axis >= 0; axis--)
        {
            inwards.AddRange([pads[axis], pads[axis + rank]]);
        }

        call.Return(0, input.Pad([.. inwards], value));
    }

    private static long[] Pads(Node node, HostTensor? input, int rank)
    {
        string mode = node.Attributes.Text("mode", "constant");
        long[]? pads = input?.Longs() ?? node.Attributes.Integers("pads");
        if (mode != "constant" || node.Input(3) is not null || pads is null || pads.Length != 2 * rank)
        {
            throw new UnsupportedModelException($"Cannot use {node}: this version takes constant pads for all {rank} axes, not mode '{mode}' with {pads?.Length ?? 0} numbers.");
        }

        return pads;
    }
}
