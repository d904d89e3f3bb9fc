using Coppice.Tensors.Native;

namespace Coppice.Tensors;

/// <content>Layers and losses. Pairs are (height, width) as [h, w]; an empty span takes the default that is named.</content>
public sealed unsafe partial class Tensor
{
    /// <summary>Two-dimensional cross-correlation.</summary>
    /// <param name="weight">[O, C/groups, kH, kW].</param>
    /// <param name="bias">[O], or null.</param>
    /// <param name="stride">[h, w]; default [1, 1].</param>
    /// <param name="padding">[h, w] of zeros on both sides; default [0, 0]. For unequal sides use <see cref="Pad"/> first.</param>
    /// <param name="dilation">[h, w]; default [1, 1].</param>
    /// <param name="groups">Blocks into which the channels are divided.</param>
    /// <returns>[N, O, H', W'] for this = [N, C, H, W].</returns>
    public Tensor Conv2d(
        Tensor weight,
        Tensor? bias = null,
        ReadOnlySpan<long> stride = default,
        ReadOnlySpan<long> padding = default,
        ReadOnlySpan<long> dilation = default,
        long groups = 1) =>
        Aten.Conv2d.Call(this, weight, bias, PairOr(stride, 1), PairOr(padding, 0), PairOr(dilation, 1), groups);

    /// <summary>Two-dimensional transposed cross-correlation: the gradient of <see cref="Conv2d"/> with respect to its input.</summary>
    /// <param name="weight">[C, O/groups, kH, kW].</param>
    /// <param name="bias">[O], or null.</param>
    /// <param name="stride">[h, w].</param>
    /// <param name="padding">[h, w] taken off both sides of the result.</param>
    /// <param name="outputPadding">[h, w] added to the end of the result.</param>
    /// <param name="groups">Blocks into which the channels are divided.</param>
    /// <param name="dilation">[h, w].</param>
    /// <returns>[N, O, H', W'] for this = [N, C, H, W].</returns>
    public Tensor ConvTranspose2d(
        Tensor weight, Tensor? bias, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, ReadOnlySpan<long> outputPadding, long groups, ReadOnlySpan<long> dilation) =>
        Aten.ConvTranspose2d.Call(this, weight, bias, stride, padding, outputPadding, groups, dilation);

    /// <summary>this · weightᵀ + bias, [N, I] → [N, O].</summary>
    /// <param name="weight">[O, I].</param>
    /// <param name="bias">[O], or null.</param>
    public Tensor Linear(Tensor weight, Tensor? bias = null) => Aten.Linear.Call(this, weight, bias);

    /// <summary>max(x, 0); NaN stays NaN.</summary>
    public Tensor Relu() => Aten.Relu.Call(this);

    /// <summary>As <see cref="Relu"/>, in place.</summary>
    public Tensor ReluInPlace() => InPlace(Aten.ReluInPlace);

    /// <summary>x where x ≥ 0, else slope · x.</summary>
    public Tensor LeakyRelu(double slope) => Aten.LeakyRelu.Call(this, slope);

    /// <summary>scale · x where x ≥ 0, else scale · alpha · (e^x − 1).</summary>
    public Tensor Elu(double alpha, double scale = 1) => Aten.Elu.Call(this, alpha, scale, 1.0);

    /// <summary>log(1 + e^x), computed without overflow.</summary>
    public Tensor Softplus() => Aten.Softplus.Call(this);

    /// <summary>x · Φ(x), with Φ exact (<c>none</c>) or by hyperbolic tangent (<c>tanh</c>).</summary>
    public Tensor Gelu(string approximation) => Aten.Gelu.Call(this, approximation);

    /// <summary>(x − mean) / √(variance + ε) · γ + β over the last dimensions, each image (and token) on its own.</summary>
    /// <param name="shape">Extents of the dimensions that are normalised together.</param>
    /// <param name="scale">γ of that shape, or null.</param>
    /// <param name="shift">β of that shape, or null.</param>
    /// <param name="epsilon">What is added to the variance.</param>
    public Tensor LayerNorm(ReadOnlySpan<long> shape, Tensor? scale, Tensor? shift, double epsilon) => Aten.LayerNorm.Call(this, shape, scale, shift, epsilon);

    /// <summary>Normalisation of [N, C, ...] over blocks of channels, each image on its own; with as many groups as channels it is instance normalisation.</summary>
    /// <param name="groups">Blocks into which the channels are divided.</param>
    /// <param name="scale">γ [C], or null.</param>
    /// <param name="shift">β [C], or null.</param>
    /// <param name="epsilon">What is added to the variance.</param>
    public Tensor GroupNorm(long groups, Tensor? scale, Tensor? shift, double epsilon) => Aten.GroupNorm.Call(this, groups, scale, shift, epsilon);

