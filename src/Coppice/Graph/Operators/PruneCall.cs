namespace Coppice.Graph.Operators;

/// <summary>What a node sees while channels are cut: which positions of each value stay, and a way to replace constants.</summary>
public abstract class PruneCall
{
    /// <summary>The node as it was.</summary>
    public abstract Node Node { get; }

    /// <summary>Shapes and constants as they were.</summary>
    public abstract ShapeCall Shapes { get; }

    /// <summary>For each channel of the input value whether it stays, or null where the value stays whole.</summary>
    public abstract bool[]? InputKept(int input);

    /// <summary>For each channel of the output value whether it stays, or null where the value stays whole.</summary>
    public abstract bool[]? OutputKept(int output);

    /// <summary>Axis of the input value along which its channels lie; 1 where the value stays whole.</summary>
    public abstract int InputAxis(int input);

    /// <summary>Axis of the output value along which its channels lie; 1 where the value stays whole.</summary>
    public abstract int OutputAxis(int output);

    /// <summary>A node that reads some channels of the input value only: a Gather comes in between.</summary>
    /// <param name="input">Input position.</param>
    /// <param name="channels">Channels that are read, ascending.</param>
    public abstract Node WithSelection(int input, ReadOnlySpan<int> channels);

    /// <summary>A node that reads another constant at the input position, which may have been omitted; other users of the old constant are not touched.</summary>
    public abstract Node WithConstant(int input, HostTensor value);
}
