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
        long[] pads = Pads(call.Node, call.Integers(1, "pads"), call.Integers(3, "axes"), input.Rank);
        long[] extents = [.. input.Extents.Select((extent, axis) => checked(extent + pads[axis] + pads[axis + input.Rank]))];
        return extents.All(extent => extent >= 0) ? ShapeCall.One(new(extents)) : throw call.Fault($"crops more than there is of {input}");
    }

    public override void TraceChannels(ChannelCall call)
    {
        if (call.Layout(0) is not { } layout)
        {
            return;
        }

        int rank = call.Shapes.Shape(0).Rank;
        long[] pads = Pads(call.Shapes, rank);
        var (before, after) = (pads[layout.Axis], pads[layout.Axis + rank]);
        if (before < 0 || after < 0 || (Mode(call.Node) != "constant" && before + after > 0))
        {
            call.Block("it crops or copies channels");
            return;
        }

        call.Return(0, [.. call.Fresh(before), .. layout.Ids, .. call.Fresh(after)], layout.Axis);
    }

    /// <summary>What is added around and between the channels must be zero too.</summary>
    public override bool KeepsZero(ZeroCall call) => (!call.Carries(0) || call.IsZero(0))
        && (call.Shapes.Has(2) ? call.IsZero(2) : call.Node.Attributes.Float("value", 0) == 0);

    public override Node Prune(PruneCall call)
    {
        // Behind an unknown operator nothing is kept or lost, and no shape is known.
        if (call.OutputKept(0) is not { } kept || kept.All(stays => stays))
        {
            return call.Node;
        }

        int rank = call.Shapes.Shape(0).Rank;
        long[] pads = Pads(call.Shapes, rank);
        int axis = call.OutputAxis(0);
        if (pads[axis] + pads[axis + rank] == 0)
        {
            return call.Node;
        }

        pads[axis] = kept.Take((int)pads[axis]).Count(stays => stays);
        pads[axis + rank] = kept.TakeLast((int)pads[axis + rank]).Count(stays => stays);
        if (call.Node.Input(1) is null)
        {
            return call.Node with { Attributes = call.Node.Attributes.With("pads", pads) };
        }

        // The new pads name every axis, so a list of axes has nothing left to say.
        var node = call.WithConstant(1, HostTensor.Vector(pads));
        return node with { Inputs = node.Inputs[..Math.Min(3, node.Inputs.Length)] };
    }

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        int rank = input.Rank;
        long[] pads = Pads(call.Node, call.Integers(1, "pads"), call.Has(3) ? call.Integers(3) : null, rank);
        double value = call.Has(2) ? HostTensors.Number(call.Host(2)) : call.Node.Attributes.Float("value", 0);

        // libtorch lists the pads from the innermost axis outwards, begin and end together.
        var inwards = new List<long>();
        for (int axis = rank - 1; axis >= 0; axis--)
        {
            inwards.AddRange([pads[axis], pads[axis + rank]]);
        }

        call.Return(0, Mode(call.Node) switch
        {
            "constant" => input.Pad([.. inwards], value),
            "reflect" => input.PadByReflection(SpatialOnly(call.Node, inwards, rank)),
            "edge" => input.PadByReplication(SpatialOnly(call.Node, inwards, rank)),
            var mode => throw new UnsupportedModelException($"Cannot execute {call.Node}: this version pads with a constant, by reflection and with the edge, not in mode '{mode}'."),
        });
    }

    /// <summary>The pads of one or two spatial axes, which is all that libtorch pads with copies.</summary>
    private static long[] SpatialOnly(Node node, List<long> inwards, int rank) => rank is 3 or 4 && inwards[(2 * (rank - 2))..].All(pad => pad == 0)
        ? [.. inwards[..(2 * (rank - 2))]]
        : throw new UnsupportedModelException($"Cannot execute {node}: this version pads one or two spatial axes with copies, not the others of {rank} axes.");

    private static string Mode(Node node) => node.Attributes.Text("mode", "constant");

    private static long[] Pads(ShapeCall call, int rank) => Pads(call.Node, call.Integers(1, "pads"), call.Integers(3, "axes"), rank);

    /// <summary>Pads of all axes, all begins first; those of stated axes only since operator set 18.</summary>
    private static long[] Pads(Node node, long[]? stated, long[]? axes, int rank)
    {
        axes ??= [.. Enumerable.Range(0, rank).Select(axis => (long)axis)];
        if (stated is null || stated.Length != 2 * axes.Length || axes.Any(axis => axis < -rank || axis >= rank))
        {
            throw new UnsupportedModelException($"Cannot use {node}: it needs constant pads, two for each of {axes.Length} axes of {rank}, not {stated?.Length ?? 0} numbers.");
        }

        var pads = new long[2 * rank];
        for (int i = 0; i < axes.Length; i++)
        {
            long axis = axes[i] < 0 ? axes[i] + rank : axes[i];
            (pads[axis], pads[axis + rank]) = (stated[i], stated[i + axes.Length]);
        }

        return pads;
    }
}
