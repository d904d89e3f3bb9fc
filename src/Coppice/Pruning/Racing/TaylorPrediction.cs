using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning.Racing;

/// <summary>
/// What the loss of each image will be without some channels, to first order: a gate z = 1 in front of each reader of a channel, ∂L/∂z = Σ a · ∂L/∂a over its positions, and minus their sum over
/// the channels that go (Molchanov et al., Importance Estimation for Neural Network Pruning, CVPR 2019, here image by image). One pass forward and backward over the images tells it for every
/// candidate of a search. No score is made of it: it only makes the differences smaller that a race has to estimate, so it is measured in the search's own precision.
/// </summary>
/// <remarks>
/// Deviation: first order in the log-odds m of an image's class, not in its loss L = ln(1 + e^−m), which is far from straight where the network is nearly sure. With p = e^−L the class's
/// probability, ∂L/∂m = −(1 − p), so a slope δL of the loss is one of δm = −δL / (1 − p), and L' = ln(1 + e^−(m + δm)).
/// </remarks>
internal sealed class TaylorPrediction
{
    private const int MostImagesAtATime = 64;

    /// <summary>
    /// Memory in bytes for activations and their gradients. Not a part of <see cref="PruningProblem.MemoryBytes"/>: gradients may round differently for another number of images, and no result is to
    /// depend on memory.
    /// </summary>
    private const long MemoryBytes = 256 << 20;

    /// <summary>Losses in single precision do not tell probabilities apart that are nearer to 1.</summary>
    private const double LeastDoubt = 1e-7;

    private readonly int _images;
    private readonly float[]?[] _gates;

    private TaylorPrediction(int images, float[]?[] gates) => (_images, _gates) = (images, gates);

    /// <summary>Measures the gates, on the caller's thread.</summary>
    /// <param name="space">The groups whose channels go, and the network.</param>
    /// <param name="images">The images.</param>
    /// <param name="problem">Precision, device and shapes of inputs.</param>
    /// <param name="cancellation">Stops between batches.</param>
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
        double[]? slopes = Slopes(genome);
        for (int image = 0; image < slopes?.Length; image++)
        {
            slopes[image] = Difference(losses[image], slopes[image]);
        }

        return slopes;
    }

    /// <summary>L' − L.</summary>
    /// <param name="loss">L.</param>
    /// <param name="slope">δL.</param>
    internal static double Difference(double loss, double slope)
    {
        double p = Math.Exp(-loss), doubt = Math.Max(1 - p, LeastDoubt);
        double odds = Math.Log(p / doubt) - (slope / doubt);
        return Math.Max(-odds, 0) + Math.Log(1 + Math.Exp(-Math.Abs(odds))) - loss;
    }

    /// <summary>δL of each image; null where a group that loses channels has no gates.</summary>
    internal double[]? Slopes(BitGenome genome)
    {
        double[] differences = new double[_images];
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
                    differences[image] -= gates[(image * bits.Length) + channel];
                }
            }
        }

        return differences;
    }

    private static void Measure(
        Network gated, ImmutableArray<GateReader> readers, PruningSpace space, TensorBatches images, int[][] chunks, float[]?[] gates, PruningProblem problem, CancellationToken cancellation)
    {
        using var program = NetworkProgram.Compile(gated, new() { Mode = ExecutionMode.Training, Precision = problem.Precision, Device = problem.Device });
        var learned = program.Learned.ToDictionary();
        foreach (int[] chunk in chunks)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            using var batch = images.Gather(chunk, GateGradientPass.ForwardsPerImage);
            foreach (var parameter in learned.Values)
            {
                parameter.Grad = null;
            }

            // The gradient of a mean: each image's own is as many times that.
            TorchRuntime.Seed(0); // dropout draws
            program.Run(batch.Images).CrossEntropy(Tensor.FromArray(batch.Labels.AsSpan(), chunk.Length).To(problem.Device)).Backward();
            foreach (var reader in readers)
            {
                reader.Add(learned[reader.Gate].Grad!.ToArray<float>(), chunk, space.Sizes, images.Count, gates);
            }
        }
    }
}
