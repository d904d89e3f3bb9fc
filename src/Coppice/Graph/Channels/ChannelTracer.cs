using Coppice.Graph.Operators;

namespace Coppice.Graph.Channels;

/// <summary>Collects, node by node in topological order, the channel ids of every value, which of them are one, and which parameter axes carry them.</summary>
internal sealed class ChannelTracer(Network network, IReadOnlyDictionary<string, TensorShape> shapes, bool selections)
{
    /// <summary>Positions of all values along the axes of their channels together; each has a number of its own.</summary>
    private const long MostPositions = ShapeInference.MostChannels;

    private readonly Dictionary<string, ChannelLayout> _layouts = [];
    private readonly List<ParameterAxis> _axes = [];
    private readonly List<(int[] Ids, string Reason)> _fixed = [];
    private readonly List<int[]> _parts = [];
    private readonly List<Barrier> _barriers = [];
    private readonly Dictionary<(string Parameter, int Axis), ParameterAxis> _first = [];
    private readonly HashSet<(string Node, string Parameter, int Axis)> _recorded = [];

    private long _positions;

    public DisjointSets Sets { get; } = new();

    public IReadOnlyList<ParameterAxis> Axes => _axes;

    /// <summary>Ids that must stay, with the reason.</summary>
    public IReadOnlyList<(int[] Ids, string Reason)> Fixed => _fixed;

    /// <summary>Ids of each part that some node takes out of a value.</summary>
    public IReadOnlyList<int[]> Parts => _parts;

    public IReadOnlyList<Barrier> Barriers => _barriers;

    public IReadOnlyDictionary<string, ChannelLayout> Layouts => _layouts;

    /// <exception cref="UnsupportedModelException">There are more channels than can be followed one by one.</exception>
    public void Run()
    {
        CheckChannels();
        foreach (var node in network.Nodes)
        {
            var call = new ChannelCall(this, node, new ShapeCall(node, network.OperatorSet, shapes, network.Parameters));
            if (OperatorTable.Find(node) is not { } known)
            {
                Block(node, OperatorTable.Unknown(node));
            }
            else if (node.Inputs.Concat(node.Outputs).Any(value => value.Length > 0 && !shapes.ContainsKey(value)))
            {
                Block(node, "its shapes are not known");
            }
            else if (known.HostInputs.Select(node.Input).FirstOrDefault(input => input is not null && !network.Parameters.ContainsKey(input)) is { } computed)
            {
                Block(node, $"'{computed}' is computed while the network runs");
            }
            else if (node.Outputs.Any(output => output.Length > 0 && shapes[output].Extents.Any(extent => extent > MostPositions - _positions)))
            {
                Block(node, $"with it, more than {MostPositions} positions would have to be followed");
            }
            else
            {
                known.TraceChannels(call);
            }
        }

        foreach (var output in network.Outputs)
        {
            Fix(Layout(output.Name)?.Ids, "it is an output of the network");
        }

        FixParametersWithOtherReaders();
    }

    /// <summary>Before any is given a number: a small file must not claim more than memory holds.</summary>
    private void CheckChannels()
    {
        var values = network.Inputs.Select(input => input.Name).Concat(network.Nodes.SelectMany(node => node.Outputs));
        long channels = values.Where(value => shapes.TryGetValue(value, out var shape) && shape.Rank >= 2).Sum(value => shapes[value][1]);
        if (channels > MostPositions)
        {
            throw new UnsupportedModelException($"Cannot follow the channels of '{network.Name}': its values have {channels} channels and features together, more than {MostPositions}; give a smaller --input-shape.");
        }
    }

    /// <summary>
    /// Whether selections are wanted and the node begins one: a batch normalisation that reads what others read or write too (a residual sum, a concatenation), or a selection of
    /// constant positions in front of nothing but a batch normalisation, as an earlier cut has left it.
    /// </summary>
    public bool BeginsSelection(Node node)
    {
        if (!selections)
        {
            return false;
        }

        return node.OperatorType == "Gather"
            ? network.Index.OnlyConsumer(node.Outputs[0]) is { OperatorType: "BatchNormalization" }
            : network.Index.Consumers(node.Inputs[0]).Length > 1 || network.Index.Producer(node.Inputs[0]) is { OperatorType: "Add" or "Concat" };
    }

