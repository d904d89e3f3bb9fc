namespace Coppice.Graph.Channels;

/// <summary>What a parameter axis does with the channels along it.</summary>
public enum ChannelRole
{
    /// <summary>Each position makes the channel: the filters of a convolution, the rows of a fully connected layer.</summary>
    Write,

    /// <summary>Each position reads the channel: the input side of a convolution or fully connected layer.</summary>
    Read,

    /// <summary>Each position goes with the channel: biases, batch-norm vectors, depthwise filters.</summary>
    Follow,
}

/// <summary>An axis of a parameter whose positions are channels: what loses a position when a channel goes.</summary>
/// <param name="Node">The node that uses the parameter.</param>
/// <param name="Parameter">Name of the parameter.</param>
/// <param name="Axis">Axis of the parameter.</param>
/// <param name="Role">What the axis does with the channels.</param>
/// <param name="Ids">Channel id of each position along the axis.</param>
public sealed record ParameterAxis(Node Node, string Parameter, int Axis, ChannelRole Role, int[] Ids);
