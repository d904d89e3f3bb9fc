using System.Collections.Immutable;

namespace Coppice.Graph.Channels;

/// <summary>
/// Which channels of a network must live or die together. Every channel of every value has a symbolic id; operators pass ids on, unite them or make new ones;
/// a unit is a class of united ids, a group a set of units that always appear together.
/// </summary>
/// <remarks>Near-linear in the size of the graph. The idea of dependency groups is DepGraph's (Fang et al., CVPR 2023); ids instead of edge maps are ours.</remarks>
public sealed class ChannelUnits
{
    private readonly Dictionary<string, ChannelLayout> _layouts;

    private readonly IReadOnlyDictionary<string, TensorShape>? _inputShapes;

    private ChannelUnits(
        Network network, IReadOnlyDictionary<string, TensorShape>? inputShapes, IReadOnlyDictionary<string, TensorShape> shapes, ChannelTracer tracer, bool selections)
    {
        _inputShapes = inputShapes;
        SelectsChannels = selections;
        Network = network;
        Shapes = shapes;
        Barriers = [.. tracer.Barriers];
        var numbers = new UnitNumbers(tracer.Sets);
        int[] Units(int[] ids) => Array.ConvertAll(ids, numbers.Of);
        Axes = [.. tracer.Axes.Select(axis => axis with { Ids = Units(axis.Ids) })];
        _layouts = tracer.Layouts.ToDictionary(entry => entry.Key, entry => entry.Value with { Ids = Units(entry.Value.Ids) });
        int[][] parts = [.. tracer.Parts.Select(Units)];
        var locks = new string?[tracer.Sets.Count];
        foreach (var (ids, reason) in tracer.Fixed)
        {
            Array.ForEach(ids, id => locks[numbers.Of(id)] ??= reason);
        }

        UnitCount = numbers.Count;
        Groups = ChannelGrouping.Build(Axes, parts, UnitCount, locks);
    }

    private ChannelUnits(ChannelUnits other, Network network)
    {
        (_layouts, _inputShapes, SelectsChannels, Network) = (other._layouts, other._inputShapes, other.SelectsChannels, network);
        (Shapes, Barriers, Axes, UnitCount, Groups) = (other.Shapes, other.Barriers, other.Axes, other.UnitCount, other.Groups);
    }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>
    /// Whether a batch normalisation that reads a shared stream (a residual sum, a concatenation) may read some of its channels only: network slimming's channel selection
    /// (Liu et al., ICCV 2017, section 3) for pre-activation and dense networks. Each such batch normalisation is then a group of its own, and the stream stays whole.
    /// </summary>
    public bool SelectsChannels { get; }

    /// <summary>Shape of every value for one image.</summary>
    public IReadOnlyDictionary<string, TensorShape> Shapes { get; }

    /// <summary>Number of units.</summary>
    public int UnitCount { get; }

    /// <summary>All parameter axes along which channels lie; <see cref="ParameterAxis.Ids"/> holds units here.</summary>
    public ImmutableArray<ParameterAxis> Axes { get; }

    /// <summary>All groups that some layer writes, in topological order, those that must stay whole included.</summary>
    public ImmutableArray<ChannelGroup> Groups { get; }

    /// <summary>Nodes across which channels could not be followed.</summary>
    public ImmutableArray<Barrier> Barriers { get; }

    /// <summary>The groups of which channels may go.</summary>
    public IEnumerable<ChannelGroup> PrunableGroups => Groups.Where(group => group.IsPrunable);

    /// <summary>Traces the channels of a network, after <see cref="ShapeFolding"/> and <see cref="ChannelShuffle"/>: <see cref="Network"/> is what they leave.</summary>
    /// <param name="network">The network.</param>
    /// <param name="inputShapes">Input shapes where the file leaves more than the batch open.</param>
    /// <param name="selections">Whether <see cref="SelectsChannels"/>.</param>
    /// <exception cref="UnsupportedModelException">The shapes of the network cannot be inferred.</exception>
    public static ChannelUnits Analyze(Network network, IReadOnlyDictionary<string, TensorShape>? inputShapes = null, bool selections = false)
    {
        network = ChannelShuffle.ToGather(ShapeFolding.Apply(network, inputShapes), inputShapes);
        var shapes = ShapeInference.Infer(network, inputShapes);
        var tracer = new ChannelTracer(network, shapes, selections);
        tracer.Run();
        return new(network, inputShapes, shapes, tracer, selections);
    }

    /// <summary>The same network with channel selections.</summary>
    public ChannelUnits WithSelections() => SelectsChannels ? this : Analyze(Network, _inputShapes, selections: true);

    /// <summary>The same units with other values of the parameters: nothing is traced anew, for channels do not depend on them.</summary>
    /// <param name="values">Values by name, in the shapes that the parameters have.</param>
    public ChannelUnits WithParameters(IReadOnlyDictionary<string, HostTensor> values) => new(this, Network.WithParameters(values));

    /// <summary>Where the channels of a value lie, with units for <see cref="ChannelLayout.Ids"/>; null for parameters and for values that stay whole.</summary>
    public ChannelLayout? Layout(string value) => _layouts.GetValueOrDefault(value);

    /// <summary>Unit of each position along the channel axis of a value, or null where it stays whole.</summary>
    public int[]? ValueUnits(string value) => Layout(value)?.Ids;

    /// <summary>Numbers the classes of ids from 0 on, in the order in which they are asked for.</summary>
    private sealed class UnitNumbers(DisjointSets sets)
    {
        /// <summary>Number of a class plus 1 at the id that stands for it; 0 where none has been given. There may be millions of ids.</summary>
        private readonly int[] _following = new int[sets.Count];

        public int Count { get; private set; }

        public int Of(int id)
        {
            ref int following = ref _following[sets.Find(id)];
            if (following == 0)
            {
                following = ++Count;
            }

            return following - 1;
        }
    }
}
