using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Tensors;

namespace Coppice.Training;

/// <summary>
/// Batch normalisations for networks that came without: exporters fold them into the layers before (and some networks never had any), which leaves adaptive batch-norm nothing to adapt and
/// fine-tuning nothing to hold on to. Behind each layer with a bias one is put that does nothing on the calibration images: running mean μ and variance σ² of what the layer writes,
/// β = μ, γ = √(σ² + ε). After a cut its statistics are estimated anew (<see cref="BatchNormRecalibration"/>), which brings every channel that stays back to the mean and variance that it had
/// in the whole network. <see cref="Remove"/> folds them again, so that the file has the layers of the original.
/// </summary>
/// <remarks>Source: the identity from the definition of batch normalisation (Ioffe &amp; Szegedy, ICML 2015); re-estimation as in Li et al., EagleEye (ECCV 2020).</remarks>
public static class BatchNormInsertion
{
    private const float Epsilon = 1e-5f;
    private const string Suffix = "/inserted-bn";

    /// <summary>Whether a network has layers that can be given a batch normalisation and none of them has one.</summary>
    public static bool IsCalledFor(Network network) =>
        network.Nodes.All(node => node.OperatorType != "BatchNormalization") && !LayerStatistics.Layers(network).IsEmpty;

    /// <summary>Inserts them; call it on a <see cref="ModelThread"/>.</summary>
    /// <param name="network">The network, with one input.</param>
    /// <param name="images">Calibration images, unlabelled.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public static Network Apply(Network network, TensorBatches images, Device device, CancellationToken cancellation)
    {
        var statistics = LayerStatistics.Measure(network, LayerStatistics.Layers(network), images, device, cancellation).ToDictionary(measured => measured.Layer.Name);
        var parameters = new OrderedDictionary<string, HostTensor>(network.Parameters);
        ImmutableArray<Node> nodes = [.. network.Nodes.SelectMany(node => statistics.TryGetValue(node.Name, out var measured) ? Insert(measured, parameters) : [node])];
        return network.With(nodes, parameters);
    }

    /// <summary>Folds what <see cref="Apply"/> inserted into the layers, whose weights keep their element types; batch normalisations of the network's own stay.</summary>
    public static Network Remove(Network network)
    {
        var folded = BatchNormFolding.Apply(network, node => node.Name.EndsWith(Suffix, StringComparison.Ordinal));
        return folded.WithParameters(folded.Parameters
            .Where(entry => network.Parameters.TryGetValue(entry.Key, out var before) && before.Type != entry.Value.Type)
            .ToDictionary(entry => entry.Key, entry => network.Parameters[entry.Key].WithFloats(entry.Value.Floats())));
    }

    /// <summary>The layer, writing to a new value, and the normalisation that writes the old one.</summary>
    private static Node[] Insert(LayerStatistics measured, OrderedDictionary<string, HostTensor> parameters)
    {
        string name = measured.Layer.Name + Suffix;
        string Store(string part, IEnumerable<double> values)
        {
            float[] numbers = [.. values.Select(value => (float)value)];
            parameters.Add($"{name}.{part}", HostTensor.FromFloats(new(numbers.Length), numbers));
            return $"{name}.{part}";
        }

        string scale = Store("scale", measured.Variance.Select(variance => Math.Sqrt(variance + Epsilon)));
        string shift = Store("shift", measured.Mean), mean = Store("mean", measured.Mean), variance = Store("variance", measured.Variance);
        string between = $"{measured.Layer.Outputs[0]}/raw";
        return
        [
            measured.Layer with { Outputs = [between] },
            new(name, "BatchNormalization", [between, scale, shift, mean, variance], [measured.Layer.Outputs[0]], NodeAttributes.None.With("epsilon", Epsilon)),
        ];
    }
}
