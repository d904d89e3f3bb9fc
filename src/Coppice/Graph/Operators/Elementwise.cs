using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>
/// An operator on pairs of elements with NumPy broadcasting. Operands with equally many channels couple them position by position;
/// a broadcast axis of extent 1 couples nothing; a constant follows the channels of the other operand.
/// </summary>
internal abstract class Elementwise : Operator
{
    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call) => ShapeCall.One(Broadcast(call, call.Shape(0), call.Shape(1)));

    public override void TraceChannels(ChannelCall call)
    {
        switch (call.Ids(0), call.Ids(1))
        {
            case ({ } left, { } right) when call.Shapes.Shape(0).Rank == call.Shapes.Shape(1).Rank:
                TracePair(call, left, right);
                break;
            case ({ } ids, null) when call.IsParameter(1):
                TraceConstant(call, ids, constant: 1);
                break;
            case (null, { } ids) when call.IsParameter(0):
                TraceConstant(call, ids, constant: 0);
                break;
            default:
                call.Block("its operands differ in their number of axes");
                break;
        }
    }

    /// <summary>A sum of zeros is zero, but an operand that spreads one channel over all leaves none of them zero.</summary>
    public override bool KeepsZero(ZeroCall call) => call.IsZero(0) && call.IsZero(1);

    public override void Execute(ExecutionCall call)
    {
        var (left, right) = (call.Input(0), call.Input(1));
        bool sameShape = left.Shape.AsSpan().SequenceEqual(right.Shape);
        call.Return(0, Apply(left, right, sameShape && call.MayOverwrite(0), sameShape && call.MayOverwrite(1)));
    }

    /// <summary>Computes the result, in the memory of an operand where that is allowed and useful.</summary>
    protected abstract Tensor Apply(Tensor left, Tensor right, bool mayOverwriteLeft, bool mayOverwriteRight);

    private static void TracePair(ChannelCall call, int[] left, int[] right)
    {
        if (left.Length == right.Length)
        {
            call.Unite(left, right);
        }
        else
        {
            call.Lock(left.Length < right.Length ? left : right, "it spreads one channel over several");
        }

        call.Return(0, left.Length >= right.Length ? left : right);
    }

    private static void TraceConstant(ChannelCall call, int[] ids, int constant)
    {
        var shape = call.Shapes.Shape(constant);
        int rank = call.OutputShape().Rank;
        int axis = 1 - (rank - shape.Rank);
        if (call.Shapes.Shape(1 - constant).Rank < rank || (axis >= 0 && shape[axis] > ids.Length))
        {
            call.Block("its constant spreads the channels");
            return;
        }

        if (axis >= 0 && shape[axis] > 1)
        {
            call.Record(constant, axis, ChannelRole.Follow, ids);
        }

        call.Return(0, ids);
    }

    private static TensorShape Broadcast(ShapeCall call, TensorShape left, TensorShape right)
    {
        int rank = Math.Max(left.Rank, right.Rank);
        var extents = new long[rank];
        for (int axis = 1; axis <= rank; axis++)
        {
            long a = axis <= left.Rank ? left[-axis] : 1;
            long b = axis <= right.Rank ? right[-axis] : 1;
            extents[rank - axis] = a == b || b == 1 ? a : a == 1 ? b : throw call.Fault($"cannot broadcast {left} with {right}");
        }

        return new(extents);
    }
}

/// <summary>a + b.</summary>
internal sealed class Add : Elementwise
{
    public override string Type => "Add";

    protected override Tensor Apply(Tensor left, Tensor right, bool mayOverwriteLeft, bool mayOverwriteRight) =>
        mayOverwriteLeft ? left.AddInPlace(right) : mayOverwriteRight ? right.AddInPlace(left) : left.Add(right);
}

/// <summary>a − b.</summary>
internal sealed class Sub : Elementwise
{
    public override string Type => "Sub";

    protected override Tensor Apply(Tensor left, Tensor right, bool mayOverwriteLeft, bool mayOverwriteRight) => left.Subtract(right);
}

/// <summary>a · b.</summary>
internal sealed class Mul : Elementwise
{
    public override string Type => "Mul";

    /// <summary>One zero factor is enough: a squeeze-and-excitation gate behind a sigmoid does not bring a channel back.</summary>
    public override bool KeepsZero(ZeroCall call) => call.IsZero(0) || call.IsZero(1);

    protected override Tensor Apply(Tensor left, Tensor right, bool mayOverwriteLeft, bool mayOverwriteRight) => left.Multiply(right);
}
