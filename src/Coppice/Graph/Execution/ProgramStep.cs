using System.Collections.Immutable;
using Coppice.Graph.Operators;

namespace Coppice.Graph.Execution;

/// <summary>One step of a program: a node, or several that one kernel computes.</summary>
/// <param name="Node">The node whose output 0 the step writes; the last one of a fused chain.</param>
/// <param name="Inputs">Values read, parameters included.</param>
internal abstract record ProgramStep(Node Node, ImmutableArray<string> Inputs)
{
    /// <summary>Values that nobody reads after this step.</summary>
    public ImmutableArray<string> LastReads { get; init; } = [];

    /// <summary>Values whose memory is free for the output.</summary>
    public ImmutableArray<string> Overwritable { get; init; } = [];
}

/// <summary>A node that its operator executes.</summary>
internal sealed record OperatorStep(Node Node, Operator Operator, ImmutableArray<string> Inputs) : ProgramStep(Node, Inputs)
{
    /// <summary>Whether the operator computes in single precision whatever the program's precision: the layer that writes an output of the network.</summary>
    public bool InSinglePrecision { get; init; }
}

/// <summary>A layer that one kernel computes together with what follows it.</summary>
/// <param name="Layer">The first node of the chain.</param>
/// <param name="Epilogue">What follows.</param>
/// <param name="LayerInputs">What the layer reads.</param>
internal abstract record FusedStep(Node Layer, Epilogue Epilogue, ImmutableArray<string> LayerInputs)
    : ProgramStep(Epilogue.Last, Epilogue.Residual is { } residual ? LayerInputs.Add(residual) : LayerInputs);

/// <summary>A batch normalisation that was not folded.</summary>
internal sealed record BatchNormStep(Node Layer, Epilogue Epilogue, ImmutableArray<string> LayerInputs) : FusedStep(Layer, Epilogue, LayerInputs);

/// <summary>A convolution by a prepared kernel.</summary>
internal sealed record ConvolutionStep(Node Layer, Epilogue Epilogue, ImmutableArray<string> LayerInputs) : FusedStep(Layer, Epilogue, LayerInputs);
