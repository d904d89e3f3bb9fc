namespace Coppice.Graph.Execution;

/// <summary>
/// How many images are evaluated at a time. A whole batch of 256 streams every activation through main memory; in slices whose largest activation stays in the
/// cache, the additions and ReLUs between convolutions cost a fraction. `bench/run engine` measures it.
/// </summary>
internal static class BatchSlicing
{
    /// <summary>Bytes that the largest activation of a slice should not exceed: a fraction of the last-level cache, as input, output and residual lie there together.</summary>
    private const long ActivationBytes = 4 << 20;

    /// <summary>Below this, convolutions over small maps and fully connected layers lose more than the cache gains.</summary>
    private const int SmallestSlice = 32;

    /// <summary>Images per slice, or null where batches must stay whole: where shapes are not known or something reaches across the batch.</summary>
    public static int? ImagesPerSlice(Network network, ProgramOptions options)
    {
        if (options.Mode != ExecutionMode.Evaluation || options.Device.IsCuda || network.Inputs.Length != 1 || network.Outputs.Length != 1)
        {
            return null;
        }

        int elementBytes = options.Precision == Precision.BFloat16 ? 2 : 4;
        return LargestActivation(network) is { } elements ? (int)Math.Clamp(ActivationBytes / (elements * elementBytes), SmallestSlice, int.MaxValue) : null;
    }

    /// <summary>Elements per image of the largest value, or null. With two images in, every value must hold two images.</summary>
    private static long? LargestActivation(Network network)
    {
        const int Images = 2;
        if (ShapeInference.TryInfer(network, Images) is not { } shapes)
        {
            return null;
        }

        TensorShape[] values = [.. network.Nodes.SelectMany(node => node.Outputs).Where(shapes.ContainsKey).Select(value => shapes[value])];
        return values.Length > 0 && values.All(shape => shape.Rank >= 2 && shape[0] == Images) ? values.Max(shape => shape.Length) / Images : null;
    }
}
