using Coppice.Data;
using Coppice.Graph;

namespace Coppice.Runs;

/// <summary>Real images for a verification; labels are not looked at.</summary>
/// <param name="Subset">The images, of the size that the network takes.</param>
/// <param name="Normalization">How pixels become inputs.</param>
public sealed record VerificationImages(DataSubset Subset, Normalization Normalization);

/// <summary>How thoroughly a pruned network is verified.</summary>
public sealed record VerificationOptions
{
    /// <summary>Inputs that every network is run on, at least 1; rounded up to whole batches.</summary>
    public int Samples { get; init; } = 64;

    /// <summary>
    /// Largest difference that still counts as equal: max |a − b| / max |reference|, the largest of all outputs. What ONNX Runtime computes in 16 bits is granted 16 roundings of those: 0.8 % in half
    /// precision, 6 % in bf16.
    /// </summary>
    public double Tolerance { get; init; } = 1e-4;

    /// <summary>Seed of the inputs, which are drawn from N(0, 1), or of the choice of images.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Images to run the networks on, <see cref="Samples"/> of them drawn by the seed, in the place of random numbers; null for those. For networks with one input.</summary>
    public VerificationImages? Images { get; init; }

    /// <summary>Threads of ONNX Runtime.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Shapes of inputs, by name, whose declaration leaves more than the batch open; null where there are none.</summary>
    public IReadOnlyDictionary<string, TensorShape>? InputShapes { get; init; }

    /// <summary>Checks the settings.</summary>
    /// <exception cref="CoppiceException">One is out of range.</exception>
    internal void Validate()
    {
        if (Samples < 1 || !(Tolerance > 0) || Threads < 1)
        {
            throw new CoppiceException(FormattableString.Invariant(
                $"Cannot verify: samples ({Samples}) and threads ({Threads}) must be at least 1, the tolerance ({Tolerance}) above 0."));
        }
    }
}
