using System.Runtime.InteropServices;

namespace Coppice.Data.Arrays;

/// <summary>Reads the numbers of a stored array, one after the other, through a small buffer.</summary>
/// <param name="stream">Begins at the first number.</param>
/// <param name="type">How they are coded.</param>
/// <param name="isBigEndian">Whether the most significant byte comes first.</param>
internal sealed class NumberReader(Stream stream, ElementType type, bool isBigEndian)
{
    private const int ChunkNumbers = 8192;
    private readonly byte[] _bytes = new byte[ChunkNumbers * type.Size()];
    private readonly double[] _numbers = new double[ChunkNumbers];

    /// <summary>Hands numbers on in pieces until there are as many as asked for, or the stream ends.</summary>
    /// <param name="count">Numbers wanted.</param>
    /// <param name="take">Takes the next piece; 64-bit integers beyond 2⁵³ come rounded.</param>
    /// <returns>How many there were.</returns>
    public long Read(long count, Action<ReadOnlySpan<double>> take)
    {
        long done = 0;
        while (done < count)
        {
            int size = type.Size(), wanted = (int)Math.Min(ChunkNumbers, count - done);
            int got = stream.ReadAtLeast(_bytes.AsSpan(0, wanted * size), wanted * size, throwOnEndOfStream: false) / size;
            Decode(_bytes.AsSpan(0, got * size), _numbers.AsSpan(0, got));
            take(_numbers.AsSpan(0, got));
            done += got;
            if (got < wanted) break;
        }

        return done;
    }

    private void Decode(Span<byte> bytes, Span<double> numbers)
    {
        if (isBigEndian == BitConverter.IsLittleEndian)
        {
            for (int i = 0; i < bytes.Length; i += type.Size()) bytes.Slice(i, type.Size()).Reverse();
        }

        switch (type)
        {
            case ElementType.Boolean or ElementType.UInt8: Cast<byte>(bytes, numbers, value => value); break;
            case ElementType.Int8: Cast<sbyte>(bytes, numbers, value => value); break;
            case ElementType.UInt16: Cast<ushort>(bytes, numbers, value => value); break;
            case ElementType.Int16: Cast<short>(bytes, numbers, value => value); break;
            case ElementType.UInt32: Cast<uint>(bytes, numbers, value => value); break;
            case ElementType.Int32: Cast<int>(bytes, numbers, value => value); break;
            case ElementType.UInt64: Cast<ulong>(bytes, numbers, value => value); break;
            case ElementType.Int64: Cast<long>(bytes, numbers, value => value); break;
            case ElementType.Float32: Cast<float>(bytes, numbers, value => value); break;
            default: Cast<double>(bytes, numbers, value => value); break;
        }
    }

    private static void Cast<T>(ReadOnlySpan<byte> bytes, Span<double> numbers, Func<T, double> convert)
        where T : struct
    {
        var values = MemoryMarshal.Cast<byte, T>(bytes);
        for (int i = 0; i < values.Length; i++) numbers[i] = convert(values[i]);
    }
}
