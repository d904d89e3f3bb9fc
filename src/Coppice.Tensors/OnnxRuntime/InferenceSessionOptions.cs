namespace Coppice.Tensors.OnnxRuntime;

/// <summary>How ONNX Runtime executes a model. Operators always run one after another; only the work inside an operator is shared among threads.</summary>
public sealed record InferenceSessionOptions
{
    /// <summary>Threads inside an operator, ≥ 1. One thread is what latency is compared on: it depends least on what else the machine does.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>How far the graph is rewritten before it runs.</summary>
    public GraphOptimization GraphOptimization { get; init; } = GraphOptimization.All;

    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal void Validate()
    {
        if (Threads < 1) throw new ArgumentException($"Cannot set up a session: {nameof(Threads)} is {Threads}; give at least 1.");
        if (!Enum.IsDefined(GraphOptimization)) throw new ArgumentException($"Cannot set up a session: {nameof(GraphOptimization)} has no level {(int)GraphOptimization}.");
    }
}

/// <summary>ONNX Runtime's levels of graph rewriting (<c>GraphOptimizationLevel</c>); each includes the ones before it.</summary>
public enum GraphOptimization
{
    /// <summary>The graph runs as written: the way to compare a model with its definition.</summary>
    None = 0,

    /// <summary>Constant folding, removal of what has no effect, simple fusions (convolution + batch normalisation).</summary>
    Basic = 1,

    /// <summary>Fusions that depend on the execution provider.</summary>
    Extended = 2,

    /// <summary>Memory layouts as well: what a deployed model runs with.</summary>
    All = 99,
}