    /// <summary>e^x / Σ e^x along a dimension.</summary>
    public Tensor Softmax(long dimension) => Aten.Softmax.Call(this, dimension);

    /// <summary>log of <see cref="Softmax"/>, computed without overflow.</summary>
    public Tensor LogSoftmax(long dimension) => Aten.LogSoftmax.Call(this, dimension);

    /// <summary>Largest element of each window, [N, C, H, W] → [N, C, H', W'].</summary>
    /// <param name="kernel">[h, w].</param>
    /// <param name="stride">[h, w]; default: the kernel.</param>
    /// <param name="padding">[h, w], at most half the kernel; default [0, 0].</param>
    /// <param name="dilation">[h, w]; default [1, 1].</param>
    /// <param name="ceilMode">Whether a last, incomplete window counts.</param>
    public Tensor MaxPool2d(
        ReadOnlySpan<long> kernel,
        ReadOnlySpan<long> stride = default,
        ReadOnlySpan<long> padding = default,
        ReadOnlySpan<long> dilation = default,
        bool ceilMode = false) =>
        Aten.MaxPool2d.Call(this, kernel, stride, PairOr(padding, 0), PairOr(dilation, 1), ceilMode);

    /// <summary>Mean of each window, [N, C, H, W] → [N, C, H', W'].</summary>
    /// <param name="kernel">[h, w].</param>
    /// <param name="stride">[h, w]; default: the kernel.</param>
    /// <param name="padding">[h, w], at most half the kernel; default [0, 0].</param>
    /// <param name="ceilMode">Whether a last, incomplete window counts.</param>
    /// <param name="countIncludePad">Whether padding counts in the divisor.</param>
    public Tensor AveragePool2d(
        ReadOnlySpan<long> kernel,
        ReadOnlySpan<long> stride = default,
        ReadOnlySpan<long> padding = default,
        bool ceilMode = false,
        bool countIncludePad = true) =>
        Aten.AveragePool2d.Call(this, kernel, stride, PairOr(padding, 0), ceilMode, countIncludePad);

    /// <summary>Means over windows chosen so that the result is [N, C, height, width]; 1 × 1 is the global mean.</summary>
    public Tensor AdaptiveAveragePool2d(long height, long width) => Aten.AdaptiveAveragePool2d.Call(this, new[] { height, width });

    /// <summary>Largest elements of windows chosen so that the result is [N, C, height, width].</summary>
    public Tensor AdaptiveMaxPool2d(long height, long width) => Aten.AdaptiveMaxPool2d.CallMany(this, new[] { height, width })[0];

    /// <summary>
    /// Local response normalisation (Krizhevsky et al., 2012, section 3.3): y = x / (k + alpha / size · Σ x²)^beta, the sum over
    /// channels c − ⌊(size − 1) / 2⌋ to c + ⌈(size − 1) / 2⌉.
    /// </summary>
    /// <remarks>The window is ONNX's. PyTorch's is the same for odd sizes; for even ones it leans to the other side.</remarks>
    /// <param name="size">Channels in the window, at least 1.</param>
    /// <param name="alpha">Weight of the mean square.</param>
    /// <param name="beta">Exponent.</param>
    /// <param name="k">Added constant (ONNX: bias).</param>
    public Tensor LocalResponseNorm(long size, double alpha = 1e-4, double beta = 0.75, double k = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        using var scope = new TensorScope();
        long channels = Size(1), before = (size - 1) / 2, after = size - 1 - before;
        long[] padding = [.. new long[2 * (Rank - 2)], before, after]; // nothing on the dimensions behind the channels

        var squares = Multiply(this).Pad(padding);
        var sum = squares.Narrow(1, 0, channels);
        for (long shift = 1; shift < size; shift++) sum = sum.Add(squares.Narrow(1, shift, channels));
        return scope.MoveToOuter(Divide(sum.Multiply(alpha / size).Add(k).Power(beta)));
    }

    /// <summary>When training, sets each element to zero with the given probability and scales the others by 1 / (1 − p).</summary>
    /// <param name="probability">In [0, 1].</param>
    /// <param name="training">When false, nothing happens.</param>
    public Tensor Dropout(double probability, bool training) => Aten.Dropout.Call(this, probability, training);

