using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning.Reconstruction;

/// <summary>How second moments are taken.</summary>
public sealed record MomentOptions
{
    /// <summary>Output positions drawn per image, the same ones for the images of a batch; null for all. Ten bound memory and lose little.</summary>
    public int? PositionsPerImage { get; init; } = 10;

    /// <summary>Seed of the positions.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>
/// Second moments of what a layer reads: <c>Ψ = (1/n) Σ x xᵀ</c>, x being the input patch of one output position, [columns]. All that a quadratic error of the layer's
/// output, for any change of its weights, needs to know of the data (Dong et al., layer-wise optimal brain surgeon, 2017).
/// </summary>
/// <param name="Reader">The input side of the layer's weight.</param>
/// <param name="Blocks">
/// Ψ of each block of a grouped convolution, one for any other layer: [columns, columns] row by row; columns = C / groups · kH · kW, in the weight's order.
/// </param>
/// <param name="Columns">Inputs of one output.</param>
/// <param name="Samples">n: patches that were taken.</param>
public sealed record ReaderMoments(ParameterAxis Reader, ImmutableArray<double[]> Blocks, int Columns, long Samples)
{
    /// <summary>Takes the moments of layers in one pass over the images; call it on a <see cref="ModelThread"/>.</summary>
    /// <param name="network">The network, with one input.</param>
    /// <param name="readers">Input sides of convolutions or fully connected layers of the network.</param>
    /// <param name="images">The images.</param>
    /// <param name="options">How many patches.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="cancellation">Stops between operators.</param>
    /// <exception cref="UnsupportedModelException">A layer is none of the two, or the network cannot be executed.</exception>
    public static ImmutableArray<ReaderMoments> Measure(
        Network network, ImmutableArray<ParameterAxis> readers, TensorBatches images, MomentOptions options, Device device, CancellationToken cancellation)
    {
        if (readers.IsEmpty)
        {
            return [];
        }

        using var mode = GradMode.Disable();
        using var scope = new TensorScope();
        ImmutableArray<Sums> sums = [.. readers.Select(reader => new Sums(reader, ReaderLayer.Of(network, reader), device))];
        var byInput = sums.ToLookup(sum => sum.Reader.Node.Inputs[0]);
        using var program = NetworkProgram.Compile(Part(network, readers), new() { Device = device });
        foreach (var (i, batch) in images.Pass(cancellation).Index())
        {
            program.Visit(batch.Images, byInput.ToDictionary(
                input => input.Key,
                input => (Action<Tensor>)(value =>
                {
                    foreach (var sum in input)
                    {
                        sum.Add(value, options, batch: i);
                    }
                })), cancellation);
        }

        return [.. sums.Select(sum => sum.Moments())];
    }

    /// <summary>
    /// The network as far as the layers, themselves included: a layer that reads a value keeps it from being folded away or computed on the way to another, so that it can be looked at.
    /// </summary>
    private static Network Part(Network network, ImmutableArray<ParameterAxis> readers) => NetworkPart.UpTo(network, readers.Select(reader => reader.Node.Outputs[0]));

    /// <summary>Ψ of a block as a tensor of the present scope, [columns, columns].</summary>
    internal Tensor Block(int block) => Tensor.FromArray(Blocks[block], Columns, Columns);

    private sealed class Sums(ParameterAxis reader, ReaderLayer layer, Device device)
    {
        private readonly Tensor[] _blocks = [.. Enumerable.Range(0, layer.BlockCount).Select(_ => Tensor.Zeros([layer.Columns, layer.Columns], DType.Float64, device))];
        private long _samples;

        public ParameterAxis Reader => reader;

        /// <summary>Adds what the layer reads of a batch.</summary>
        public void Add(Tensor value, MomentOptions options, int batch)
        {
            using var scope = new TensorScope();
            var rng = options.PositionsPerImage is null ? null : Rng.For(options.Seed, (ulong)batch);
            var patches = layer.Patches(value, options.PositionsPerImage, rng);
            for (int block = 0; block < _blocks.Length; block++)
            {
                // The products in single precision, their sum over batches in double.
                _blocks[block].AddInPlace(patches[block].MatMul(patches[block].Transpose(0, 1)).To(DType.Float64));
            }

            _samples += patches[0].Size(1);
        }

        public ReaderMoments Moments() => _samples == 0
            ? throw new UnsupportedModelException($"Cannot measure what {reader.Node} reads: '{reader.Node.Inputs[0]}' is not computed on its own.")
            : new(reader, [.. _blocks.Select(Mean)], layer.Columns, _samples);

        private double[] Mean(Tensor sum)
        {
            using var scope = new TensorScope();
            return sum.Divide(_samples).ToArray<double>();
        }
    }
}
