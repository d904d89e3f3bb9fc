using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Graph.Operators;
using Coppice.Tensors;

namespace Coppice.Training;

/// <summary>Mean and variance of each channel of what a layer writes, over images and positions.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Mean">[channels].</param>
/// <param name="Variance">[channels], not negative.</param>
internal sealed record LayerStatistics(Node Layer, double[] Mean, double[] Variance)
{
    /// <summary>
    /// The layers that statistics can be put into: convolutions and fully connected layers with a stored bias for each filter that no other layer shares, whose output is neither an output of
    /// the network nor read by a batch normalisation alone.
    /// </summary>
    public static ImmutableArray<Node> Layers(Network network) => [.. network.Nodes.Where(node => HasOwnBias(network, node) && !IsFinal(network, node))];

    /// <summary>Measures layers in one pass; call it on a <see cref="ModelThread"/>.</summary>
    /// <param name="network">The network, with one input.</param>
    /// <param name="layers">The layers.</param>
    /// <param name="images">The images; moments are averaged over equally weighted batches.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public static ImmutableArray<LayerStatistics> Measure(
        Network network, ImmutableArray<Node> layers, TensorBatches images, Device device, CancellationToken cancellation)
    {
        using var gradients = GradMode.Disable();
        using var program = NetworkProgram.Compile(WithMoments(network, layers), new() { Device = device });
        var first = new double[layers.Length][];
        var second = new double[layers.Length][];
        foreach (var batch in images.Pass(cancellation))
        {
            using var scope = new TensorScope();
            var moments = program.Run(new Dictionary<string, Tensor> { [network.Inputs[0].Name] = batch.Images });
            for (int layer = 0; layer < layers.Length; layer++)
            {
                first[layer] = Sum(first[layer], moments[2 * layer].ToArray<float>(), 1.0 / images.Batches.Length);
                second[layer] = Sum(second[layer], moments[(2 * layer) + 1].ToArray<float>(), 1.0 / images.Batches.Length);
            }
        }

        return [.. layers.Select((layer, i) => new LayerStatistics(layer, first[i], [.. second[i].Zip(first[i], (square, mean) => Math.Max(0, square - (mean * mean)))]))];
    }

    private static double[] Sum(double[]? sum, float[] values, double weight) =>
        [.. values.Select((value, channel) => (sum?[channel] ?? 0) + (weight * value))];

    /// <summary>The network with two small outputs per layer: the means of what it writes and of its squares. So no activation outlives its use.</summary>
    private static Network WithMoments(Network network, ImmutableArray<Node> layers)
    {
        var nodes = network.Nodes.ToBuilder();
        var outputs = ImmutableArray.CreateBuilder<NetworkValue>();
        foreach (var layer in layers)
        {
            string value = layer.Outputs[0];
            nodes.Add(new($"{value}/square", "Mul", [value, value], [$"{value}/square"], NodeAttributes.None));
            foreach (string source in (string[])[value, $"{value}/square"])
            {
                nodes.Add(new($"{source}/mean", "ReduceMean", [source], [$"{source}/mean"], AxesOfImages(network, layer).With("keepdims", 0)));
                outputs.Add(new($"{source}/mean", ElementType.Float32, default));
            }
        }

        return network.WithOutputs(outputs.ToImmutable(), nodes.ToImmutable());
    }

    /// <summary>The axes over which a channel of what a layer writes has its mean: images and positions.</summary>
    public static NodeAttributes AxesOfImages(Network network, Node layer) =>
        NodeAttributes.None.With("axes", [0, .. Enumerable.Range(2, network.Parameters[layer.Inputs[1]].Shape.Rank - 2).Select(axis => (long)axis)]);

    private static bool HasOwnBias(Network network, Node node) =>
        node.OperatorType is "Conv" or "Gemm" && OperatorTable.Find(node) is not null && node.Attributes.Float("beta", 1) != 0
        && node.Input(1) is { } weight && network.Parameters.TryGetValue(weight, out var stored)
        && node.Input(2) is { } bias && network.Parameters.TryGetValue(bias, out var numbers)
        && numbers.Shape.Rank == 1 && ElementTypes.IsFloatingPoint(numbers.Type) && numbers.Shape[0] == Filters(node, stored)
        && network.Index.Consumers(bias).Length == 1 && network.Index.Consumers(weight).Length == 1 && ElementTypes.IsFloatingPoint(stored.Type);

    private static long Filters(Node node, HostTensor weight) => node.OperatorType == "Gemm" && node.Attributes.Integer("transB", 0) == 0 ? weight.Shape[1] : weight.Shape[0];

    private static bool IsFinal(Network network, Node node) =>
        network.Index.IsOutput(node.Outputs[0]) || network.Index.OnlyConsumer(node.Outputs[0]) is { OperatorType: "BatchNormalization" };
}
