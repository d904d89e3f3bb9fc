using Coppice.Graph.Operators;

namespace Coppice.Graph.Channels;

/// <summary>What a node sees while the channels of a group that are zero in every filter, bias, γ and β are followed: in which of its inputs they are zero.</summary>
public sealed class ZeroCall
{
    private readonly ChannelGroup _group;
    private readonly ZeroFlow _flow;

    internal ZeroCall(Node node, ChannelUnits units, ChannelGroup group, ZeroFlow flow)
    {
        (Node, _group, _flow) = (node, group, flow);
        Shapes = new(node, units.Network.OperatorSet, units.Shapes, units.Network.Parameters);
    }

    /// <summary>The node.</summary>
    public Node Node { get; }

    /// <summary>Shapes and constants of the inputs.</summary>
    public ShapeCall Shapes { get; }

    /// <summary>Whether the input carries channels of the group.</summary>
    public bool Carries(int input) => Node.Input(input) is { } value && _flow.Carries(value);

    /// <summary>
    /// Whether the zero channels of the group are zero in the input. A parameter with a position for each channel is, as such a channel is one that is zero in all of them; any other
    /// parameter is only where all its elements are.
    /// </summary>
    public bool IsZero(int input)
    {
        if (Shapes.Constant(input) is { } parameter)
        {
            return _group.Axes.Any(axis => ReferenceEquals(axis.Node, Node) && axis.Parameter == Node.Input(input) && axis.Role != ChannelRole.Read)
                || IsZeroThroughout(parameter);
        }

        return Carries(input) && _flow.EndOf(Node.Inputs[input]) is null;
    }

    private static bool IsZeroThroughout(HostTensor parameter) => ElementTypes.IsFloatingPoint(parameter.Type) && parameter.Floats().IndexOfAnyExcept(0f) < 0;
}
