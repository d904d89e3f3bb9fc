using System.Runtime.InteropServices;
using Coppice.Graph;
using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Runs;

/// <summary>Numbers on their way to ONNX Runtime and back: a half-precision file takes and gives half precision there, and single precision here.</summary>
internal static class RuntimeTensors
{
    /// <summary>A tensor for the runtime, in its own element type.</summary>
    /// <exception cref="UnsupportedModelException">The runtime takes no such elements from us.</exception>
    public static OnnxTensor Of(HostTensor tensor)
    {
        var bytes = tensor.Bytes.Span;
        var shape = tensor.Shape.Extents.AsSpan();
        return tensor.Type switch
        {
            ElementType.Float32 => OnnxTensor.Create(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), shape),
            ElementType.Float16 => OnnxTensor.Create(MemoryMarshal.Cast<byte, Half>(bytes).ToArray(), shape),
            ElementType.Float64 => OnnxTensor.Create(MemoryMarshal.Cast<byte, double>(bytes).ToArray(), shape),
            _ => throw new UnsupportedModelException($"Cannot run the network in ONNX Runtime: its input holds {tensor.Type}; Float32, Float16 and Float64 are what can be fed. Export it with such an input."),
        };
    }

    /// <summary>The elements of what the runtime gave, in single precision.</summary>
    /// <exception cref="UnsupportedModelException">They are no floating-point numbers.</exception>
    public static float[] Floats(OnnxTensor tensor) => tensor.ElementType switch
    {
        TensorElementType.Float32 => tensor.ToArray<float>(),
        TensorElementType.Float16 => Array.ConvertAll(tensor.ToArray<Half>(), half => (float)half),
        TensorElementType.Float64 => Array.ConvertAll(tensor.ToArray<double>(), number => (float)number),
        _ => throw new UnsupportedModelException($"Cannot read an output of ONNX Runtime: it holds {tensor.ElementType}, not floating-point numbers; give a network whose outputs are."),
    };
}
