using System.Collections.Immutable;
using Coppice.Graph.Channels;

namespace Coppice.Graph.Operators;

/// <summary>[N, C, H, W] to [N, C · H · W]: each channel becomes H · W consecutive features.</summary>
internal sealed class Flatten : Operator
{
    public override string Type => "Flatten";

    public override bool AliasesInput => true;

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        long stated = call.Node.Attributes.Integer("axis", 1);
        int axis = stated == input.Rank ? input.Rank : call.Axis(stated, input.Rank);
        return ShapeCall.One(new(input.Product(0, axis), input.Product(axis, input.Rank)));
    }

    public override void TraceChannels(ChannelCall call)
    {
        if (Axis(call.Node, call.Shapes.Shape(0).Rank) != 1)
        {
            call.Block("it does not flatten from axis 1 on");
            return;
        }

        ChannelFlattening.Trace(call);
    }

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        int axis = Axis(call.Node, input.Rank);
        long rows = input.Shape[..axis].Aggregate(1L, (product, extent) => product * extent);
        call.Return(0, input.Reshape(rows, input.Length / rows));
    }

    private static int Axis(Node node, int rank) => (int)node.Attributes.Integer("axis", 1) is var axis && axis < 0 ? axis + rank : axis;
}

/// <summary>Another shape for the same elements; channels are followed where it flattens like <see cref="Flatten"/> or changes nothing.</summary>
internal sealed class Reshape : Operator
{
    public override string Type => "Reshape";

    public override bool AliasesInput => true;

    public override ImmutableArray<int> HostInputs => [1];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        long[] target = call.Integers(1);
        bool zeroMeansZero = call.Node.Attributes.Integer("allowzero", 0) != 0;
        long[] extents = [.. target.Select((extent, axis) => extent == 0 && !zeroMeansZero && axis < input.Rank ? input[axis] : extent)];
        int unknown = Array.IndexOf(extents, -1);
        if (unknown >= 0)
        {
            long known = extents.Where((_, axis) => axis != unknown).Aggregate(1L, (product, extent) => product * extent);
            extents[unknown] = known > 0 && input.Length % known == 0 ? input.Length / known : -1;
        }

        return extents.All(extent => extent >= 0) && new TensorShape(extents) is var shape && shape.Length == input.Length
            ? ShapeCall.One(shape)
            : throw call.Fault($"cannot give {input.Length} elements ({input}) the shape [{string.Join(", ", target)}]");
    }

    public override void TraceChannels(ChannelCall call)
    {
        var (input, output) = (call.Shapes.Shape(0), call.OutputShape());
        if (input == output)
        {
            call.PassThrough();
        }
        else if (input.Rank > 2 && output.Rank == 2 && input[0] == output[0])
        {
            ChannelFlattening.Trace(call);
        }
        else
        {
            call.Block($"it turns {input} into {output}");
        }
    }

    public override Node Prune(PruneCall call)
    {
        if (call.OutputKept(0) is not { } kept || kept.All(stays => stays))
        {
            return call.Node;
        }

        // Axis 1 is the one that shrinks; it may be written as a number, as -1 or as 0, and only a number has to change.
        long[] target = call.Shapes.Integers(1);
        if (target[1] <= 0)
        {
            return call.Node;
        }

        target[1] = kept.Count(stays => stays) * (target[1] / kept.Length);
        return call.WithConstant(1, HostTensor.Vector(target));
    }

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        long[] target = call.Host(1).Longs();
        bool zeroMeansZero = call.Node.Attributes.Integer("allowzero", 0) != 0;
        for (int axis = 0; axis < target.Length; axis++)
        {
            if (target[axis] == 0 && !zeroMeansZero)
            {
                target[axis] = input.Shape[axis];
            }
        }

        // Files that were exported for one image say 1 where the batch is meant, also before a -1.
        bool fits = input.Rank < 2 || target.Aggregate(1L, (product, extent) => product * extent) == input.Length;
        if (target.Length > 1 && target[0] == 1 && !fits)
        {
            target[0] = input.Shape[0];
        }

        call.Return(0, input.Reshape(target));
    }
}

/// <summary>What happens to channels when their positions become features.</summary>
internal static class ChannelFlattening
{
    /// <summary>Repeats each channel id once per position.</summary>
    public static void Trace(ChannelCall call)
    {
        if (call.Ids(0) is not { } ids)
        {
            call.Block("its input carries no channels");
            return;
        }

        int positions = (int)(call.OutputShape()[1] / ids.Length);
        call.Return(0, [.. ids.SelectMany(id => Enumerable.Repeat(id, positions))]);
    }
}
