using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>Axes of extent 1 repeated to the stated extents. Channels that are really several stay channels; one that becomes several must stay.</summary>
internal sealed class Expand : Operator
{
    public override string Type => "Expand";

    public override ImmutableArray<int> HostInputs => [1];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        long[] target = call.Integers(1);
        int rank = Math.Max(input.Rank, target.Length);
        var extents = new long[rank];
        for (int axis = 1; axis <= rank; axis++)
        {
            long from = axis <= input.Rank ? input[-axis] : 1;
            long to = axis <= target.Length ? target[^axis] : 1;
            extents[rank - axis] = from == to || to == 1 ? from : from == 1 && to >= 0 ? to : throw call.Fault($"cannot expand {input} to [{string.Join(", ", target)}]");
        }

        return ShapeCall.One(new(extents));
    }

    public override void TraceChannels(ChannelCall call)
    {
        if (call.Layout(0) is not { } layout)
        {
            return;
        }

        int axis = layout.Axis + call.OutputShape().Rank - call.Shapes.Shape(0).Rank;
        if (call.OutputShape()[axis] != layout.Ids.Length)
        {
            call.Block("it spreads one channel over several");
            return;
        }

        call.PassThrough(axis);
    }

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override Node Prune(PruneCall call)
    {
        if (call.OutputKept(0) is not { } kept || kept.All(stays => stays))
        {
            return call.Node;
        }

        long[] target = call.Shapes.Integers(1);
        int position = call.OutputAxis(0) - Math.Max(0, call.Shapes.Shape(0).Rank - target.Length);
        if (position < 0 || target[position] == 1)
        {
            return call.Node;
        }

        target[position] = kept.Count(stays => stays);
        return call.WithConstant(1, HostTensor.Vector(target));
    }

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        long[] target = call.Integers(1);
        int rank = Math.Max(input.Rank, target.Length);
        long[] padded = [.. Enumerable.Repeat(1L, rank - input.Rank), .. input.Shape];
        for (int axis = 0; axis < target.Length; axis++)
        {
            int position = axis + rank - target.Length;
            padded[position] = target[axis] == 1 ? padded[position] : target[axis];
        }

        // A copy: elements that are one in memory cannot be worked on in place.
        call.Return(0, input.Expand(padded).Clone(MemoryFormat.Contiguous));
    }
}

/// <summary>The value repeated along its axes, so often along each. Channels that are repeated live and die with their copies.</summary>
internal sealed class Tile : Operator
{
    public override string Type => "Tile";

    public override ImmutableArray<int> HostInputs => [1];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        long[] counts = call.Integers(1);
        return counts.Length == input.Rank && counts.All(count => count >= 0)
            ? ShapeCall.One(new([.. input.Extents.Select((extent, axis) => checked(extent * counts[axis]))]))
            : throw call.Fault($"needs a count from 0 on for each axis of {input}, not [{string.Join(", ", counts)}]");
    }

    public override void TraceChannels(ChannelCall call)
    {
        if (call.Layout(0) is { } layout)
        {
            int copies = (int)call.Shapes.Integers(1)[layout.Axis];
            call.Return(0, [.. Enumerable.Repeat(layout.Ids, copies).SelectMany(copy => copy)], layout.Axis);
        }
    }

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override void Execute(ExecutionCall call) => call.Return(0, call.Input(0).Repeat(call.Integers(1)));
}