    /// <summary>Whether the value is what a selection of constant positions takes, where selections are wanted.</summary>
    public bool IsSelected(string value) => network.Index.Producer(value) is { OperatorType: "Gather" } gather && BeginsSelection(gather);

    public ChannelLayout? Layout(string value) => _layouts.GetValueOrDefault(value);

    public TensorShape Shape(string value) => shapes[value];

    public bool IsParameter(string value) => network.Parameters.ContainsKey(value);

    public int[] Fresh(long count)
    {
        var ids = new int[count];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = Sets.Add();
        }

        return ids;
    }

    public void Unite(ReadOnlySpan<int> left, ReadOnlySpan<int> right)
    {
        for (int i = 0; i < left.Length; i++)
        {
            Sets.Unite(left[i], right[i]);
        }
    }

    public void Assign(string value, ChannelLayout layout)
    {
        if (value.Length > 0)
        {
            _layouts[value] = layout;
            _positions += layout.Ids.Length;
        }
    }

    /// <summary>
    /// Takes note of an axis. A parameter that several nodes share has one set of positions, so its channels are one; what is computed, has no elements of fixed size or another number
    /// of positions than there are channels cannot be cut.
    /// </summary>
    public void Record(ParameterAxis axis)
    {
        if (!network.Parameters.TryGetValue(axis.Parameter, out var parameter) || ElementTypes.SizeOf(parameter.Type) == 0)
        {
            Fix(axis.Ids, $"{axis.Node} holds it: '{axis.Parameter}' is {(parameter is null ? "computed, not stored" : $"of type {parameter.Type}")}");
            return;
        }

        if (axis.Axis >= parameter.Shape.Rank || parameter.Shape[axis.Axis] != axis.Ids.Length)
        {
            Fix(axis.Ids, $"{axis.Node} holds it: '{axis.Parameter}' is {parameter.Shape}, which does not fit {axis.Ids.Length} channels");
            return;
        }

        if (!_first.TryAdd((axis.Parameter, axis.Axis), axis))
        {
            Unite(_first[(axis.Parameter, axis.Axis)].Ids, axis.Ids);
        }

        _recorded.Add((axis.Node.Name, axis.Parameter, axis.Axis));
        _axes.Add(axis);
    }

    /// <summary>Takes note of a part of a value, which must not vanish.</summary>
    public void Distinguish(int[] ids) => _parts.Add(ids);

    /// <summary>Says that channels must stay.</summary>
    public void Fix(int[]? ids, string reason)
    {
        if (ids is not null)
        {
            _fixed.Add((ids, reason));
        }
    }

    /// <summary>Says that a node's inputs stay whole. It is a barrier if that holds anything; behind it, values have no layout.</summary>
    public void Block(Node node, string reason)
    {
        ChannelLayout[] held = [.. node.Reads.Select(Layout).OfType<ChannelLayout>()];
        foreach (var layout in held)
        {
            Fix(layout.Ids, $"{node} holds it: {reason}");
        }

        if (held.Length > 0)
        {
            _barriers.Add(new(node, reason));
        }
    }

    /// <summary>A parameter that someone else reads whole, without saying which axis holds channels, must stay whole.</summary>
    private void FixParametersWithOtherReaders()
    {
        foreach (var ((parameter, axis), recorded) in _first)
        {
            foreach (var reader in network.Index.Consumers(parameter).Where(reader => !_recorded.Contains((reader.Name, parameter, axis))))
            {
                Fix(recorded.Ids, $"{reader} holds it: it reads '{parameter}' too");
            }

            if (network.Index.IsOutput(parameter))
            {
                Fix(recorded.Ids, $"'{parameter}' is an output of the network");
            }
        }
    }
}

/// <summary>A node across which channels cannot be followed: what touches it stays whole.</summary>
/// <param name="Node">The node.</param>
/// <param name="Reason">Why, in words for a person.</param>
public sealed record Barrier(Node Node, string Reason);
