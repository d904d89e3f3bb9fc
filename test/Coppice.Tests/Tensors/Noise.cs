using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

/// <summary>Reproducible test data.</summary>
internal static class Noise
{
    /// <summary>Normally distributed numbers, the same for the same seed and shape.</summary>
    internal static Tensor Normal(long seed, ReadOnlySpan<long> shape, DType dtype = DType.Float32)
    {
        TorchRuntime.Seed(seed);
        return TorchOperator.Get("aten::randn").Call(shape, dtype);
    }
}
