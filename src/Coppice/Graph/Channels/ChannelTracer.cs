using Coppice.Graph.Operators;

namespace Coppice.Graph.Channels;

/// <summary>Collects, node by node in topological order, the channel ids of every value, which of them are one, and which parameter axes carry them.</summary>
internal sealed class ChannelTracer(Network network, IReadOnlyDictionary<string, TensorShape> shapes)
{
    private readonly Dictionary<string, int[]> _ids = [];
    private readonly List<ParameterAxis> _axes = [];
    private readonly List<(int Id, string Reason)> _fixed = [];
    private readonly List<Barrier> _barriers = [];

    public DisjointSets Sets { get; } = new();

    public IReadOnlyList<ParameterAxis> Axes => _axes;

    /// <summary>Ids that must stay, with the reason.</summary>
    public IReadOnlyList<(int Id, string Reason)> Fixed => _fixed;

    public IReadOnlyList<Barrier> Barriers => _barriers;

    public IReadOnlyDictionary<string, int[]> ValueIds => _ids;

    public void Run()
    {
        foreach (var input in network.Inputs)
        {
            AssignFixed(input.Name, "it is an input of the network");
        }

        foreach (var node in network.Nodes)
        {
            var call = new ChannelCall(this, node, new ShapeCall(node, shapes, network.Parameters));
            if (OperatorTable.Find(node) is not { } known)
            {
                Block(node, $"operator {node.OperatorType} is not known");
            }
            else if (node.Inputs.Concat(node.Outputs).Any(value => value.Length > 0 && !shapes.ContainsKey(value)))
            {
                Block(node, "its shapes are not known");
            }
            else
            {
                known.TraceChannels(call);
            }
        }

        foreach (var output in network.Outputs)
        {
            Fix(_ids.GetValueOrDefault(output.Name), "it is an output of the network");
        }
    }

    public int[]? Ids(string value) => _ids.GetValueOrDefault(value);

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

    public void Assign(string value, int[] ids)
    {
        if (value.Length > 0)
        {
            _ids[value] = ids;
        }
    }

    public void Record(ParameterAxis axis) => _axes.Add(axis);

    public void Block(Node node, string reason)
    {
        _barriers.Add(new(node, reason));
        string why = $"{node} holds it: {reason}";
        foreach (string input in node.Inputs.Where(input => input.Length > 0))
        {
            Fix(_ids.GetValueOrDefault(input), why);
        }

        foreach (string output in node.Outputs.Where(output => output.Length > 0))
        {
            AssignFixed(output, why);
        }
    }

    private void AssignFixed(string value, string reason)
    {
        if (shapes.TryGetValue(value, out var shape) && shape.Rank >= 2)
        {
            _ids[value] = Fresh(shape[1]);
            Fix(_ids[value], reason);
        }
    }

    private void Fix(int[]? ids, string reason)
    {
        foreach (int id in ids ?? [])
        {
            _fixed.Add((id, reason));
        }
    }
}

/// <summary>A node across which channels cannot be followed: what touches it stays whole.</summary>
/// <param name="Node">The node.</param>
/// <param name="Reason">Why, in words for a person.</param>
public sealed record Barrier(Node Node, string Reason);
