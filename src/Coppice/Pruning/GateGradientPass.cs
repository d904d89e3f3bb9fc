using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning;

/// <summary>One pass forward and backward over images, in single precision and as in training (statistics of the batch), that changes no parameter.</summary>
internal static class GateGradientPass
{
    /// <summary>What an image costs in forward passes: the way back is worth two.</summary>
    public const int ForwardsPerImage = 3;

    /// <summary>Measures the gates' gradients; call it on a <see cref="ModelThread"/>.</summary>
    /// <param name="units">The channels of the network, which has one input and one output of logits.</param>
    /// <param name="images">The batches: one value per gate and batch.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public static GateGradients Run(ChannelUnits units, TensorBatches images, Device device, CancellationToken cancellation)
    {
        using var program = NetworkProgram.Compile(units.Network, new() { Mode = ExecutionMode.Training, Device = device });
        TorchRuntime.Seed(0); // dropout draws
        var batches = ImmutableArray.CreateBuilder<double[]>();
        foreach (var batch in images.Pass(cancellation))
        {
            batches.Add(GateGradients.OfBatch(units, Gradients(program, batch, device)));
        }

        return new(batches.ToImmutable());
    }

    private static Dictionary<string, float[]> Gradients(NetworkProgram program, TensorBatch batch, Device device)
    {
        using var scope = new TensorScope();
        foreach (var (_, parameter) in program.Learned)
        {
            parameter.Grad = null;
        }

        var labels = Tensor.FromArray(batch.Labels.AsSpan(), batch.Labels.Length).To(device);
        program.Run(batch.Images).CrossEntropy(labels).Backward();
        return program.Learned.Where(entry => entry.Value.Grad is not null).ToDictionary(entry => entry.Key, entry => entry.Value.Grad!.ToArray<float>());
    }
}
