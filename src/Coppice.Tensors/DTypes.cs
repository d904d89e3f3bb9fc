namespace Coppice.Tensors;

/// <summary>Facts about element types.</summary>
public static class DTypes
{
    /// <summary>The element type that stores values of the .NET type <typeparamref name="T"/>.</summary>
    /// <exception cref="ArgumentException">No element type has the layout of <typeparamref name="T"/>.</exception>
    public static DType Of<T>()
        where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return DType.Float32;
        if (typeof(T) == typeof(long)) return DType.Int64;
        if (typeof(T) == typeof(byte)) return DType.UInt8;
        if (typeof(T) == typeof(double)) return DType.Float64;
        if (typeof(T) == typeof(int)) return DType.Int32;
        if (typeof(T) == typeof(bool)) return DType.Bool;
        if (typeof(T) == typeof(short)) return DType.Int16;
        if (typeof(T) == typeof(sbyte)) return DType.Int8;
        if (typeof(T) == typeof(Half)) return DType.Float16;
        throw new ArgumentException(
            $"No tensor holds values of type {typeof(T).Name}: use float, double, long, int, short, sbyte, byte, bool or Half.");
    }

    /// <summary>Bytes per element.</summary>
    public static int Size(this DType dtype) => dtype switch
    {
        DType.UInt8 or DType.Int8 or DType.Bool => 1,
        DType.Int16 or DType.Float16 or DType.BFloat16 => 2,
        DType.Int32 or DType.Float32 => 4,
        DType.Int64 or DType.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "This element type is not known here."),
    };

    /// <summary>Whether the elements are floating-point numbers, so that gradients exist.</summary>
    public static bool IsFloatingPoint(this DType dtype) => dtype is DType.Float16 or DType.Float32 or DType.Float64 or DType.BFloat16;

    /// <summary>Whether the elements are whole numbers; truth values are not.</summary>
    public static bool IsInteger(this DType dtype) => !dtype.IsFloatingPoint() && dtype != DType.Bool;
}
