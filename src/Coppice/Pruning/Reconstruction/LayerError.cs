using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning.Reconstruction;

/// <summary>
/// What the layers that read a channel group lose when channels of it go: <c>E(q) = qᵀ G q</c>, the mean over samples of ‖Z − Z_pruned‖², Z being their output before bias and
/// activation, q the indicator of the channels that go, and <c>G[c, c'] = (1/n) Σ Z_c · Z_c'</c> with Z_c the part of Z that channel c makes.
/// </summary>
/// <remarks>
/// Hu et al. (2018) approximate this error in two steps: a Taylor expansion around the trained weights, whose first order vanishes there, and a Hessian that all outputs share
/// (as Dong et al., 2017). For a linear layer and a squared error the expansion ends after the second order and is exact, so it is computed in closed form:
/// <c>G = Aᵀ (Ψ ∘ WᵀW) A</c>, Ψ the second moments of the input (<see cref="ReaderMoments"/>), A the columns of W that read each channel. One pass over the data; after it a candidate
/// costs O(C²), a changed bit O(C).
/// </remarks>
public sealed class LayerError
{
    private readonly double[] _g;

    private LayerError(double[] g, int size, ImmutableArray<ReaderMoments> moments)
    {
        (_g, Size, Moments) = (g, size, moments);
        Whole = Of(BitString.FromIndices(size, []));
    }

    /// <summary>C: channels of the group.</summary>
    public int Size { get; }

    /// <summary>The error if all channels went: the scale of the others.</summary>
    public double Whole { get; }

    /// <summary>Second moments of each layer that reads the group; a repair needs them.</summary>
    public ImmutableArray<ReaderMoments> Moments { get; }

    /// <summary>G[c, c'].</summary>
    public double this[int channel, int other] => _g[(channel * Size) + other];

    /// <summary>Measures G of a group in one pass over the images; call it on a <see cref="ModelThread"/>.</summary>
    /// <param name="network">The network.</param>
    /// <param name="group">A group of the network.</param>
    /// <param name="images">The images.</param>
    /// <param name="options">How many patches.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="UnsupportedModelException">A layer that reads the group is neither a convolution nor a fully connected layer.</exception>
    public static LayerError Measure(
        Network network, ChannelGroup group, TensorBatches images, MomentOptions options, Device device, CancellationToken cancellation)
    {
        var channelOf = group.ChannelOfUnit();
        var moments = ReaderMoments.Measure(network, [.. group.Axes.Where(axis => axis.Role == ChannelRole.Read)], images, options, device, cancellation);
        using var scope = new TensorScope();
        var g = Tensor.Zeros([group.Size, group.Size], DType.Float64);
        foreach (var moment in moments)
        {
            var layer = ReaderLayer.Of(network, moment.Reader);
            var channels = ChannelColumns(layer, moment.Reader, channelOf);
            for (int block = 0; block < layer.BlockCount; block++)
            {
                var w = layer.Matrix(block);
                var products = moment.Block(block).Multiply(w.Transpose(0, 1).MatMul(w));
                g.AddInPlace(channels.Transpose(0, 1).MatMul(products).MatMul(channels));
            }
        }

        return new(g.ToArray<double>(), group.Size, moments);
    }

    /// <summary>E of a choice of channels.</summary>
    /// <param name="kept">One bit per channel; those that are not set go.</param>
    public double Of(BitString kept)
    {
        int[] gone = [.. Enumerable.Range(0, Size).Where(channel => !kept[channel])];
        double sum = 0;
        foreach (int channel in gone)
        {
            sum += Interaction(channel, gone);
        }

        return sum;
    }

    /// <summary>Σ over c' of G[c, c']: what a channel has in common with those that go.</summary>
    internal double Interaction(int channel, IEnumerable<int> gone)
    {
        double sum = 0;
        foreach (int other in gone)
        {
            sum += this[channel, other];
        }

        return sum;
    }

    /// <summary>A: 1 where a column reads a channel of the group, [columns, channels].</summary>
    private static Tensor ChannelColumns(ReaderLayer layer, ParameterAxis reader, Dictionary<int, int> channelOf)
    {
        var reads = new double[layer.Columns * channelOf.Count];
        for (int column = 0; column < layer.Columns; column++)
        {
            if (channelOf.TryGetValue(reader.Ids[column / layer.ColumnsPerChannel], out int channel))
            {
                reads[(column * channelOf.Count) + channel] = 1;
            }
        }

        return Tensor.FromArray(reads, layer.Columns, channelOf.Count);
    }
}
