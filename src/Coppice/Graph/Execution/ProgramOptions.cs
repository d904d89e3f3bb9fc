using Coppice.Tensors;

namespace Coppice.Graph.Execution;

/// <summary>How batch normalisation and dropout act.</summary>
public enum ExecutionMode
{
    /// <summary>Stored statistics, no gradients; batch-norm is folded into the layer before it where it can be.</summary>
    Evaluation,

    /// <summary>Statistics of the batch, gradients, dropout; running statistics are updated.</summary>
    Training,

    /// <summary>
    /// Statistics of the batch, no gradients, no dropout; running statistics are updated, with the batch's own variance and not, as in training, with the unbiased one: with the statistics of one
    /// batch an evaluation of that batch computes what this has computed. For adaptive batch-norm (Li et al., EagleEye, ECCV 2020).
    /// </summary>
    Recalibration,
}

/// <summary>Arithmetic of convolutions and activations. Parameters are stored, and batch-norm computes, in single precision always.</summary>
public enum Precision
{
    /// <summary>Single precision.</summary>
    Float32,

    /// <summary>Brain floating point: 8 bits of mantissa, twice the speed on CPUs with AVX-512 BF16 or AMX.</summary>
    BFloat16,
}

/// <summary>How a network is compiled for the training engine.</summary>
public sealed record ProgramOptions
{
    /// <summary>What the program is for.</summary>
    public ExecutionMode Mode { get; init; } = ExecutionMode.Evaluation;

    /// <summary>Arithmetic of convolutions and activations.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>Where it runs.</summary>
    public Device Device { get; init; } = Device.Cpu;

    /// <summary>
    /// Images that an evaluation runs at a time; null for what fits the network best. Kernels may round differently for other numbers of images, so networks whose results are to be
    /// compared to the last bit take the same.
    /// </summary>
    public int? ImagesPerSlice { get; init; }

    /// <summary>Whether evaluation runs prepared convolutions where it can; tests and benchmarks compare with libtorch's own.</summary>
    internal bool AllowsPreparedConvolutions { get; init; } = true;
}
