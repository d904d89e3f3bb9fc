using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace Coppice.Data.Arrays;

/// <summary>
/// The header of a NumPy array (format 1.0 to 3.0): magic bytes 0x93 NUMPY, two bytes of version, length of the text (2 bytes in version 1, else 4, little-endian), and a text like
/// <c>{'descr': '&lt;f4', 'fortran_order': False, 'shape': (60000, 28, 28), }</c>.
/// </summary>
/// <param name="Type">How the numbers are coded.</param>
/// <param name="IsBigEndian">Whether the most significant byte comes first.</param>
/// <param name="IsColumnMajor">Whether the first axis is the fastest.</param>
/// <param name="Shape">Length of each axis.</param>
/// <param name="Bytes">Length of the header.</param>
internal sealed partial record NpyHeader(ElementType Type, bool IsBigEndian, bool IsColumnMajor, ImmutableArray<int> Shape, int Bytes)
{
    private const int MaxText = 1 << 16;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads the header; the stream then stands at the first number.</summary>
    /// <param name="stream">Begins at the magic bytes.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="name">Name of the array.</param>
    /// <exception cref="DataException">It is no header, or of an array that is not of numbers.</exception>
    public static NpyHeader Read(Stream stream, string path, string name)
    {
        byte[] start = DataFile.ReadUpTo(stream, 8);
        if (!start.AsSpan().StartsWith(Magic) || start.Length < 8 || start[6] is < 1 or > 3)
        {
            throw DataException.CannotRead(
                path, "a NumPy array starts with 0x934e554d5059 and version 1 to 3", $"'{name}' starts with 0x{Convert.ToHexStringLower(start)}", "give a file written by numpy.save or numpy.savez");
        }

        int prefix = start[6] == 1 ? 2 : 4;
        byte[] length = DataFile.ReadUpTo(stream, prefix);
        long bytes = length.Length < prefix ? -1 : prefix == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(length) : BinaryPrimitives.ReadUInt32LittleEndian(length);
        byte[] text = bytes is >= 0 and <= MaxText ? DataFile.ReadUpTo(stream, (int)bytes) : [];
        return text.Length == bytes
            ? Parse(Encoding.Latin1.GetString(text), path, name, 8 + prefix + text.Length)
            : throw DataException.CannotRead(path, $"the header of '{name}' takes at most {MaxText} bytes", bytes < 0 || bytes <= MaxText ? "the file ends before" : $"it claims {bytes}", "get the file again");
    }

    private static NpyHeader Parse(string text, string path, string name, int bytes)
    {
        var (descr, fortran, shape) = (Descr().Match(text), Fortran().Match(text), Dimensions().Match(text));
        if (!descr.Success || !fortran.Success || !shape.Success)
        {
            throw DataException.CannotRead(
                path, $"the header of '{name}' states descr, fortran_order and shape of a plain array", $"it is '{text.Trim()[..Math.Min(80, text.Trim().Length)]}'", "store a plain array of numbers");
        }

        string code = descr.Groups["type"].Value;
        return new(
            TypeOf(code, path, name),
            descr.Groups["order"].Value == ">",
            fortran.Groups["value"].Value == "True",
            StoredArray.RequireSane(path, name, [.. Lengths(shape.Groups["lengths"].Value)]),
            bytes);
    }

    private static ElementType TypeOf(string code, string path, string name) => code switch
    {
        "b1" => ElementType.Boolean,
        "u1" => ElementType.UInt8,
        "i1" => ElementType.Int8,
        "u2" => ElementType.UInt16,
        "i2" => ElementType.Int16,
        "u4" => ElementType.UInt32,
        "i4" => ElementType.Int32,
        "u8" => ElementType.UInt64,
        "i8" => ElementType.Int64,
        "f4" => ElementType.Float32,
        "f8" => ElementType.Float64,
        _ => throw DataException.CannotRead(
            path, "arrays hold integers, single or double precision", $"'{name}' holds '{code}'{(code.StartsWith('O') ? " (Python objects, which are never unpickled)" : "")}", "convert it, as by astype('uint8')"),
    };

    /// <summary>Lengths that no file can have become ones that <see cref="StoredArray.RequireSane"/> refuses.</summary>
    private static IEnumerable<UInt128> Lengths(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(part => UInt128.TryParse(part, out var length) ? UInt128.Min(length, ulong.MaxValue) : ulong.MaxValue);

    [GeneratedRegex("""'descr':\s*'(?<order>[<>|=]?)(?<type>\w{1,8})'""")]
    private static partial Regex Descr();

    [GeneratedRegex("""'fortran_order':\s*(?<value>True|False)\b""")]
    private static partial Regex Fortran();

    [GeneratedRegex("""'shape':\s*\((?<lengths>[\d,\s]*)\)""")]
    private static partial Regex Dimensions();
}
