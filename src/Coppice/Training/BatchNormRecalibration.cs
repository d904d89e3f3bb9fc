using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Tensors;

namespace Coppice.Training;

/// <summary>
/// Adaptive batch normalisation (Li et al., EagleEye, ECCV 2020): after channels have gone, running means and variances no longer describe the activations;
/// they are estimated anew from a few batches, nothing is learned. Scores of pruned networks then rank as fine-tuned accuracies do.
/// </summary>
/// <remarks>
/// Deviation: EagleEye goes on from the old statistics with momentum 0.1; here they are the plain mean over the batches (momentum 1/k at the k-th), which has no memory of
/// the old network and needs fewer batches. A momentum given brings EagleEye's form back. Variances are those of the batches themselves, as in ONNX; PyTorch's running variances, and so EagleEye's,
/// are larger by n / (n - 1), n being the values of a channel in a batch.
/// </remarks>
public static class BatchNormRecalibration
{
    /// <summary>Estimates the statistics of all batch normalisations anew.</summary>
    /// <param name="network">The network; returned unchanged where it holds no batch normalisation.</param>
    /// <param name="batches">Images to estimate from, without augmentation; variances are those within a batch, so 64 images or more in each.</param>
    /// <param name="precision">Arithmetic.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="cancellation">Stops between operators.</param>
    /// <param name="momentum">Weight of each batch against all before it, the old statistics included, in (0, 1]; null for the plain mean over the batches.</param>
    /// <returns>The network with new running statistics.</returns>
    public static Network Apply(Network network, TensorBatches batches, Precision precision, Device device, CancellationToken cancellation, double? momentum = null)
    {
        using var program = NetworkProgram.Compile(network, new() { Mode = ExecutionMode.Recalibration, Precision = precision, Device = device });
        if (!program.HasStatistics)
        {
            return network;
        }

        foreach (var (i, batch) in batches.Pass(cancellation).Index())
        {
            using var scope = new TensorScope();
            Update(program, batch, i, momentum, cancellation);
        }

        return program.CaptureStatistics();
    }

    /// <summary>Updates the statistics of a program by one batch.</summary>
    /// <param name="program">In recalibration mode.</param>
    /// <param name="batch">The images.</param>
    /// <param name="position">Number of batches before it.</param>
    /// <param name="momentum">As in <see cref="Apply"/>.</param>
    /// <param name="cancellation">Stops between operators.</param>
    /// <returns>What the program makes of the images, normalised by their own statistics; the caller's scope's.</returns>
    internal static ImmutableArray<Tensor> Update(NetworkProgram program, TensorBatch batch, int position, double? momentum, CancellationToken cancellation)
    {
        program.BatchNormMomentum = momentum ?? (1.0 / (position + 1));
        return program.RunAll(batch.Images, cancellation);
    }
}
