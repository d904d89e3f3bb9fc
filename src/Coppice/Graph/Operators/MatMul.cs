using System.Collections.Immutable;
using Coppice.Graph.Channels;

namespace Coppice.Graph.Operators;

/// <summary>
/// Matrix product over the last two axes, [.., M, K] · [.., K, N] → [.., M, N]. With a stored right operand [K, N] it is a fully connected layer over the last axis, as transformers and
/// some exporters write it; a product of two computed values, the core of attention, stays whole.
/// </summary>
internal sealed class MatMul : Operator
{
    public override string Type => "MatMul";

    public override ImmutableArray<int> TrainableInputs => [1];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var (left, right) = (call.Shape(0), call.Shape(1));
        if (left.Rank == 0 || right.Rank == 0)
        {
            throw call.Fault($"cannot multiply {left} with {right}");
        }

        // A vector counts as one row on the left and as one column on the right, which the product has not.
        TensorShape rows = left.Rank == 1 ? new(1, left[0]) : left, columns = right.Rank == 1 ? new(right[0], 1) : right;
        if (rows[-1] != columns[-2])
        {
            throw call.Fault($"cannot multiply {left} with {right}");
        }

        int rank = Math.Max(rows.Rank, columns.Rank);
        var extents = new long[rank];
        for (int axis = 3; axis <= rank; axis++)
        {
            long a = axis <= rows.Rank ? rows[-axis] : 1;
            long b = axis <= columns.Rank ? columns[-axis] : 1;
            extents[rank - axis] = a == b || b == 1 ? a : a == 1 ? b : throw call.Fault($"cannot multiply {left} with {right}");
        }

        long[] product = [.. left.Rank == 1 ? [] : (long[])[rows[-2]], .. right.Rank == 1 ? [] : (long[])[columns[-1]]];
        return ShapeCall.One(new([.. extents[..^2], .. product]));
    }

    /// <summary>Each weight acts on each row; without a stored weight the work is what no cut changes.</summary>
    public override Work? CountWork(ShapeCall call)
    {
        var left = call.Shape(0);
        return call.Constant(1) is { Shape.Rank: 2 }
            ? new(WorkKind.MultiplyAccumulate, ParameterInput: 1, left.Product(0, left.Rank - 1))
            : new(WorkKind.MultiplyAccumulate, ParameterInput: null, InferShapes(call)[0].Length * left[-1]);
    }

    public override void TraceChannels(ChannelCall call)
    {
        if (!call.IsParameter(1) || call.Shapes.Shape(1).Rank != 2 || call.Shapes.Shape(0).Rank < 2)
        {
            call.Block("it multiplies computed values, as attention does, or vectors");
            return;
        }

        int last = call.OutputShape().Rank - 1;
        if (call.Layout(0) is { } layout && layout.Axis != last)
        {
            // A layer over positions: channels pass by.
            call.PassThrough();
            return;
        }

        if (call.Layout(0) is { } read)
        {
            call.Record(1, 0, ChannelRole.Read, read.Ids);
        }

        int[] outputs = call.Fresh(call.Shapes.Shape(1)[1]);
        call.Record(1, 1, ChannelRole.Write, outputs);
        call.Return(0, outputs, last);
    }

    /// <summary>The weights of a channel that it writes are zero; channels that pass by must come as zeros.</summary>
    public override bool KeepsZero(ZeroCall call) => !call.Carries(0) || call.IsZero(0);

    public override void Execute(ExecutionCall call) => call.Return(0, call.Input(0).MatMul(call.Input(1)));
}
