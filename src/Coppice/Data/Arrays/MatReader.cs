using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;

namespace Coppice.Data.Arrays;

/// <summary>
/// Reads arrays of numbers from MATLAB files of version 5 to 7 (MathWorks, "MAT-File Format"): 128 bytes of header, whose last two say the byte order; then elements, each a tag of type
/// and length with its data: an array, or an array packed by zlib. Version 7.3 is HDF5, another format.
/// </summary>
internal static class MatReader
{
    private const int HeaderBytes = 128;
    private const int TagBytes = 8;
    private const uint CompressedElement = 15;
    private const uint MatrixElement = 14;
    private const int MaxDeflation = 1032;

    /// <summary>Finds arrays by their names.</summary>
    /// <param name="path">The file.</param>
    /// <param name="names">Names wanted, in the order of the result.</param>
    /// <exception cref="DataException">The file is damaged or of another format, or lacks one of them.</exception>
    public static ImmutableArray<StoredArray> Find(string path, params string[] names) => DataFile.ReadPacked<ImmutableArray<StoredArray>>(path, "an element of a MATLAB file", file =>
    {
        bool isBigEndian = ReadHeader(file, path);
        var arrays = new Dictionary<string, StoredArray>();
        while (file.Position < file.Length && !names.All(arrays.ContainsKey))
        {
            var (type, start, length) = ReadTag(file, path, isBigEndian);
            if (type is CompressedElement or MatrixElement && ReadArray(path, type, start, length, isBigEndian) is { } array) arrays.TryAdd(array.Name, array);
            file.Position = start + length;
        }

        string? missing = names.FirstOrDefault(name => !arrays.ContainsKey(name));
        return missing is null
            ? [.. names.Select(name => arrays[name])]
            : throw DataException.CannotRead(
                path, $"the file holds the arrays {string.Join(" and ", names)}", arrays.Count == 0 ? "it holds no array of numbers" : $"it holds {string.Join(", ", arrays.Keys.Take(8).Select(name => $"'{name}'"))}", $"give the file that has '{missing}'");
    });

    private static bool ReadHeader(FileStream file, string path)
    {
        byte[] header = DataFile.ReadUpTo(file, HeaderBytes);
        if (header.AsSpan().StartsWith("MATLAB 7.3"u8))
            throw DataException.CannotRead(path, "MATLAB files of version 5 to 7 are read", "this one is of version 7.3 (HDF5)", "store it again by save(…, '-v7')");

        bool isLittle = header.Length == HeaderBytes && header[126] == (byte)'I' && header[127] == (byte)'M';
        bool isBig = header.Length == HeaderBytes && header[126] == (byte)'M' && header[127] == (byte)'I';
        return isLittle || isBig ? isBig : throw DataException.CannotRead(path, "a MATLAB file begins with 128 bytes that end in IM or MI", "this one does not", "give a .mat file of version 5 to 7");
    }

    private static (uint Type, long Start, uint Length) ReadTag(FileStream file, string path, bool isBigEndian)
    {
        byte[] tag = DataFile.ReadUpTo(file, TagBytes);
        uint length = tag.Length == TagBytes ? Number(tag.AsSpan(4), isBigEndian) : 0;
        if (tag.Length == TagBytes && length <= file.Length - file.Position) return (Number(tag, isBigEndian), file.Position, length);

        throw DataException.CannotRead(
            path, "every element of a MATLAB file is whole", $"the one at byte {file.Position - tag.Length} claims {length} bytes and {file.Length - file.Position} follow", "get the file again");
    }

    private static StoredArray? ReadArray(string path, uint type, long start, uint length, bool isBigEndian)
    {
        using var content = OpenElement(path, type, start, length);
        var matrix = new MatMatrix(content, path, isBigEndian);
        if (type == CompressedElement) matrix.Skip(TagBytes);
        if (matrix.ReadHeader() is not { } header) return null;

        long held = type == CompressedElement ? (long)length * MaxDeflation : length;
        if (header.DataBytes > held)
            throw DataException.CannotRead(path, $"the numbers of '{header.Name}' are in its element", $"it claims {header.DataBytes} bytes in an element of {length}", "get the file again");

        return new(path, header.Name, header.Type, isBigEndian, IsColumnMajor: true, header.Shape, () =>
        {
            var stream = OpenElement(path, type, start, length);
            DataFile.ReadUpTo(stream, header.Offset);
            return new StreamSlice(stream, header.DataBytes, type == CompressedElement ? TagBytes : null);
        });
    }

    private static Stream OpenElement(string path, uint type, long start, uint length)
    {
        var file = File.OpenRead(path);
        file.Position = start;
        var element = new StreamSlice(file, length);
        return type == CompressedElement ? new ZLibStream(element, CompressionMode.Decompress) : element;
    }

    /// <summary>A 32-bit number in the byte order of the file.</summary>
    internal static uint Number(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
