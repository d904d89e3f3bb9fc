using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Tensors;
using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Runs;

/// <summary>A network ready to be run by one of the two engines.</summary>
internal abstract class VerificationEngine : IDisposable
{
    /// <summary>Runs the network.</summary>
    /// <returns>Its outputs, in the order of the network's outputs.</returns>
    public abstract float[][] Run(ImmutableArray<VerificationInput> inputs);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>The training engine, in single precision.</summary>
internal sealed class TrainingEngine(Network network) : VerificationEngine
{
    private readonly NetworkProgram _program = NetworkProgram.Compile(network, new() { Precision = Precision.Float32 });

    public override float[][] Run(ImmutableArray<VerificationInput> inputs)
    {
        using var scope = new TensorScope();
        var tensors = inputs.ToDictionary(input => input.Name, input => Tensor.FromArray(input.Value.Floats(), input.Value.Shape.Extents.AsSpan()));
        return [.. _program.Run(tensors).Select(output => output.ToArray<float>())];
    }

    public override void Dispose() => _program.Dispose();
}

/// <summary>ONNX Runtime, as a deployed model runs.</summary>
internal sealed class DeploymentEngine(InferenceSession session, ImmutableArray<string> outputs) : VerificationEngine
{
    public override float[][] Run(ImmutableArray<VerificationInput> inputs)
    {
        var results = session.Run(inputs.ToDictionary(input => input.Name, input => RuntimeTensors.Of(input.Value)), outputs);
        return [.. outputs.Select(output => RuntimeTensors.Floats(results[output]))];
    }

    public override void Dispose() => session.Dispose();
}
