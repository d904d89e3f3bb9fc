using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning.Racing;

/// <summary>
/// What the loss of each image will be without some channels, to first order: a gate z = 1 in front of each reader of a channel, ∂m/∂z = Σ a · ∂m/∂a over its positions, and minus their sum over
/// the channels that go (Molchanov et al., Importance Estimation for Neural Network Pruning, CVPR 2019, here image by image). One pass forward and backward over the images tells it for every
/// candidate of a search. No score is made of it: it only makes the differences smaller that a race has to estimate, so it is measured in the search's own precision.
/// </summary>
/// <remarks>
/// Deviation: first order in the log-odds of an image's class y, m = z_y − ln Σ e^z_k over the others' logits, and not in its loss L = ln(1 + e^−m), which is far from straight where the network is
/// nearly sure. With the change δm that comes of it L' = ln(1 + e^−(m + δm)), m being that of the network that candidates are compared with.
/// </remarks>
internal sealed class TaylorPrediction
{
    /// <summary>What an image costs in forward passes: the way back to the values, and not to the weights, is worth one.</summary>
    public const int ForwardsPerImage = 2;

    private const int MostImagesAtATime = 64;

    /// <summary>
    /// Memory in bytes for activations and their gradients. Not a part of <see cref="PruningProblem.MemoryBytes"/>: gradients may round differently for another number of images, and no result is to
    /// depend on memory.
    /// </summary>
    private const long MemoryBytes = 256 << 20;

    private readonly int _images;
    private readonly float[]?[] _gates;

    private TaylorPrediction(int images, float[]?[] gates) => (_images, _gates) = (images, gates);

    /// <summary>Measures the gates, on the caller's thread.</summary>
    /// <param name="space">The groups whose channels go, and the network.</param>
    /// <param name="images">The images.</param>
    /// <param name="problem">Precision, device and shapes of inputs.</param>
    /// <param name="cancellation">Stops between operators.</param>
    /// <returns>Null where the network's shapes are not known or no reader could be given a gate.</returns>
    public static TaylorPrediction? TryMeasure(PruningSpace space, TensorBatches images, PruningProblem problem, CancellationToken cancellation)
    {
        // With its stored statistics, as candidates are cut from it.
        var network = BatchNormFolding.Apply(space.Units.Network);
        var units = ChannelUnits.Analyze(network, problem.InputShapes);
        if (ShapeInference.TryInfer(network, 1, problem.InputShapes) is not { } shapes)
        {
            return null;
        }

        long bytes = 2 * sizeof(float) * network.Nodes.SelectMany(node => node.Outputs).Where(shapes.ContainsKey).Sum(value => shapes[value].Length);
        int chunk = (int)Math.Clamp(MemoryBytes / Math.Max(1, bytes), 1, MostImagesAtATime);
        var readers = GateReader.Of(space, units, shapes);
        if (readers.IsEmpty)
        {
            return null;
        }

        var gates = new float[]?[space.Groups.Length];
        foreach (var positions in Enumerable.Range(0, images.Count).Chunk(chunk).GroupBy(positions => positions.Length))
        {
            Measure(GateReader.Insert(network, readers, positions.Key), readers, space, images, [.. positions], gates, problem, cancellation);
        }

        return new(images.Count, gates);
    }

    /// <summary>Predicted differences of the loss of each image from that of the whole network; null where a group that loses channels has no gates.</summary>
    /// <param name="genome">The candidate.</param>
    /// <param name="losses">Those of the whole network, image by image.</param>
    public double[]? Of(BitGenome genome, ReadOnlySpan<double> losses)
    {
        if (ChangesOfLogOdds(genome) is not { } changes)
        {
            return null;
        }

        for (int image = 0; image < changes.Length; image++)
        {
            changes[image] = Difference(losses[image], changes[image]);
        }

        return changes;
    }

    /// <summary>L' − L.</summary>
    /// <param name="loss">L.</param>
    /// <param name="change">δm.</param>
    internal static double Difference(double loss, double change)
    {
        double odds = change - loss - Math.Log(1 - Math.Exp(-loss)); // e^−m = e^L − 1; infinite where L is 0, which no finite change moves
        return Math.Max(-odds, 0) + Math.Log(1 + Math.Exp(-Math.Abs(odds))) - loss;
    }

    /// <summary>δm of each image; null where a group that loses channels has no gates.</summary>
    internal double[]? ChangesOfLogOdds(BitGenome genome)
    {
        double[] changes = new double[_images];
        foreach (var (group, bits) in genome.Segments.Index())
        {
            if (bits.Count == bits.Length)
            {
                continue;
            }

            if (_gates[group] is not { } gates)
            {
                return null;
            }

            int[] gone = [.. Enumerable.Range(0, bits.Length).Where(channel => !bits[channel])];
            for (int image = 0; image < _images; image++)
            {
                foreach (int channel in gone)
                {
                    changes[image] -= gates[(image * bits.Length) + channel];
                }
            }
        }

        return changes;
    }

    private static void Measure(
        Network gated, ImmutableArray<GateReader> readers, PruningSpace space, TensorBatches images, int[][] chunks, float[]?[] gates, PruningProblem problem, CancellationToken cancellation)
    {
        using var program = NetworkProgram.Compile(gated, new() { Mode = ExecutionMode.Training, Precision = problem.Precision, Device = problem.Device });
        var learned = program.Learned.ToDictionary();
        var gateOf = readers.ToDictionary(reader => reader.Gate, reader => learned[reader.Gate]);
        foreach (var (name, parameter) in learned)
        {
            parameter.RequiresGrad = gateOf.ContainsKey(name);
        }

        foreach (int[] chunk in chunks)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            using var batch = images.Gather(chunk, ForwardsPerImage);
            foreach (var gate in gateOf.Values)
            {
                gate.Grad = null;
            }

            TorchRuntime.Seed(0); // dropout draws
            var logits = program.Run(batch.Images, cancellation);
            logits.Multiply(SlopesOfLogOdds(logits, batch.Labels.AsSpan()).To(problem.Device)).Sum().Backward();
            foreach (var reader in readers)
            {
                reader.Add(gateOf[reader.Gate].Grad!.ToArray<float>(), chunk, space.Sizes, images.Count, gates);
            }
        }
    }

    /// <summary>∂m/∂z of each image [N, classes]: 1 for its class, minus their share among the others for the others.</summary>
    private static Tensor SlopesOfLogOdds(Tensor logits, ReadOnlySpan<long> labels)
    {
        float[] slopes = logits.ToArray<float>();
        int classes = slopes.Length / labels.Length;
        for (int image = 0; image < labels.Length; image++)
        {
            var row = slopes.AsSpan(image * classes, classes);
            int own = (int)labels[image];
            float[] others = row.ToArray();
            others[own] = float.NegativeInfinity;
            float largest = others.Max();
            double sum = others.Sum(logit => Math.Exp(logit - largest));
            for (int other = 0; other < classes; other++)
            {
                row[other] = -(float)(Math.Exp(others[other] - largest) / sum);
            }

            row[own] = 1;
        }

        return Tensor.FromArray(slopes, labels.Length, classes);
    }
}