    /// <summary>Batch normalisation by ATen (Ioffe &amp; Szegedy, 2015). <see cref="BatchNormAct"/> is the fast one.</summary>
    /// <inheritdoc cref="BatchNormAct"/>
    public Tensor BatchNorm(
        Tensor? weight, Tensor? bias, Tensor? runningMean, Tensor? runningVar, bool training, double momentum = 0.1, double eps = 1e-5) =>
        Aten.BatchNorm.Call(this, weight, bias, runningMean, runningVar, training, momentum, eps, true);

    /// <summary>
    /// act(batch normalisation of this [+ residual]) in one pass, forward and backward, equally fast for every number of channels.
    /// The result of a [N, C, H, W] is channels_last; [N, C, L] and [N, C] are taken too.
    /// </summary>
    /// <remarks>
    /// Fused on the CPU for float32 and bfloat16 activations with float32 parameters; anything else is composed of ATen's
    /// operators (CUDA: untested). The fused form is bit-identical for every number of threads and has no second derivative.
    /// </remarks>
    /// <param name="weight">Scale, [C].</param>
    /// <param name="bias">Offset, [C].</param>
    /// <param name="runningMean">[C], updated in place when training; may be null then.</param>
    /// <param name="runningVar">[C], updated in place when training; may be null then.</param>
    /// <param name="training">Whether the batch's own statistics are used, and the running ones updated.</param>
    /// <param name="momentum">
    /// Share of the new statistic in [0, 1]: r ← (1 − momentum) r + momentum · statistic. 1 / t at step t gives the plain average
    /// of t steps.
    /// </param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="relu">Whether act is max(x, 0); otherwise it is nothing.</param>
    /// <param name="residual">Added before act; this tensor's shape, or null.</param>
    /// <param name="unbiased">Whether the running variance gets the unbiased one, Σ (x − mean)² / (n − 1), as PyTorch's does; otherwise that of the batch itself, / n, as ONNX says.</param>
    /// <param name="mayOverwrite">Whether nobody needs this tensor's elements afterwards: without gradients the result may then take its memory.</param>
    public Tensor BatchNormAct(
        Tensor weight,
        Tensor bias,
        Tensor? runningMean,
        Tensor? runningVar,
        bool training,
        double momentum = 0.1,
        double eps = 1e-5,
        bool relu = true,
        Tensor? residual = null,
        bool unbiased = true,
        bool mayOverwrite = false)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(bias);
        if (Rank == 3)
        {
            return Unsqueeze(2).BatchNormAct(weight, bias, runningMean, runningVar, training, momentum, eps, relu, residual?.Unsqueeze(2), unbiased, mayOverwrite).Squeeze(2);
        }

        TorchRuntime.PrepareThread();
        using var added = new HandleReference(residual);
        using var mean = new HandleReference(runningMean);
        using var variance = new HandleReference(runningVar);
        nint result;
        int status = NativeMethods.coppice_batch_norm_act(
            Handle, added.Pointer, weight.Handle, bias.Handle, mean.Pointer, variance.Pointer,
            training ? 1 : 0, unbiased ? 1 : 0, momentum, eps, relu ? 1 : 0, mayOverwrite ? 1 : 0, &result);
        NativeError.ThrowIfFailed(status, "BatchNormAct", this, weight, bias, runningMean, runningVar, residual);
        return new(result);
    }

    /// <summary>Mean over the batch of −Σ q log softmax(this), q the one-hot target mixed with the uniform distribution.</summary>
    /// <param name="target">Class indices, int64 [N], for this = logits [N, K]; or class probabilities [N, K].</param>
    /// <param name="labelSmoothing">Share of the uniform distribution in q, in [0, 1).</param>
    /// <returns>A scalar, in nats.</returns>
    public Tensor CrossEntropy(Tensor target, double labelSmoothing = 0)
    {
        const long mean = 1, nothingIgnored = -100;
        return Aten.CrossEntropy.Call(this, target, TorchValue.None, mean, nothingIgnored, labelSmoothing);
    }

    /// <summary>Kullback–Leibler divergence Σ p (log p − log q) / N of this = log q [N, K] from p.</summary>
    /// <param name="target">p [N, K], or log p.</param>
    /// <param name="logTarget">Whether the target is log p.</param>
    /// <returns>A scalar, in nats.</returns>
    public Tensor KlDiv(Tensor target, bool logTarget = false)
    {
        const long sum = 2;
        using var scope = new TensorScope();
        return scope.MoveToOuter(Aten.KlDiv.Call(this, target, sum, logTarget).Divide(Size(0)));
    }

    private static TorchValue PairOr(ReadOnlySpan<long> pair, long value) => pair.IsEmpty ? new[] { value, value } : pair.ToArray();
}
