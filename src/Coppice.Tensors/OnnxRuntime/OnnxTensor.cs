using System.Collections.Frozen;
using System.Runtime.CompilerServices;

namespace Coppice.Tensors.OnnxRuntime;

/// <summary>A tensor in managed memory, given to or received from ONNX Runtime: an array, row-major, with a shape.</summary>
public sealed class OnnxTensor
{
    private static readonly FrozenDictionary<Type, TensorElementType> TypeOf = new Dictionary<Type, TensorElementType>
    {
        [typeof(float)] = TensorElementType.Float32,
        [typeof(byte)] = TensorElementType.UInt8,
        [typeof(sbyte)] = TensorElementType.Int8,
        [typeof(ushort)] = TensorElementType.UInt16,
        [typeof(short)] = TensorElementType.Int16,
        [typeof(int)] = TensorElementType.Int32,
        [typeof(long)] = TensorElementType.Int64,
        [typeof(bool)] = TensorElementType.Bool,
        [typeof(Half)] = TensorElementType.Float16,
        [typeof(double)] = TensorElementType.Float64,
        [typeof(uint)] = TensorElementType.UInt32,
        [typeof(ulong)] = TensorElementType.UInt64,
    }.ToFrozenDictionary();

    private readonly long[] _shape;

    private OnnxTensor(Array elements, int bytes, long[] shape, TensorElementType elementType)
    {
        Elements = elements;
        Bytes = bytes;
        _shape = shape;
        ElementType = elementType;
    }

    /// <summary>The elements' type.</summary>
    public TensorElementType ElementType { get; }

    /// <summary>The sizes of the axes; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>The number of elements.</summary>
    public int Length => Elements.Length;

    /// <summary>The array behind the tensor.</summary>
    internal Array Elements { get; }

    /// <summary>The array's size.</summary>
    internal int Bytes { get; }

    /// <summary>Gives an array a shape. The array is not copied: what changes in it later is seen by the next run.</summary>
    /// <typeparam name="T">float, Half, double, bool, or an integer of 8 to 64 bits.</typeparam>
    /// <exception cref="ArgumentException">The type has no ONNX counterpart, or the shape does not have as many elements as the array.</exception>
    public static OnnxTensor Create<T>(T[] elements, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(elements);
        if (!TypeOf.TryGetValue(typeof(T), out var type))
        {
            throw new ArgumentException($"Cannot make a tensor of {typeof(T).Name}: ONNX has no such element type; use float, Half, double, bool or an integer.", nameof(elements));
        }

        if (!Holds(shape, elements.Length))
        {
            throw new ArgumentException($"Cannot make a tensor: the shape {Describe(shape)} does not hold the {elements.Length} elements given.", nameof(shape));
        }

        return new(elements, checked(elements.Length * Unsafe.SizeOf<T>()), shape.ToArray(), type);
    }

    /// <summary>The elements, row-major.</summary>
    /// <exception cref="ArgumentException">The tensor has elements of another type.</exception>
    public T[] ToArray<T>()
        where T : unmanaged =>
        // The runtime type is compared: an array cast alone would let int[] pass for uint[].
        Elements.GetType() == typeof(T[])
            ? (T[])Elements
            : throw new ArgumentException($"Cannot read a tensor as {typeof(T).Name}: its elements are {ElementType}.", nameof(T));

    /// <summary>Such as <c>Float32[1,10]</c>.</summary>
    public override string ToString() => $"{ElementType}{Describe(Shape)}";

    /// <summary>Copies native memory into a new tensor.</summary>
    internal static unsafe OnnxTensor Copy(void* data, long[] shape, TensorElementType type) => type switch
    {
        TensorElementType.Float32 => Copy<float>(data, shape),
        TensorElementType.UInt8 => Copy<byte>(data, shape),
        TensorElementType.Int8 => Copy<sbyte>(data, shape),
        TensorElementType.UInt16 => Copy<ushort>(data, shape),
        TensorElementType.Int16 => Copy<short>(data, shape),
        TensorElementType.Int32 => Copy<int>(data, shape),
        TensorElementType.Int64 => Copy<long>(data, shape),
        TensorElementType.Bool => Copy<bool>(data, shape),
        TensorElementType.Float16 => Copy<Half>(data, shape),
        TensorElementType.Float64 => Copy<double>(data, shape),
        TensorElementType.UInt32 => Copy<uint>(data, shape),
        TensorElementType.UInt64 => Copy<ulong>(data, shape),
        _ => throw new NotSupportedException($"Cannot read an output of type {type}{Describe(shape)}: it has no C# type; ask for other outputs."),
    };

    private static unsafe OnnxTensor Copy<T>(void* data, long[] shape)
        where T : unmanaged
    {
        int length = 1;
        foreach (long size in shape) length = checked((int)(length * size));
        return Create(new ReadOnlySpan<T>(data, length).ToArray(), shape);
    }

    private static bool Holds(ReadOnlySpan<long> shape, long elements)
    {
        Int128 product = 1;
        foreach (long size in shape)
        {
            if (size < 0) return false;
            product *= size;
            if (product > long.MaxValue) return false;
        }

        return product == elements;
    }

    private static string Describe(ReadOnlySpan<long> shape) => $"[{string.Join(',', shape.ToArray())}]";
}
