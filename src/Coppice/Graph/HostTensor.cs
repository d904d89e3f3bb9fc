using System.Runtime.InteropServices;

namespace Coppice.Graph;

/// <summary>
/// A constant of the network in host memory: element type, shape and little-endian bytes in row-major order, as ONNX stores them.
/// Treated as immutable: whoever changes values makes a new one.
/// </summary>
public sealed class HostTensor
{
    private HostTensor(ElementType type, TensorShape shape, ReadOnlyMemory<byte> bytes)
    {
        Type = type;
        Shape = shape;
        Bytes = bytes;
    }

    /// <summary>Element type.</summary>
    public ElementType Type { get; }

    /// <summary>Extents, outermost first.</summary>
    public TensorShape Shape { get; }

    /// <summary>Row-major little-endian elements; opaque, as in the file, for types without a fixed size (see <see cref="ElementTypes.SizeOf"/>).</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Wraps bytes without copying them.</summary>
    /// <exception cref="ArgumentException">The number of bytes does not fit the type and shape.</exception>
    public static HostTensor FromBytes(ElementType type, TensorShape shape, ReadOnlyMemory<byte> bytes)
    {
        int size = ElementTypes.SizeOf(type);
        if (size > 0 && bytes.Length != shape.Length * size)
        {
            throw new ArgumentException($"A {type} tensor of shape {shape} takes {shape.Length * size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        return new(type, shape, bytes);
    }

    /// <summary>Copies single-precision values.</summary>
    public static HostTensor FromFloats(TensorShape shape, float[] values) => FromBytes(ElementType.Float32, shape, AsBytes(values));

    /// <summary>Rounds single-precision values to nearest even into a floating-point type.</summary>
    /// <exception cref="UnsupportedModelException">The type is no floating-point type.</exception>
    public static HostTensor FromFloats(TensorShape shape, ReadOnlySpan<float> values, ElementType type)
    {
        var bytes = new byte[checked(values.Length * ElementTypes.SizeOf(RequireFloatingPoint(type)))];
        SinglePrecision.Round(values, type, bytes);
        return FromBytes(type, shape, bytes);
    }

    /// <summary>Copies 64-bit integers.</summary>
    public static HostTensor FromLongs(TensorShape shape, params ReadOnlySpan<long> values) =>
        FromBytes(ElementType.Int64, shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>A one-dimensional tensor of 64-bit integers.</summary>
    public static HostTensor Vector(params ReadOnlySpan<long> values) => FromLongs(new(values.Length), values);

    /// <summary>
    /// The elements in single precision: without a copy where the file has them so; otherwise all are converted at each call, widened from 16 bits or rounded from double precision.
    /// </summary>
    /// <exception cref="UnsupportedModelException">The element type is no floating-point type.</exception>
    public ReadOnlySpan<float> Floats() => RequireFloatingPoint(Type) == ElementType.Float32
        ? MemoryMarshal.Cast<byte, float>(Bytes.Span)
        : SinglePrecision.Of(Type, Bytes.Span);

    /// <summary>The same tensor with other values, each rounded to nearest even into the tensor's own type. An element whose value in single precision stays keeps its bits.</summary>
    /// <param name="values">As many values as there are elements, row-major.</param>
    /// <exception cref="UnsupportedModelException">The element type is no floating-point type.</exception>
    public HostTensor WithFloats(ReadOnlySpan<float> values)
    {
        var rounded = FromFloats(Shape, values, Type);
        if (Type == ElementType.Float32)
        {
            return rounded;
        }

        int size = ElementTypes.SizeOf(Type);
        byte[] bytes = rounded.Bytes.ToArray();
        var present = Floats();
        for (int i = 0; i < values.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(values[i]) == BitConverter.SingleToInt32Bits(present[i]))
            {
                Bytes.Span.Slice(i * size, size).CopyTo(bytes.AsSpan(i * size));
            }
        }

        return new(Type, Shape, bytes);
    }

    /// <summary>The elements as 64-bit integers, widened from 32 bits where needed; for shapes, axes and other small constants.</summary>
    /// <exception cref="UnsupportedModelException">The element type is no 32- or 64-bit integer.</exception>
    public long[] Longs() => Type switch
    {
        ElementType.Int64 => MemoryMarshal.Cast<byte, long>(Bytes.Span).ToArray(),
        ElementType.Int32 => [.. MemoryMarshal.Cast<byte, int>(Bytes.Span).ToArray().Select(value => (long)value)],
        _ => throw new UnsupportedModelException($"Cannot use a constant of {Type} elements as shape, axes or positions: those are Int64 or Int32; export the model again."),
    };

    /// <summary>Keeps the given positions along one axis, in the given order.</summary>
    /// <param name="axis">Axis in [0, rank).</param>
    /// <param name="positions">Positions along that axis.</param>
    /// <exception cref="InvalidOperationException">The elements have no fixed size.</exception>
    /// <returns>A new tensor whose extent along <paramref name="axis"/> is the number of positions.</returns>
    public HostTensor Gather(int axis, ReadOnlySpan<int> positions)
    {
        int size = ElementTypes.SizeOf(Type);
        if (size == 0)
        {
            throw new InvalidOperationException($"Cannot select positions of {Type} elements: they have no fixed size.");
        }

        long outer = Shape.Product(0, axis);
        int run = checked((int)(Shape.Product(axis + 1, Shape.Rank) * size));
        int stride = checked((int)(Shape[axis] * run));
        var result = new byte[checked((int)(outer * positions.Length * run))];
        int target = 0;
        for (int block = 0; block < outer; block++)
        {
            foreach (int position in positions)
            {
                Bytes.Span.Slice((block * stride) + (position * run), run).CopyTo(result.AsSpan(target, run));
                target += run;
            }
        }

        return new(Type, Shape.With(axis, positions.Length), result);
    }

    private static ElementType RequireFloatingPoint(ElementType type) => ElementTypes.IsFloatingPoint(type)
        ? type
        : throw new UnsupportedModelException($"Cannot compute with {type} elements: this version takes Float32, Float16, BFloat16 and Float64 as numbers; export the model again.");

    private static byte[] AsBytes(float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
