using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

/// <summary>What a convolution is given: shapes and a window; noise follows from the shapes.</summary>
internal sealed record ConvolutionProblem(long[] Input, long[] Weight)
{
    public long[] Stride { get; init; } = [1, 1];

    public long[] PadBegin { get; init; } = [0, 0];

    public long[] PadEnd { get; init; } = [0, 0];

    public long[] Dilation { get; init; } = [1, 1];

    public long Groups { get; init; } = 1;

    public bool HasBias { get; init; } = true;

    /// <summary>The same padding on all sides.</summary>
    public long Pad
    {
        init => (PadBegin, PadEnd) = ([value, value], [value, value]);
    }

    public Tensor Images(DType dtype) => Noise.Normal(1, Input).To(dtype);

    public Tensor Filters(DType dtype) => Noise.Normal(2, Weight).To(dtype);

    public Tensor? Bias() => HasBias ? Noise.Normal(3, [Weight[0]]) : null;

    public Tensor Residual(DType dtype) => Noise.Normal(4, Plain(DType.Float32, relu: false, null).Shape).To(dtype).Contiguous(MemoryFormat.ChannelsLast);

    public PackedConvolution Prepare(DType dtype, bool relu) => new(Filters(dtype), Bias(), Stride, PadBegin, PadEnd, Dilation, Groups, relu);

    /// <summary>The slow twin: ATen's pad, convolution, addition and ReLU in double precision, of the operands as <paramref name="dtype"/> rounds them.</summary>
    public Tensor Plain(DType dtype, bool relu, Tensor? residual)
    {
        var x = Images(dtype).To(DType.Float64).Pad([PadBegin[1], PadEnd[1], PadBegin[0], PadEnd[0]], 0);
        var sum = x.Conv2d(Filters(dtype).To(DType.Float64), Bias()?.To(DType.Float64), Stride, [0, 0], Dilation, Groups);
        sum = residual is null ? sum : sum.Add(residual.To(DType.Float64));
        return relu ? sum.Relu() : sum;
    }
}
