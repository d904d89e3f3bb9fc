namespace Coppice.Tensors;

/// <content>Shapes and parts. Dimensions count from 0, or from the last with -1, -2, ….</content>
public sealed partial class Tensor
{
    /// <summary>The elements in another shape; one length may be -1, which is worked out. Copies only when it must.</summary>
    public Tensor Reshape(params ReadOnlySpan<long> shape) => Aten.Reshape.Call(this, shape);

    /// <summary>As <see cref="Reshape"/>, always sharing memory.</summary>
    /// <exception cref="TorchException">The order in memory does not allow it.</exception>
    public Tensor View(params ReadOnlySpan<long> shape) => Aten.View.Call(this, shape);

    /// <summary>Dimensions <paramref name="start"/> to <paramref name="end"/>, both included, joined into one.</summary>
    public Tensor Flatten(long start = 1, long end = -1) => Aten.Flatten.Call(this, start, end);

    /// <summary>A view with the dimensions in the given order.</summary>
    public Tensor Permute(params ReadOnlySpan<long> dimensions) => Aten.Permute.Call(this, dimensions);

    /// <summary>A view with two dimensions exchanged.</summary>
    public Tensor Transpose(long first, long second) => Aten.Transpose.Call(this, first, second);

    /// <summary>
    /// A view of every <paramref name="step"/>-th element from <paramref name="start"/> up to, not including, <paramref name="end"/>.
    /// </summary>
    public Tensor Slice(long dimension, long start, long end = long.MaxValue, long step = 1) =>
        Aten.Slice.Call(this, dimension, start, end, step);

    /// <summary>A view of <paramref name="length"/> elements from <paramref name="start"/>.</summary>
    public Tensor Narrow(long dimension, long start, long length) => Aten.Narrow.Call(this, dimension, start, length);

    /// <summary>A view at one index, without that dimension.</summary>
    public Tensor Select(long dimension, long index) => Aten.Select.Call(this, dimension, index);

    /// <summary>A copy of the parts with the given indices (int64 [K]) along a dimension.</summary>
    public Tensor IndexSelect(long dimension, Tensor indices) => Aten.IndexSelect.Call(this, dimension, indices);

    /// <summary>A copy in which the given positions along a dimension hold the values of another tensor.</summary>
    /// <param name="dimension">The dimension.</param>
    /// <param name="indices">Positions, int64 [n], all different.</param>
    /// <param name="source">Their values: this shape with n along the dimension.</param>
    public Tensor IndexCopy(long dimension, Tensor indices, Tensor source) => Aten.IndexCopy.Call(this, dimension, indices, source);

    /// <summary>Sliding patches as columns ("im2col"): [N, C, H, W] → [N, C · kH · kW, positions], the rows in the order of a convolution's weight. No padding.</summary>
    /// <param name="kernel">[h, w].</param>
    /// <param name="stride">[h, w].</param>
    /// <param name="dilation">[h, w].</param>
    public Tensor Unfold(ReadOnlySpan<long> kernel, ReadOnlySpan<long> stride, ReadOnlySpan<long> dilation) =>
        Aten.Unfold.Call(this, kernel, dilation, new long[] { 0, 0 }, stride);

    /// <summary>Tensors joined along an existing dimension.</summary>
    public static Tensor Cat(IReadOnlyList<Tensor> tensors, long dimension = 0) => Aten.Cat.Call(ToList(tensors), dimension);

    /// <summary>Tensors of one shape joined along a new dimension.</summary>
    public static Tensor Stack(IReadOnlyList<Tensor> tensors, long dimension = 0) => Aten.Stack.Call(ToList(tensors), dimension);

    /// <summary>Views of consecutive parts with the given lengths.</summary>
    public Tensor[] Split(ReadOnlySpan<long> lengths, long dimension = 0) => Aten.Split.CallMany(this, lengths, dimension);

    /// <summary>The tensor surrounded by a value.</summary>
    /// <param name="padding">Before and after the last dimension, then before and after the one in front of it, and so on; negative cuts.</param>
    /// <param name="value">What the new elements are.</param>
    public Tensor Pad(ReadOnlySpan<long> padding, double value = 0) => Aten.Pad.Call(this, padding, value);

    /// <summary>A view with a new dimension of length 1.</summary>
    public Tensor Unsqueeze(long dimension) => Aten.Unsqueeze.Call(this, dimension);

    /// <summary>A view without a dimension, if its length is 1.</summary>
    public Tensor Squeeze(long dimension) => Aten.Squeeze.Call(this, dimension);

    /// <summary>A view in which dimensions of length 1 are repeated; -1 leaves one as it is.</summary>
    public Tensor Expand(params ReadOnlySpan<long> shape) => Aten.Expand.Call(this, shape);

    /// <summary>The tensor repeated along its dimensions, one count for each.</summary>
    public Tensor Repeat(params ReadOnlySpan<long> counts) => Aten.Repeat.Call(this, counts);

    /// <summary>[N, C, L] or [N, C, H, W] with its last dimensions continued by their mirror image, without the border itself.</summary>
    /// <param name="padding">Before and after the last dimension, then before and after the one in front of it.</param>
    public Tensor PadByReflection(ReadOnlySpan<long> padding) => (padding.Length == 2 ? Aten.ReflectionPad1d : Aten.ReflectionPad2d).Call(this, padding);

    /// <summary>As <see cref="PadByReflection"/>, with the elements at the border.</summary>
    public Tensor PadByReplication(ReadOnlySpan<long> padding) => (padding.Length == 2 ? Aten.ReplicationPad1d : Aten.ReplicationPad2d).Call(this, padding);

    internal static Tensor[] ToList(IReadOnlyList<Tensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        return tensors as Tensor[] ?? [.. tensors];
    }
}
