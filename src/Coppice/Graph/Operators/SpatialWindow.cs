namespace Coppice.Graph.Operators;

/// <summary>
/// The sliding window of a convolution or pooling over rows and columns: kernel, stride, dilation and zero padding, read from ONNX attributes (<c>auto_pad</c> resolved for the given
/// input extents). With one spatial axis there is one row.
/// </summary>
internal readonly record struct SpatialWindow(
    (long Rows, long Columns) Kernel,
    (long Rows, long Columns) Stride,
    (long Rows, long Columns) Dilation,
    (long Top, long Left) PadBegin,
    (long Bottom, long Right) PadEnd,
    bool CeilMode)
{
    /// <summary>Whether both sides of each axis are padded alike, which is all that libtorch's own padding knows.</summary>
    public bool IsSymmetric => PadBegin.Top == PadEnd.Bottom && PadBegin.Left == PadEnd.Right;

    /// <summary>The padding as libtorch lists it, from the last axis inwards.</summary>
    public long[] Inwards => [PadBegin.Left, PadEnd.Right, PadBegin.Top, PadEnd.Bottom];

    /// <summary>The same window over an input that has been padded.</summary>
    public SpatialWindow Unpadded => this with { PadBegin = (0, 0), PadEnd = (0, 0) };

    /// <summary>Reads the window of a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="kernel">Extents of the kernel, one for each spatial axis.</param>
    /// <param name="input">Extents of the input's spatial axes.</param>
    /// <exception cref="UnsupportedModelException">There are other than one or two spatial axes, or the attributes are no window.</exception>
    public static SpatialWindow Parse(Node node, ReadOnlySpan<long> kernel, ReadOnlySpan<long> input)
    {
        int axes = input.Length;
        long[] stride = node.Attributes.Integers("strides") ?? Ones(axes);
        long[] dilation = node.Attributes.Integers("dilations") ?? Ones(axes);
        if (axes is not (1 or 2) || kernel.Length != axes || stride.Length != axes || dilation.Length != axes)
        {
            throw new UnsupportedModelException($"Cannot use {node}: it works on {kernel.Length} of {axes} spatial axes; this version takes 1 or 2.");
        }

        if (Array.Exists([.. kernel, .. stride, .. dilation], extent => extent is < 1 or > int.MaxValue))
        {
            throw new UnsupportedModelException(
                $"Cannot use {node}: kernel [{string.Join(", ", kernel.ToArray())}], strides [{string.Join(", ", stride)}] and dilations [{string.Join(", ", dilation)}] must be at least 1.");
        }

        long[] pads = Pads(node, kernel, stride, dilation, input);
        bool ceil = node.Attributes.Integer("ceil_mode", 0) != 0;
        return axes == 1
            ? new((1, kernel[0]), (1, stride[0]), (1, dilation[0]), (0, pads[0]), (0, pads[1]), ceil)
            : new((kernel[0], kernel[1]), (stride[0], stride[1]), (dilation[0], dilation[1]), (pads[0], pads[1]), (pads[2], pads[3]), ceil);
    }

    /// <summary>Extents of the output's spatial axes.</summary>
    /// <param name="node">The node, for errors.</param>
    /// <param name="input">Extents of the input's spatial axes.</param>
    public long[] OutputExtents(Node node, ReadOnlySpan<long> input)
    {
        long rows = OutputExtent(input.Length == 1 ? 1 : input[0], Kernel.Rows, Stride.Rows, Dilation.Rows, PadBegin.Top, PadEnd.Bottom, CeilMode);
        long columns = OutputExtent(input[^1], Kernel.Columns, Stride.Columns, Dilation.Columns, PadBegin.Left, PadEnd.Right, CeilMode);
        if (rows < 1 || columns < 1)
        {
            throw new UnsupportedModelException(
                $"Cannot infer the shape of {node}: a {Kernel.Rows}x{Kernel.Columns} window does not fit an input of {string.Join('x', input.ToArray())}; give a larger --input-shape.");
        }

        return input.Length == 1 ? [columns] : [rows, columns];
    }

    private static long OutputExtent(long input, long kernel, long stride, long dilation, long padBegin, long padEnd, bool ceil)
    {
        long span = input + padBegin + padEnd - ((dilation * (kernel - 1)) + 1);
        if (span < 0)
        {
            return 0;
        }

        long output = ((ceil ? span + stride - 1 : span) / stride) + 1;

        // A last window that would start inside the padding at the end does not count (as in PyTorch, and in ONNX since opset 19).
        return ceil && (output - 1) * stride >= input + padBegin ? output - 1 : output;
    }

    /// <summary>Pads at the beginnings of all axes, then at their ends.</summary>
    private static long[] Pads(Node node, ReadOnlySpan<long> kernel, long[] stride, long[] dilation, ReadOnlySpan<long> input)
    {
        int axes = input.Length;
        string mode = node.Attributes.Text("auto_pad", "NOTSET");
        if (mode is "NOTSET" or "")
        {
            long[] stated = node.Attributes.Integers("pads") ?? new long[2 * axes];
            return stated.Length == 2 * axes && !Array.Exists(stated, pad => pad is < 0 or > int.MaxValue)
                ? stated
                : throw new UnsupportedModelException($"Cannot use {node}: its pads must be {2 * axes} numbers from 0 on, not [{string.Join(", ", stated)}].");
        }

        var pads = new long[2 * axes];
        for (int axis = 0; axis < axes && mode != "VALID"; axis++)
        {
            long output = (input[axis] + stride[axis] - 1) / stride[axis];
            long total = Math.Max(0, ((output - 1) * stride[axis]) + (dilation[axis] * (kernel[axis] - 1)) + 1 - input[axis]);
            pads[axis] = mode == "SAME_LOWER" ? total - (total / 2) : total / 2;
            pads[axis + axes] = total - pads[axis];
        }

        return pads;
    }

    private static long[] Ones(int count) => [.. Enumerable.Repeat(1L, count)];
}
