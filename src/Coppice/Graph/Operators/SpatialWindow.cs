namespace Coppice.Graph.Operators;

/// <summary>
/// The sliding window of a 2-D convolution or pooling: kernel, stride, dilation and zero padding in rows and columns, read from ONNX attributes
/// (<c>auto_pad</c> resolved for the given input extents).
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

    public static SpatialWindow Parse(Node node, ReadOnlySpan<long> kernel, long inputRows, long inputColumns)
    {
        long[] stride = node.Attributes.Integers("strides") ?? [1, 1];
        long[] dilation = node.Attributes.Integers("dilations") ?? [1, 1];
        if (kernel.Length != 2 || stride.Length != 2 || dilation.Length != 2)
        {
            throw new UnsupportedModelException($"Cannot use {node}: it works on {kernel.Length} spatial axes; this version executes 2.");
        }

        if (Array.Exists([.. kernel, .. stride, .. dilation], extent => extent is < 1 or > int.MaxValue))
        {
            throw new UnsupportedModelException(
                $"Cannot use {node}: kernel [{string.Join(", ", kernel.ToArray())}], strides [{string.Join(", ", stride)}] and dilations [{string.Join(", ", dilation)}] must be at least 1.");
        }

        long[] pads = Pads(node, kernel, stride, dilation, inputRows, inputColumns);
        return new(
            (kernel[0], kernel[1]),
            (stride[0], stride[1]),
            (dilation[0], dilation[1]),
            (pads[0], pads[1]),
            (pads[2], pads[3]),
            node.Attributes.Integer("ceil_mode", 0) != 0);
    }

    /// <summary>Extents of the output.</summary>
    public (long Rows, long Columns) OutputExtents(Node node, long inputRows, long inputColumns)
    {
        long rows = OutputExtent(inputRows, Kernel.Rows, Stride.Rows, Dilation.Rows, PadBegin.Top, PadEnd.Bottom, CeilMode);
        long columns = OutputExtent(inputColumns, Kernel.Columns, Stride.Columns, Dilation.Columns, PadBegin.Left, PadEnd.Right, CeilMode);
        if (rows < 1 || columns < 1)
        {
            throw new UnsupportedModelException(
                $"Cannot infer the shape of {node}: a {Kernel.Rows}x{Kernel.Columns} window does not fit an input of {inputRows}x{inputColumns}; give a larger --input-shape.");
        }

        return (rows, columns);
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

    private static long[] Pads(Node node, ReadOnlySpan<long> kernel, long[] stride, long[] dilation, long rows, long columns)
    {
        string mode = node.Attributes.Text("auto_pad", "NOTSET");
        if (mode is "NOTSET" or "")
        {
            long[] stated = node.Attributes.Integers("pads") ?? [0, 0, 0, 0];
            return stated.Length == 4 && !Array.Exists(stated, pad => pad is < 0 or > int.MaxValue)
                ? stated
                : throw new UnsupportedModelException($"Cannot use {node}: its pads must be 4 numbers from 0 on, not [{string.Join(", ", stated)}].");
        }

        if (mode == "VALID")
        {
            return [0, 0, 0, 0];
        }

        var pads = new long[4];
        for (int axis = 0; axis < 2; axis++)
        {
            long input = axis == 0 ? rows : columns;
            long output = (input + stride[axis] - 1) / stride[axis];
            long total = Math.Max(0, ((output - 1) * stride[axis]) + (dilation[axis] * (kernel[axis] - 1)) + 1 - input);
            pads[axis] = mode == "SAME_LOWER" ? total - (total / 2) : total / 2;
            pads[axis + 2] = total - pads[axis];
        }

        return pads;
    }
}
