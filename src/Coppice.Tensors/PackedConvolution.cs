using Coppice.Tensors.Native;

namespace Coppice.Tensors;

/// <summary>
/// A two-dimensional convolution prepared for evaluation: act(conv(x) [+ residual]) in one pass through oneDNN. Weights are put into the order of its kernels once
/// and not at each call; what it finds out about an input shape is kept for the last eight shapes.
/// </summary>
/// <remarks>Records no gradients. Used by one thread at a time, which need not be the same one always.</remarks>
public sealed unsafe class PackedConvolution : IDisposable
{
    private readonly ConvolutionHandle _handle;

    /// <summary>Copies the weights. Pairs are [h, w].</summary>
    /// <param name="weight">[O, C/groups, kH, kW], of a supported type.</param>
    /// <param name="bias">[O] in single precision, or null.</param>
    /// <param name="stride">Default [1, 1].</param>
    /// <param name="padBegin">Zeros above and to the left; default [0, 0].</param>
    /// <param name="padEnd">Zeros below and to the right; default <paramref name="padBegin"/>.</param>
    /// <param name="dilation">Default [1, 1].</param>
    /// <param name="groups">Blocks into which the channels are divided.</param>
    /// <param name="relu">Whether act is max(x, 0); otherwise it is nothing.</param>
    /// <exception cref="TorchException">The arguments do not fit each other, or <see cref="Supports"/> is false.</exception>
    public PackedConvolution(
        Tensor weight,
        Tensor? bias = null,
        ReadOnlySpan<long> stride = default,
        ReadOnlySpan<long> padBegin = default,
        ReadOnlySpan<long> padEnd = default,
        ReadOnlySpan<long> dilation = default,
        long groups = 1,
        bool relu = false)
    {
        ArgumentNullException.ThrowIfNull(weight);
        TorchRuntime.PrepareThread();
        var settings = new NativeConvolutionSettings { Groups = groups, Relu = relu ? 1 : 0 };
        Pair(stride, 1, nameof(stride)).CopyTo(new Span<long>(settings.Stride, 2));
        Pair(padBegin, 0, nameof(padBegin)).CopyTo(new Span<long>(settings.PadBegin, 2));
        Pair(padEnd.IsEmpty ? padBegin : padEnd, 0, nameof(padEnd)).CopyTo(new Span<long>(settings.PadEnd, 2));
        Pair(dilation, 1, nameof(dilation)).CopyTo(new Span<long>(settings.Dilation, 2));
        using var offset = new HandleReference(bias);
        nint prepared = NativeMethods.coppice_convolution_prepare(weight.Handle, offset.Pointer, &settings);
        _handle = prepared != 0 ? new(prepared) : throw NativeError.Create("PackedConvolution", $"{weight}, {bias?.ToString() ?? "none"}");
    }

    /// <summary>Whether this build of the native library and this CPU can prepare convolutions of that type; where not, <see cref="Tensor.Conv2d"/> computes them.</summary>
    public static bool Supports(DType dtype)
    {
        int answer = NativeMethods.coppice_convolution_supports((int)dtype);
        NativeError.ThrowIfFailed(answer, $"Supports({dtype})");
        return answer == 1;
    }

    /// <summary>Bounds how many kernels stay compiled for later convolutions of the same kind, in the whole process: some hundred KiB each, and 1,024 where nothing is said.</summary>
    /// <param name="count">How many; 0 compiles each anew.</param>
    /// <returns>How many it was before; 0 where this build of the native library cannot prepare convolutions, and nothing is done.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static int KeepKernels(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        int before = NativeMethods.coppice_convolution_keep_kernels(count);
        NativeError.ThrowIfFailed(before, $"KeepKernels({count})");
        return before;
    }

    /// <summary>act(conv(x) + residual).</summary>
    /// <param name="x">[N, C, H, W] of the weight's type.</param>
    /// <param name="residual">Added before act; the result's shape and type. Null for nothing.</param>
    /// <param name="mayOverwriteResidual">
    /// Whether nobody needs the residual's elements afterwards. The result then takes its memory, unless <paramref name="x"/> lies there too or it is not channels_last.
    /// </param>
    /// <returns>[N, O, H', W'], channels_last.</returns>
    /// <exception cref="TorchException">Shapes or types do not fit.</exception>
    public Tensor Run(Tensor x, Tensor? residual = null, bool mayOverwriteResidual = false)
    {
        ArgumentNullException.ThrowIfNull(x);
        TorchRuntime.PrepareThread();
        using var added = new HandleReference(residual);
        nint result;
        int status = NativeMethods.coppice_convolution_run(_handle, x.Handle, added.Pointer, mayOverwriteResidual ? 1 : 0, &result);
        NativeError.ThrowIfFailed(status, "PackedConvolution.Run", x, residual);
        return new(result);
    }

    /// <summary>Frees the weights. A second call does nothing.</summary>
    public void Dispose() => _handle.Dispose();

    private static ReadOnlySpan<long> Pair(ReadOnlySpan<long> pair, long absent, string name) => pair.Length switch
    {
        0 => new long[] { absent, absent },
        2 => pair,
        var length => throw new ArgumentException($"Cannot prepare a convolution: {name} must be [h, w], not {length} numbers.", name),
    };
}
