using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>
/// A value in which parts at stated positions are replaced: what exporters write for an assignment to a slice. The last axis of input 1 holds positions along the first axes of input 0. What it
/// works on stays whole. Sums and products with what was there (<c>reduction</c>) are not known.
/// </summary>
internal sealed class ScatterND : Operator
{
    public override string Type => "ScatterND";

    public override bool Covers(Node node) => node.Attributes.Text("reduction", "none") == "none";

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var (data, positions, updates) = (call.Shape(0), call.Shape(1), call.Shape(2));
        if (positions.Rank == 0 || positions[-1] < 1 || positions[-1] > data.Rank)
        {
            throw call.Fault($"needs 1 to {data.Rank} numbers for each position, not {positions}");
        }

        int depth = (int)positions[-1];
        TensorShape expected = new([.. positions.Extents[..^1], .. data.Extents[depth..]]);
        if (updates != expected)
        {
            throw call.Fault($"needs {expected} at input 2, not {updates}");
        }

        if (call.Constant(1)?.Longs() is { } constant && Enumerable.Range(0, constant.Length).Any(i => constant[i] < -data[i % depth] || constant[i] >= data[i % depth]))
        {
            throw call.Fault($"replaces positions outside of {data}");
        }

        return ShapeCall.One(data);
    }

    public override void TraceChannels(ChannelCall call) => call.Block("it replaces parts at stated positions");

    /// <summary>Positions are numbered through along the axes that they select from; copies of whole parts are then one operation.</summary>
    public override void Execute(ExecutionCall call)
    {
        var (data, positions, updates) = (call.Input(0), call.Input(1), call.Input(2));
        var shape = new TensorShape([.. data.Shape]);
        int depth = (int)positions.Size(-1);
        var extents = shape.Extents[..depth];
        long[] strides = [.. Enumerable.Range(1, depth).Select(axis => shape.Product(axis, depth))];
        var counted = positions.Lt(positions.ZerosLike()).Where(positions.Add(Vector([.. extents])), positions).Multiply(Vector(strides)).Sum([-1]);
        long parts = shape.Product(0, depth), part = shape.Product(depth, shape.Rank);
        call.Return(0, data.Reshape(parts, part).IndexCopy(0, counted.Reshape(-1), updates.To(data.DType).Reshape(-1, part)).Reshape([.. data.Shape]));

        Tensor Vector(long[] numbers) => Tensor.FromArray(numbers, numbers.Length).To(positions.Device);
    }
}
