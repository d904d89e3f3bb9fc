using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Tensors;

namespace Coppice.Training;

/// <summary>
/// Bias correction (Nagel et al., Data-Free Quantization, ICCV 2019, section 4.2, there for quantised weights): the mean of each channel that a layer writes is brought back to what it was before the
/// cut, by its bias. Unlabelled images, no gradients, no change of the graph.
/// </summary>
/// <remarks>Deviation: they correct one layer after the other; here all layers are corrected at once and the whole is repeated, after which the first layers are exact and the deeper ones nearly so.</remarks>
public static class BiasCorrection
{
    /// <summary>Measurements and corrections; more change little.</summary>
    private const int Rounds = 4;

    /// <summary>Corrects the biases of a cut network; call it on a <see cref="ModelThread"/>.</summary>
    /// <param name="original">The network before the cut, with one input.</param>
    /// <param name="pruned">The network after it.</param>
    /// <param name="kept">Channels of each value that stayed, as <c>ChannelProvenance</c> tells; values that it does not name stayed whole.</param>
    /// <param name="images">Calibration images, unlabelled.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public static Network Apply(
        Network original, Network pruned, IReadOnlyDictionary<string, ImmutableArray<int>> kept, TensorBatches images, Device device, CancellationToken cancellation)
    {
        var layers = LayerStatistics.Layers(pruned);
        HashSet<string> names = [.. layers.Select(layer => layer.Name)];
        var wanted = LayerStatistics.Measure(original, [.. LayerStatistics.Layers(original).Where(layer => names.Contains(layer.Name))], images, device, cancellation)
            .ToDictionary(measured => measured.Layer.Name);
        for (int round = 0; round < Rounds; round++)
        {
            var biases = LayerStatistics.Measure(pruned, [.. layers.Where(layer => wanted.ContainsKey(layer.Name))], images, device, cancellation)
                .ToDictionary(measured => measured.Layer.Inputs[2], measured => Shifted(pruned, measured, Part(wanted[measured.Layer.Name], kept)));
            pruned = pruned.WithParameters(biases);
        }

        return pruned;
    }

    /// <summary>The means before the cut of the channels that stayed.</summary>
    private static double[] Part(LayerStatistics before, IReadOnlyDictionary<string, ImmutableArray<int>> kept) =>
        kept.TryGetValue(before.Layer.Outputs[0], out var positions) ? [.. positions.Select(position => before.Mean[position])] : before.Mean;

    private static HostTensor Shifted(Network pruned, LayerStatistics now, double[] wanted)
    {
        var bias = pruned.Parameters[now.Layer.Inputs[2]];
        double factor = now.Layer.OperatorType == "Gemm" ? now.Layer.Attributes.Float("beta", 1) : 1;
        return bias.WithFloats([.. bias.Floats().ToArray().Select((value, channel) => (float)(value + ((wanted[channel] - now.Mean[channel]) / factor)))]);
    }
}
