using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Tensors;

namespace Coppice.Training;

/// <summary>
/// Bias correction (Nagel et al., Data-Free Quantization, ICCV 2019, section 4.2, there for quantised weights): the mean of each channel that a layer writes is brought back to what it was before the
/// cut, by its bias. Unlabelled images, no gradients, no change of the graph.
/// </summary>
/// <remarks>
/// As in the paper, a layer is corrected behind corrected layers; here in one pass over the images: the network is run with each batch's means taken off behind every layer and those of the whole
/// network put in their place, and what was taken off, averaged over the batches, is what the bias has to make up for.
/// </remarks>
public static class BiasCorrection
{
    /// <summary>Corrects the biases of a cut network; call it on a <see cref="ModelThread"/>.</summary>
    /// <param name="original">The network before the cut, with one input.</param>
    /// <param name="pruned">The network after it.</param>
    /// <param name="kept">Channels of each value that stayed, as <c>ChannelProvenance</c> tells; values that it does not name stayed whole.</param>
    /// <param name="images">Calibration images, unlabelled; 64 or more in a batch.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public static Network Apply(
        Network original, Network pruned, IReadOnlyDictionary<string, ImmutableArray<int>> kept, TensorBatches images, Device device, CancellationToken cancellation)
    {
        var layers = LayerStatistics.Layers(pruned);
        HashSet<string> names = [.. layers.Select(layer => layer.Name)];
        var wanted = LayerStatistics.Measure(original, [.. LayerStatistics.Layers(original).Where(layer => names.Contains(layer.Name))], images, device, cancellation)
            .ToDictionary(measured => measured.Layer.Name, measured => Part(measured, kept));
        layers = [.. layers.Where(layer => wanted.ContainsKey(layer.Name))];
        var found = Measure(pruned, layers, wanted, images, device, cancellation);
        return pruned.WithParameters(layers.Select((layer, i) => (layer, i)).ToDictionary(
            entry => entry.layer.Inputs[2], entry => Shifted(pruned, entry.layer, wanted[entry.layer.Name], found[entry.i])));
    }

    /// <summary>The means before the cut of the channels that stayed.</summary>
    private static double[] Part(LayerStatistics before, IReadOnlyDictionary<string, ImmutableArray<int>> kept) =>
        kept.TryGetValue(before.Layer.Outputs[0], out var positions) ? [.. positions.Select(position => before.Mean[position])] : before.Mean;

    /// <summary>Mean of what each layer writes behind layers whose means are right.</summary>
    private static double[][] Measure(
        Network pruned, ImmutableArray<Node> layers, Dictionary<string, double[]> wanted, TensorBatches images, Device device, CancellationToken cancellation)
    {
        using var gradients = GradMode.Disable();
        using var program = NetworkProgram.Compile(Centred(pruned, layers, wanted), new() { Device = device });
        double[][] means = [.. layers.Select(layer => new double[wanted[layer.Name].Length])];
        foreach (var batch in images.Pass(cancellation))
        {
            using var scope = new TensorScope();
            var taken = program.Run(new Dictionary<string, Tensor> { [pruned.Inputs[0].Name] = batch.Images });
            for (int layer = 0; layer < layers.Length; layer++)
            {
                float[] values = taken[layer].ToArray<float>();
                means[layer] = [.. means[layer].Select((mean, channel) => mean + (values[channel] / (double)images.Batches.Length))];
            }
        }

        return means;
    }

    /// <summary>The network with the mean over the batch of each layer's channels replaced by the wanted one; its outputs are what was replaced.</summary>
    private static Network Centred(Network pruned, ImmutableArray<Node> layers, Dictionary<string, double[]> wanted)
    {
        var parameters = new OrderedDictionary<string, HostTensor>(pruned.Parameters);
        HashSet<string> names = [.. layers.Select(layer => layer.Name)];
        ImmutableArray<Node> nodes = [.. pruned.Nodes.SelectMany(node => names.Contains(node.Name) ? Centre(node, pruned, wanted[node.Name], parameters) : [node])];
        ImmutableArray<NetworkValue> outputs = [.. layers.Select(layer => new NetworkValue($"{layer.Outputs[0]}/mean", ElementType.Float32, default))];
        return pruned.With(nodes, parameters).WithOutputs(outputs, nodes);
    }

    private static Node[] Centre(Node layer, Network pruned, double[] wanted, OrderedDictionary<string, HostTensor> parameters)
    {
        string value = layer.Outputs[0];
        int positions = pruned.Parameters[layer.Inputs[1]].Shape.Rank - 2;
        parameters.Add($"{value}/wanted", HostTensor.FromFloats(new([1, wanted.Length, .. Enumerable.Repeat(1L, positions)]), [.. wanted.Select(mean => (float)mean)]));
        return
        [
            layer with { Outputs = [$"{value}/raw"] },
            new($"{value}/mean", "ReduceMean", [$"{value}/raw"], [$"{value}/mean"], LayerStatistics.AxesOfImages(pruned, layer)),
            new($"{value}/centred", "Sub", [$"{value}/raw", $"{value}/mean"], [$"{value}/centred"], NodeAttributes.None),
            new($"{value}/shifted", "Add", [$"{value}/centred", $"{value}/wanted"], [value], NodeAttributes.None),
        ];
    }

    private static HostTensor Shifted(Network pruned, Node layer, double[] wanted, double[] found)
    {
        var bias = pruned.Parameters[layer.Inputs[2]];
        double factor = layer.OperatorType == "Gemm" ? layer.Attributes.Float("beta", 1) : 1;
        return bias.WithFloats([.. bias.Floats().ToArray().Select((value, channel) => (float)(value + ((wanted[channel] - found[channel]) / factor)))]);
    }
}
