namespace Coppice.Graph.Execution;

/// <summary>How much memory a program will take, from shapes alone.</summary>
internal static class ProgramMemory
{
    /// <summary>Copies of a parameter at the peak: as it is cut, folded, on the device, in the precision of activations and in the order of the kernels.</summary>
    private const int ParameterCopies = 5;

    /// <summary>Bytes of parameters, with every copy that is made of them on the way.</summary>
    public static long ParameterBytes(IEnumerable<HostTensor> parameters) => ParameterCopies * parameters.Sum(value => (long)value.Bytes.Length);

    /// <summary>Bytes of the values that live at the same time at the peak, when the nodes run in their order. Fused steps need less. Null where a shape is not known.</summary>
    /// <param name="network">The network.</param>
    /// <param name="images">Images at a time.</param>
    /// <param name="precision">Arithmetic.</param>
    /// <param name="inputShapes">Shapes of inputs whose declaration leaves more than the batch open, for one image; by name.</param>
    public static long? ActivationBytes(Network network, long images, Precision precision, IReadOnlyDictionary<string, TensorShape>? inputShapes = null)
    {
        var shapes = TryInfer(network, images, inputShapes);
        return shapes is null ? null : BytesOf(LiveElements(network, shapes), precision);
    }

    /// <summary>Bytes that a training takes: every value is kept for the way back and some gradients of values live there, at most as many; weights have gradients and velocities. Null where a shape is not known.</summary>
    /// <param name="network">The network.</param>
    /// <param name="images">Images of a batch.</param>
    /// <param name="precision">Arithmetic.</param>
    /// <param name="inputShapes">As in <see cref="ActivationBytes"/>.</param>
    public static long? TrainingBytes(Network network, long images, Precision precision, IReadOnlyDictionary<string, TensorShape>? inputShapes = null)
    {
        var shapes = TryInfer(network, images, inputShapes);
        return shapes is null ? null : BytesOf(2 * Values(network).Sum(value => shapes[value].Length), precision) + ParameterBytes(network.Parameters.Values);
    }

    private static IEnumerable<string> Values(Network network) => network.Nodes.SelectMany(node => node.Outputs).Where(output => output.Length > 0);

    /// <summary>The shapes of all values; null where one is not known.</summary>
    private static IReadOnlyDictionary<string, TensorShape>? TryInfer(Network network, long images, IReadOnlyDictionary<string, TensorShape>? inputShapes) =>
        ShapeInference.TryInfer(network, images, inputShapes) is { } shapes && Values(network).All(shapes.ContainsKey) ? shapes : null;

    private static long BytesOf(long elements, Precision precision) => elements * (precision == Precision.BFloat16 ? 2 : 4);

    private static long LiveElements(Network network, IReadOnlyDictionary<string, TensorShape> shapes)
    {
        var lastRead = new Dictionary<string, int>();
        foreach (var (i, node) in network.Nodes.Index())
        {
            foreach (string value in node.Reads)
            {
                lastRead[value] = i;
            }
        }

        var inputs = network.Inputs.Select(input => input.Name);
        long live = inputs.Sum(input => shapes[input].Length), peak = live;
        foreach (var (i, node) in network.Nodes.Index())
        {
            live += node.Outputs.Where(output => output.Length > 0).Sum(output => shapes[output].Length);
            peak = Math.Max(peak, live);
            live -= node.Reads.Concat(node.Outputs).Distinct()
                .Where(value => value.Length > 0 && !network.Parameters.ContainsKey(value) && !network.Index.IsOutput(value) && lastRead.GetValueOrDefault(value, i) == i)
                .Sum(value => shapes[value].Length);
        }

        return peak;
    }
}
