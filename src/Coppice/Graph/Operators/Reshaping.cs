using System.Collections.Immutable;
using Coppice.Graph.Channels;

namespace Coppice.Graph.Operators;

/// <summary>The same elements in the same order under another shape.</summary>
internal abstract class Reshaping : Operator
{
    public override bool AliasesInput => true;

    public override void TraceChannels(ChannelCall call) => ReshapedChannels.Trace(call);

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);
}

/// <summary>[N, C, H, W] to [N, C · H · W]: each channel becomes H · W consecutive features.</summary>
internal sealed class Flatten : Reshaping
{
    public override string Type => "Flatten";

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        long stated = call.Node.Attributes.Integer("axis", 1);
        int axis = stated == input.Rank ? input.Rank : call.Axis(stated, input.Rank);
        return ShapeCall.One(new(input.Product(0, axis), input.Product(axis, input.Rank)));
    }

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        int axis = call.Node.Attributes.Axis(1, input.Rank);
        long rows = input.Shape[..axis].Aggregate(1L, (product, extent) => product * extent);
        call.Return(0, input.Reshape(rows, input.Shape[axis..].Aggregate(1L, (product, extent) => product * extent)));
    }
}

/// <summary>Another shape for the same elements.</summary>
internal sealed class Reshape : Reshaping
{
    public override string Type => "Reshape";

    public override ImmutableArray<int> HostInputs => [1];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        long[] target = call.Integers(1, "shape") ?? throw call.Fault("needs a shape");
        bool zeroMeansZero = call.Node.Attributes.Integer("allowzero", 0) != 0;
        long[] extents = [.. target.Select((extent, axis) => extent == 0 && !zeroMeansZero && axis < input.Rank ? input[axis] : extent)];
        int unknown = Array.IndexOf(extents, -1);
        if (unknown >= 0)
        {
            long known = extents.Where((_, axis) => axis != unknown).Aggregate(1L, (product, extent) => checked(product * extent));
            extents[unknown] = known > 0 && input.Length % known == 0 ? input.Length / known : -1;
        }

        return extents.All(extent => extent >= 0) && new TensorShape(extents) is var shape && shape.Length == input.Length
            ? ShapeCall.One(shape)
            : throw call.Fault($"cannot give {input.Length} elements ({input}) the shape [{string.Join(", ", target)}]");
    }

    public override Node Prune(PruneCall call) => call.OutputKept(0) is { } kept && kept.Contains(false)
        ? call.WithConstant(1, HostTensor.Vector(ReshapedChannels.Shrink(call, call.Shapes.Integers(1))))
        : call.Node;

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        long[] target = call.Integers(1, "shape")!;
        bool zeroMeansZero = call.Node.Attributes.Integer("allowzero", 0) != 0;
        for (int axis = 0; axis < target.Length; axis++)
        {
            if (target[axis] == 0 && !zeroMeansZero)
            {
                target[axis] = input.Shape[axis];
            }
        }

        // Files that were exported for one image say 1 where the batch is meant, also before a -1; but a bias for each channel may have as many elements as there are images.
        bool fits = target.Aggregate(1L, (product, extent) => product * extent) == input.Length;
        if (target is [1, _, ..] && !fits && call.Images > 1 && !call.IsConstant(0) && input.Rank > 1 && input.Size(0) == call.Images)
        {
            target[0] = call.Images;
        }

        call.Return(0, input.Reshape(target));
    }
}

/// <summary>Without the stated axes of extent 1, or all such axes.</summary>
internal sealed class Squeeze : Reshaping
{
    public override string Type => "Squeeze";

    public override ImmutableArray<int> HostInputs => [1];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        bool[] goes = Goes(call.Node, call.Integers(1, "axes"), input.Extents);
        return Enumerable.Range(0, input.Rank).All(axis => !goes[axis] || input[axis] == 1)
            ? ShapeCall.One(new([.. input.Extents.Where((_, axis) => !goes[axis])]))
            : throw call.Fault($"drops an axis of {input} that is longer than 1");
    }

    public override void Execute(ExecutionCall call)
    {
        var input = call.Input(0);
        bool[] goes = Goes(call.Node, call.Integers(1, "axes"), [.. input.Shape]);
        call.Return(0, input.Reshape([.. input.Shape.Where((_, axis) => !goes[axis])]));
    }

    private static bool[] Goes(Node node, long[]? axes, ImmutableArray<long> extents)
    {
        bool[] goes = [.. extents.Select(extent => axes is null && extent == 1)];
        foreach (long axis in axes ?? [])
        {
            goes[node.Axis(axis, goes.Length)] = true;
        }

        return goes;
    }
}

/// <summary>New axes of extent 1 at stated positions of the output.</summary>
internal sealed class Unsqueeze : Reshaping
{
    public override string Type => "Unsqueeze";

    public override ImmutableArray<int> HostInputs => [1];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        long[] axes = call.Integers(1, "axes") ?? throw call.Fault("needs axes");
        int rank = call.Shape(0).Rank + axes.Length;
        int[] known = [.. axes.Select(axis => call.Axis(axis, rank))];
        return known.Distinct().Count() == known.Length
            ? ShapeCall.One(new(Extents(call.Shape(0).Extents, axes)))
            : throw call.Fault($"names an axis twice: [{string.Join(", ", axes)}]");
    }

    public override void Execute(ExecutionCall call) => call.Return(0, call.Input(0).Reshape(Extents([.. call.Input(0).Shape], call.Integers(1, "axes")!)));

    private static long[] Extents(ImmutableArray<long> input, long[] axes)
    {
        int rank = input.Length + axes.Length;
        HashSet<long> added = [.. axes.Select(axis => axis < 0 ? axis + rank : axis)];
        int next = 0;
        return [.. Enumerable.Range(0, rank).Select(axis => added.Contains(axis) ? 1 : input[next++])];
    }
}

/// <summary>The axes in another order.</summary>
internal sealed class Transpose : Operator
{
    public override string Type => "Transpose";

    public override bool AliasesInput => true;

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var input = call.Shape(0);
        long[] order = Order(call.Node, input.Rank);
        return order.Order().SequenceEqual(Enumerable.Range(0, input.Rank).Select(axis => (long)axis))
            ? ShapeCall.One(new([.. order.Select(axis => input[(int)axis])]))
            : throw call.Fault($"has the order [{string.Join(", ", order)}], which is none of {input.Rank} axes");
    }

    public override void TraceChannels(ChannelCall call)
    {
        if (call.Layout(0) is { } layout)
        {
            call.PassThrough(Array.IndexOf(Order(call.Node, call.Shapes.Shape(0).Rank), layout.Axis));
        }
    }

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override void Execute(ExecutionCall call) => call.Return(0, call.Input(0).Permute(Order(call.Node, call.Input(0).Rank)));

    private static long[] Order(Node node, int rank) => node.Attributes.Integers("perm") ?? [.. Enumerable.Range(0, rank).Select(axis => (long)(rank - 1 - axis))];
}
