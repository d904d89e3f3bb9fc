using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning.Reconstruction;

/// <summary>
/// Least-squares repair of whole cuts: every layer that reads what goes gets the weights that come nearest to its old output (<see cref="LeastSquaresRepair"/>), from moments that are measured
/// once, in the network before any cut. So a candidate's repair is linear algebra alone and can be part of its score: what counts then is not what a cut destroys but what is left when the
/// weights have made the best of it.
/// </summary>
/// <remarks>
/// <para>Deviation: none of the papers that we follow scores its candidates so; with <c>--repair off</c> they are scored with the weights that they inherit.</para>
/// <para>
/// A layer of n inputs per output costs 8 n² bytes, several times as many while its equations are solved, and n³ / 3 operations per candidate, so layers of more than <see cref="MaxColumns"/> are left as they are.
/// That other layers are cut at the same time changes what a layer reads; the moments do not know. Fine-tuning, or repair layer by layer, goes on from there.
/// </para>
/// </remarks>
public sealed class NetworkRepair
{
    /// <summary>The widest layer that is repaired, in inputs per output: a 3 × 3 convolution over 256 channels.</summary>
    public const int MaxColumns = 2304;

    private readonly PruningSpace _space;
    private readonly ImmutableArray<ReaderMoments> _moments;

    private NetworkRepair(PruningSpace space, ImmutableArray<ReaderMoments> moments) => (_space, _moments) = (space, moments);

    /// <summary>Layers that can be repaired.</summary>
    public int LayerCount => _moments.Length;

    /// <summary>Measures the layers that read groups of a space, in one pass; call it on a <see cref="ModelThread"/>. Layers that are neither convolutions nor fully connected, or that share their weight
    /// with another one, are left as they are.</summary>
    /// <param name="space">What may be cut.</param>
    /// <param name="images">The images.</param>
    /// <param name="options">How many patches.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public static NetworkRepair Measure(PruningSpace space, TensorBatches images, MomentOptions options, Device device, CancellationToken cancellation)
    {
        ImmutableArray<ParameterAxis> readers = [.. Layers(space).Where(layer => layer.Columns <= MaxColumns).Select(layer => layer.Reader)];
        return new(space, ReaderMoments.Measure(space.Units.Network, readers, images, options, device, cancellation));
    }

    /// <summary>Names of the layers that are too wide to be repaired.</summary>
    public static IEnumerable<string> TooWide(PruningSpace space) => Layers(space).Where(layer => layer.Columns > MaxColumns).Select(layer => layer.Reader.Node.Name);

    /// <summary>What the repair of candidates will take, from shapes alone.</summary>
    internal static RepairMemory MemoryOf(PruningSpace space) => RepairMemory.Of([.. Layers(space).Where(layer => layer.Columns <= MaxColumns)]);

    /// <summary>Cuts the network and repairs what stays.</summary>
    /// <param name="genome">The channels that stay, one segment per group of the space.</param>
    public Network Cut(BitGenome genome)
    {
        var plan = _space.ToPlan(genome);
        bool[] kept = Pruner.KeptUnits(_space.Units, plan);
        HashSet<int> gone = [.. Enumerable.Range(0, kept.Length).Where(unit => !kept[unit])];
        var weights = LeastSquaresRepair.Weights(_space.Units.Network, _moments.Where(moment => moment.Reader.Ids.Any(gone.Contains)), gone);
        return Pruner.Apply(_space.Units.WithParameters(weights), plan);
    }

    /// <summary>The linear layers that read groups of a space, each with a weight of its own.</summary>
    private static IEnumerable<ReaderLayer> Layers(PruningSpace space) => space.Groups
        .SelectMany(group => group.Axes)
        .Where(axis => axis.Role == ChannelRole.Read && ReaderLayer.IsSupported(axis.Node) && space.Units.Network.Parameters.ContainsKey(axis.Parameter))
        .DistinctBy(axis => (axis.Node, axis.Parameter))
        .GroupBy(axis => axis.Parameter)
        .Where(sharing => sharing.Count() == 1)
        .Select(sharing => ReaderLayer.Of(space.Units.Network, sharing.First()));
}
