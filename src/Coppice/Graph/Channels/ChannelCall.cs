using Coppice.Graph.Operators;

namespace Coppice.Graph.Channels;

/// <summary>What a node sees and says while channels are traced: the channel ids of its inputs, and operations on them. Outputs that it does not return stay whole.</summary>
public sealed class ChannelCall
{
    private readonly ChannelTracer _tracer;

    internal ChannelCall(ChannelTracer tracer, Node node, ShapeCall shapes)
    {
        _tracer = tracer;
        Node = node;
        Shapes = shapes;
    }

    /// <summary>The node.</summary>
    public Node Node { get; }

    /// <summary>Shapes and constants of the inputs.</summary>
    public ShapeCall Shapes { get; }

    /// <summary>Where the channels of an input lie, or null for parameters, omitted inputs and values that stay whole.</summary>
    public ChannelLayout? Layout(int input) => Node.Input(input) is { } name ? _tracer.Layout(name) : null;

    /// <summary>
    /// Channel id of each position along an axis of the input, or null where all of them stay. Channels along any other axis are locked: the caller is about to mix them.
    /// </summary>
    public int[]? IdsAlong(int input, int axis)
    {
        if (Layout(input) is not { } layout || layout.Axis == axis)
        {
            return Layout(input)?.Ids;
        }

        Lock(layout.Ids, $"it works across axis {layout.Axis}, along which they lie");
        return null;
    }

    /// <summary>Shape of the output at that position.</summary>
    public TensorShape OutputShape(int output = 0) => _tracer.Shape(Node.Outputs[output]);

    /// <summary>New ids: channels that this node makes.</summary>
    public int[] Fresh(long count) => _tracer.Fresh(count);

    /// <summary>New ids for the positions of an operand that stays whole.</summary>
    public int[] Whole(long count)
    {
        int[] ids = Fresh(count);
        Lock(ids, "it belongs to an operand that stays whole");
        return ids;
    }

    /// <summary>Says that the channels at equal positions live or die together.</summary>
    public void Unite(ReadOnlySpan<int> left, ReadOnlySpan<int> right) => _tracer.Unite(left, right);

    /// <summary>Gives the output its channels.</summary>
    public void Return(int output, int[] ids, int axis = 1) => _tracer.Assign(Node.Outputs[output], new(axis, ids));

    /// <summary>Gives the output some of the input's channels. They are a group of their own, or several: each keeps a channel, so that the part does not vanish.</summary>
    public void ReturnPart(int output, int[] ids, int axis)
    {
        _tracer.Distinguish(ids);
        Return(output, ids, axis);
    }

    /// <summary>Gives output 0 the channels of input 0, or those along another axis of the same ids.</summary>
    public void PassThrough(int? axis = null)
    {
        if (Layout(0) is { } layout)
        {
            Return(0, layout.Ids, axis ?? layout.Axis);
        }
    }

    /// <summary>Gives output 0 the channels of input 0 along axis 1; for operators that work across every other axis.</summary>
    public void PassChannels()
    {
        if (IdsAlong(0, 1) is { } ids)
        {
            Return(0, ids);
        }
    }

    /// <summary>Says that positions along an axis of a parameter are channels. Does nothing for an omitted input; locks the channels where the input is computed.</summary>
    public void Record(int input, int axis, ChannelRole role, int[] ids)
    {
        if (Node.Input(input) is { } parameter)
        {
            _tracer.Record(new(Node, parameter, axis, role, ids));
        }
    }

    /// <summary>Whether channels of input 0 may stop at this node without going from the network: see <see cref="ChannelUnits.SelectsChannels"/>.</summary>
    public bool BeginsSelection => _tracer.BeginsSelection(Node);

    /// <summary>Whether input 0 is what a selection has taken.</summary>
    public bool ReadsSelection => _tracer.IsSelected(Node.Inputs[0]);

    /// <summary>Takes channels out of a shared stream: the stream must stay, but each channel behind this node is one of its own.</summary>
    /// <param name="stream">Ids of the stream.</param>
    /// <param name="count">Number of channels taken.</param>
    public int[] Select(int[] stream, int count)
    {
        Lock(stream, "it is read through a channel selection");
        return Fresh(count);
    }

    /// <summary>Says that channels must stay.</summary>
    public void Lock(int[] ids, string reason) => _tracer.Fix(ids, $"{Node} holds it: {reason}");

    /// <summary>Whether the input is a parameter of the network, so that it can be cut.</summary>
    public bool IsParameter(int input) => Node.Input(input) is { } name && _tracer.IsParameter(name);

    /// <summary>Says that nothing is known of how channels pass: all that enters or leaves this node stays whole.</summary>
    public void Block(string reason) => _tracer.Block(Node, reason);
}
