using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Coppice.Graph.Channels;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>Every step-th position between start and end along stated axes, backwards where the step is negative. Along channels only with step 1.</summary>
internal sealed class Slice : Operator
{
    public override string Type => "Slice";

    public override bool AliasesInput => true;

    public override ImmutableArray<int> HostInputs => [1, 2, 3, 4];

    public override ImmutableArray<TensorShape> InferShapes(ShapeCall call)
    {
        var shape = call.Shape(0);
        foreach (var range in Ranges(call))
        {
            shape = shape.With(range.Axis, range.Count);
        }

        return ShapeCall.One(shape);
    }

    public override void TraceChannels(ChannelCall call)
    {
        if (call.Layout(0) is not { } layout)
        {
            return;
        }

        var channels = Ranges(call.Shapes).Where(range => range.Axis == layout.Axis).ToArray();
        if (channels.Any(range => range.Step != 1 || range.End <= range.Start))
        {
            call.Block("it takes every other channel, or none");
        }
        else if (channels is [var cut])
        {
            call.ReturnPart(0, layout.Ids[(int)cut.Start..(int)cut.End], layout.Axis);
        }
        else
        {
            call.PassThrough();
        }
    }

    public override bool KeepsZero(ZeroCall call) => call.IsZero(0);

    public override Node Prune(PruneCall call)
    {
        // A slice that is part of a barrier, or whose input has lost nothing, stays as it is.
        if (call.InputKept(0) is not { } kept || kept.All(stays => stays))
        {
            return call.Node;
        }

        var ranges = Ranges(call.Shapes);
        int channels = Array.FindIndex(ranges, range => range.Axis == call.InputAxis(0));
        if (channels < 0 || ranges[channels].Step != 1)
        {
            return call.Node;
        }

        long[] starts = call.Shapes.Integers(1, "starts")!;
        long[] ends = call.Shapes.Integers(2, "ends")!;
        starts[channels] = kept.Take((int)ranges[channels].Start).Count(stays => stays);
        ends[channels] = kept.Take((int)ranges[channels].End).Count(stays => stays);
        if (call.Node.Input(1) is null)
        {
            return call.Node with { Attributes = call.Node.Attributes.With("starts", starts).With("ends", ends) };
        }

        var node = call.WithConstant(1, Like(call.Shapes.Constant(1)!, starts));
        return node with { Inputs = node.Inputs.SetItem(2, call.WithConstant(2, Like(call.Shapes.Constant(2)!, ends)).Inputs[2]) };
    }

    public override void Execute(ExecutionCall call)
    {
        var value = call.Input(0);
        long[] extents = value.Shape;
        foreach (var range in Ranges(call.Node, index => call.Has(index) ? call.Host(index) : null, extents.Length, axis => extents[axis]))
        {
            value = range.Step > 0 ? value.Slice(range.Axis, range.Start, range.End, range.Step) : value.IndexSelect(range.Axis, range.Positions().To(value.Device));
        }

        call.Return(0, ReferenceEquals(value, call.Input(0)) ? value.Alias() : value);
    }

    /// <summary>All index inputs of the operator have one integer type, which must stay.</summary>
    private static HostTensor Like(HostTensor original, long[] values) => original.Type == ElementType.Int32
        ? HostTensor.FromBytes(ElementType.Int32, original.Shape, MemoryMarshal.AsBytes(values.Select(value => (int)value).ToArray().AsSpan()).ToArray())
        : HostTensor.Vector(values);

    private static Range[] Ranges(ShapeCall call)
    {
        var shape = call.Shape(0);
        int count = (call.Integers(1, "starts") ?? throw Fault(call.Node, "its starts are missing")).Length;
        bool fits = new[] { call.Integers(2, "ends"), call.Integers(3, "axes"), call.Integers(4, "steps") }.OfType<long[]>().All(list => list.Length == count);
        foreach (long axis in call.Integers(3, "axes") ?? [count - 1])
        {
            call.Axis(axis, shape.Rank);
        }

        return fits ? Ranges(call.Node, call.Constant, shape.Rank, axis => shape[axis]) : throw Fault(call.Node, "its starts, ends, axes and steps differ in number");
    }

    private static Range[] Ranges(Node node, Func<int, HostTensor?> constant, int rank, Func<int, long> extent)
    {
        long[] starts = constant(1)?.Longs() ?? node.Attributes.Integers("starts") ?? throw Fault(node, "its starts are no constant");
        long[] ends = constant(2)?.Longs() ?? node.Attributes.Integers("ends") ?? throw Fault(node, "its ends are no constant");
        long[] axes = constant(3)?.Longs() ?? node.Attributes.Integers("axes") ?? [.. Enumerable.Range(0, starts.Length).Select(axis => (long)axis)];
        long[] steps = constant(4)?.Longs() ?? [.. Enumerable.Repeat(1L, starts.Length)];
        if (steps.Contains(0))
        {
            throw Fault(node, "it steps by 0");
        }

        return [.. axes.Select((axis, i) => Resolve((int)(axis < 0 ? axis + rank : axis), starts[i], ends[i], steps[i], extent))];
    }

    /// <summary>Backwards, the first position is at most the last of the axis and the end may lie before the first.</summary>
    private static Range Resolve(int axis, long start, long end, long step, Func<int, long> extent)
    {
        long length = extent(axis);
        long FromStart(long position) => position < 0 ? position + length : position;
        return step > 0
            ? new(axis, Math.Clamp(FromStart(start), 0, length), Math.Clamp(FromStart(end), 0, length), step)
            : new(axis, Math.Clamp(FromStart(start), -1, length - 1), end < -length ? -1 : Math.Clamp(FromStart(end), -1, length), step);
    }

    private static UnsupportedModelException Fault(Node node, string reason) => new($"Cannot use {node}: {reason}, which this version does not take.");

    private readonly record struct Range(int Axis, long Start, long End, long Step)
    {
        public long Count => Math.Max(0, Step > 0 ? (End - Start + Step - 1) / Step : (Start - End - Step - 1) / -Step);

        public Tensor Positions()
        {
            var (start, step) = (Start, Step);
            return Tensor.FromArray([.. Enumerable.Range(0, (int)Count).Select(i => start + (i * step))], Count);
        }
    }
}
