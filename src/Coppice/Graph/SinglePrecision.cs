using System.Runtime.InteropServices;

namespace Coppice.Graph;

/// <summary>Conversion between single precision, in which this program computes, and the other floating-point types in which files store numbers.</summary>
internal static class SinglePrecision
{
    /// <summary>Elements of a floating-point type in single precision: exact for 16 bits, rounded to nearest even for double precision.</summary>
    public static float[] Of(ElementType type, ReadOnlySpan<byte> bytes)
    {
        var values = new float[bytes.Length / ElementTypes.SizeOf(type)];
        switch (type)
        {
            case ElementType.Float16:
                Convert(MemoryMarshal.Cast<byte, Half>(bytes), values, half => (float)half);
                break;
            case ElementType.BFloat16:
                Convert(MemoryMarshal.Cast<byte, ushort>(bytes), values, upper => BitConverter.Int32BitsToSingle(upper << 16));
                break;
            case ElementType.Float64:
                Convert(MemoryMarshal.Cast<byte, double>(bytes), values, number => (float)number);
                break;
            default:
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values);
                break;
        }

        return values;
    }

    /// <summary>Rounds values to nearest even into a floating-point type.</summary>
    /// <param name="values">The values.</param>
    /// <param name="type">The type.</param>
    /// <param name="bytes">Room for as many elements.</param>
    public static void Round(ReadOnlySpan<float> values, ElementType type, Span<byte> bytes)
    {
        switch (type)
        {
            case ElementType.Float16:
                Convert(values, MemoryMarshal.Cast<byte, Half>(bytes), value => (Half)value);
                break;
            case ElementType.BFloat16:
                Convert(values, MemoryMarshal.Cast<byte, ushort>(bytes), UpperHalf);
                break;
            case ElementType.Float64:
                Convert(values, MemoryMarshal.Cast<byte, double>(bytes), value => value);
                break;
            default:
                MemoryMarshal.AsBytes(values).CopyTo(bytes);
                break;
        }
    }

    private static void Convert<TFrom, TTo>(ReadOnlySpan<TFrom> from, Span<TTo> to, Func<TFrom, TTo> convert)
    {
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = convert(from[i]);
        }
    }

    /// <summary>bf16 is the upper half of single precision: half a unit of its last place is added, less one bit where that place is even, and the rest is cut off.</summary>
    private static ushort UpperHalf(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);

        // Rounding could carry a NaN's payload into infinity; the quiet bit keeps it what it is.
        return (ushort)(float.IsNaN(value) ? (bits >> 16) | 0x40 : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
