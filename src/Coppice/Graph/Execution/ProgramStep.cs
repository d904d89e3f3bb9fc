using System.Collections.Immutable;
using Coppice.Graph.Operators;

namespace Coppice.Graph.Execution;

/// <summary>One step of a program: a node, or several that one kernel computes.</summary>
/// <param name="Node">The node whose output 0 the step writes; the last one of a fused chain.</param>
/// <param name="Operator">The operator of <paramref name="Node"/>; null for a fused step.</param>
/// <param name="Inputs">Values read, parameters included.</param>
/// <param name="Outputs">Values written.</param>
internal sealed record ProgramStep(Node Node, Operator? Operator, ImmutableArray<string> Inputs, ImmutableArray<string> Outputs)
{
    /// <summary>The batch normalisation that a fused step starts with.</summary>
    public Node? BatchNorm { get; init; }

    /// <summary>The value added before the activation, for a fused step at the end of a residual block.</summary>
    public string? Residual { get; init; }

    /// <summary>Whether a fused step ends with max(0, x).</summary>
    public bool EndsWithRelu { get; init; }

    /// <summary>Whether the operator computes in single precision whatever the program's precision: the layer that writes an output of the network.</summary>
    public bool InSinglePrecision { get; init; }

    /// <summary>Values that nobody reads after this step.</summary>
    public ImmutableArray<string> LastReads { get; init; } = [];

    /// <summary>Whether the memory of the input at that position is free for the output.</summary>
    public ImmutableArray<bool> MayOverwrite { get; init; } = [];
}
