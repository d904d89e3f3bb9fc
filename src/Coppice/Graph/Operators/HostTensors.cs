using System.Runtime.InteropServices;
using Coppice.Tensors;

namespace Coppice.Graph.Operators;

/// <summary>Small tensors between the host and libtorch.</summary>
internal static class HostTensors
{
    /// <summary>libtorch's name for an element type, or null where it has none.</summary>
    public static DType? DTypeOf(ElementType type) => type switch
    {
        ElementType.Float32 => DType.Float32,
        ElementType.UInt8 => DType.UInt8,
        ElementType.Int8 => DType.Int8,
        ElementType.Int16 => DType.Int16,
        ElementType.Int32 => DType.Int32,
        ElementType.Int64 => DType.Int64,
        ElementType.Bool => DType.Bool,
        ElementType.Float16 => DType.Float16,
        ElementType.Float64 => DType.Float64,
        ElementType.BFloat16 => DType.BFloat16,
        _ => null,
    };

    /// <summary>A copy of a tensor on the host; floating-point numbers in single precision.</summary>
    public static HostTensor Fetch(Tensor tensor)
    {
        TensorShape shape = new(tensor.Shape);
        return tensor.DType switch
        {
            DType.Int64 => HostTensor.FromLongs(shape, tensor.ToArray<long>()),
            DType.Int32 => HostTensor.FromBytes(ElementType.Int32, shape, MemoryMarshal.AsBytes(tensor.ToArray<int>().AsSpan()).ToArray()),
            DType.Bool => HostTensor.FromBytes(ElementType.Bool, shape, MemoryMarshal.AsBytes(tensor.ToArray<bool>().AsSpan()).ToArray()),
            _ => HostTensor.FromFloats(shape, tensor.To(DType.Float32).ToArray<float>()),
        };
    }

    /// <summary>A tensor with the elements of a host tensor, floating-point numbers in single precision; null where libtorch has no such type.</summary>
    public static Tensor? Load(HostTensor value)
    {
        var extents = value.Shape.Extents.AsSpan();
        return value.Type switch
        {
            _ when ElementTypes.IsFloatingPoint(value.Type) => Tensor.FromArray(value.Floats(), extents),
            ElementType.Int64 => Tensor.FromArray(MemoryMarshal.Cast<byte, long>(value.Bytes.Span), extents),
            ElementType.Int32 => Tensor.FromArray(MemoryMarshal.Cast<byte, int>(value.Bytes.Span), extents),
            ElementType.Bool => Tensor.FromArray(MemoryMarshal.Cast<byte, bool>(value.Bytes.Span), extents),
            ElementType.UInt8 => Tensor.FromArray(value.Bytes.Span, extents),
            _ => null,
        };
    }

    /// <summary>The first element of a tensor of numbers or truth values (0 and 1).</summary>
    /// <exception cref="UnsupportedModelException">It is of another type, or empty.</exception>
    public static double Number(HostTensor value) => value switch
    {
        { Shape.Length: 0 } => throw new UnsupportedModelException("Cannot read a number: the constant is empty."),
        _ when ElementTypes.IsFloatingPoint(value.Type) => value.Floats()[0],
        { Type: ElementType.Int64 or ElementType.Int32 } => value.Longs()[0],
        { Type: ElementType.Bool or ElementType.UInt8 } => value.Bytes.Span[0],
        { Type: ElementType.Int8 } => (sbyte)value.Bytes.Span[0],
        { Type: ElementType.Int16 } => MemoryMarshal.Read<short>(value.Bytes.Span),
        _ => throw new UnsupportedModelException($"Cannot read a number: the constant is of type {value.Type}."),
    };
}
