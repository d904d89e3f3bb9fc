using System.Collections.Immutable;
using Coppice.Graph.Channels;

namespace Coppice.Graph.Operators;

/// <summary>Every step-th position between start and end along stated axes. Along channels only with step 1.</summary>
internal sealed class Slice : Operator
{
    public override string Type => "Slice";

    public override bool AliasesInput => true;

    public override ImmutableArray<int> HostInputs => [1, 2, 3, 4];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var shape = call.Shape(0);
        foreach (var range in Ranges(call.Node, call.Constant, shape.Rank, axis => call.Shape(0)[axis]))
        {
            shape = shape.With(range.Axis, Math.Max(0, (range.End - range.Start + range.Step - 1) / range.Step));
        }

        return ShapeCall.One(shape);
    }

    public override void TraceChannels(ChannelCall call)
    {
        var shape = call.Shapes.Shape(0);
        var channels = Ranges(call.Node, call.Shapes.Constant, shape.Rank, axis => shape[axis]).Where(range => range.Axis == 1).ToArray();
        if (call.Ids(0) is not { } ids || channels.Any(range => range.Step != 1))
        {
            call.Block("it takes every other channel");
            return;
        }

        call.Return(0, channels is [var cut] ? ids[(int)cut.Start..(int)cut.End] : ids);
    }

    public override Node Prune(PruneCall call)
    {
        var shape = call.Shapes.Shape(0);
        var ranges = Ranges(call.Node, call.Shapes.Constant, shape.Rank, axis => shape[axis]);
        int channels = Array.FindIndex(ranges, range => range.Axis == 1);
        if (channels < 0 || call.InputKept(0) is not { } kept || call.Node.Input(1) is null)
        {
            return call.Node;
        }

        var (starts, ends) = (call.Shapes.Integers(1), call.Shapes.Integers(2));
        starts[channels] = kept.Take((int)ranges[channels].Start).Count(stays => stays);
        ends[channels] = kept.Take((int)ranges[channels].End).Count(stays => stays);
        var node = call.WithConstant(1, HostTensor.Vector(starts));
        return node with { Inputs = node.Inputs.SetItem(2, call.WithConstant(2, HostTensor.Vector(ends)).Inputs[2]) };
    }

    public override void Execute(ExecutionCall call)
    {
        var value = call.Input(0);
        long[] extents = value.Shape;
        foreach (var range in Ranges(call.Node, index => call.Has(index) ? call.Host(index) : null, extents.Length, axis => extents[axis]))
        {
            value = value.Slice(range.Axis, range.Start, range.End, range.Step);
        }

        call.Return(0, ReferenceEquals(value, call.Input(0)) ? value.Alias() : value);
    }

    private static Range[] Ranges(Node node, Func<int, HostTensor?> constant, int rank, Func<int, long> extent)
    {
        long[] starts = constant(1)?.Longs() ?? node.Attributes.Integers("starts") ?? throw Fault(node, "its starts are no constant");
        long[] ends = constant(2)?.Longs() ?? node.Attributes.Integers("ends") ?? throw Fault(node, "its ends are no constant");
        long[] axes = constant(3)?.Longs() ?? node.Attributes.Integers("axes") ?? [.. Enumerable.Range(0, starts.Length).Select(axis => (long)axis)];
        long[] steps = constant(4)?.Longs() ?? [.. Enumerable.Repeat(1L, starts.Length)];
        if (steps.Any(step => step < 1))
        {
            throw Fault(node, "it steps backwards");
        }

        return [.. axes.Select((axis, i) => Resolve((int)(axis < 0 ? axis + rank : axis), starts[i], ends[i], steps[i], extent))];
    }

    private static Range Resolve(int axis, long start, long end, long step, Func<int, long> extent)
    {
        long length = extent(axis);
        return new(axis, Clamp(start, length), Clamp(end, length), step);
    }

    private static long Clamp(long position, long length) => Math.Clamp(position < 0 ? position + length : position, 0, length);

    private static UnsupportedModelException Fault(Node node, string reason) => new($"Cannot use {node}: {reason}, which this version does not take.");

    private readonly record struct Range(int Axis, long Start, long End, long Step);
}
