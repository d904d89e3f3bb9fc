namespace Coppice.Graph.Channels;

/// <summary>What a parameter axis does with the channels along it.</summary>
public enum ChannelRole
{
    /// <summary>Each position makes the channel: the filters of a convolution, the rows of a fully connected layer.</summary>
    Write,

    /// <summary>Each position takes a channel out of a stream that others read too, for the path behind it alone: a batch normalisation behind a channel selection.</summary>
    Select,

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
public sealed record ParameterAxis(Node Node, string Parameter, int Axis, ChannelRole Role, int[] Ids)
{
    /// <summary>Whether channels begin here, written or taken out of a shared stream: what a group is named after.</summary>
    public bool IsOrigin => Role is ChannelRole.Write or ChannelRole.Select;
}
