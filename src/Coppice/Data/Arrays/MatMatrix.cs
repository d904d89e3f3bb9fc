using System.Collections.Immutable;
using System.Text;

namespace Coppice.Data.Arrays;

/// <summary>What stands in front of the numbers of a MATLAB array.</summary>
/// <param name="Name">Name of the variable.</param>
/// <param name="Type">How the numbers are stored, which may be shorter than the variable's class.</param>
/// <param name="Shape">Length of each axis, the first being the fastest.</param>
/// <param name="Offset">Bytes in front of the first number.</param>
/// <param name="DataBytes">Bytes of the numbers.</param>
internal sealed record MatHeader(string Name, ElementType Type, ImmutableArray<int> Shape, int Offset, uint DataBytes);

/// <summary>Reads the parts of a MATLAB array: flags, dimensions, name and the tag of its real part, each padded to 8 bytes; parts of up to 4 bytes share 8 with their tag.</summary>
/// <param name="content">Begins at the first part.</param>
/// <param name="path">The file, for messages.</param>
/// <param name="isBigEndian">The byte order of the file.</param>
internal sealed class MatMatrix(Stream content, string path, bool isBigEndian)
{
    private const int MaxAxes = 32;
    private const int MaxName = 256;
    private const byte FirstNumericClass = 6, LastNumericClass = 15;
    private const uint ComplexFlag = 0x0800;
    private int _offset;

    /// <summary>Passes over bytes.</summary>
    public void Skip(int bytes) => Take(bytes);

    /// <summary>Reads up to the first number.</summary>
    /// <returns>Null for what is no array of real numbers: a text, a structure, a sparse or complex array.</returns>
    /// <exception cref="DataException">A part is missing or claims what cannot be.</exception>
    public MatHeader? ReadHeader()
    {
        byte[] flags = ReadPart(most: 8);
        if (flags.Length < 4) throw Damaged("its flags take 8 bytes", $"they take {flags.Length}");

        uint word = MatReader.Number(flags, isBigEndian);
        if ((byte)word is < FirstNumericClass or > LastNumericClass || (word & ComplexFlag) != 0) return null;

        byte[] lengths = ReadPart(4 * MaxAxes);
        string name = Encoding.Latin1.GetString(ReadPart(MaxName));
        UInt128[] shape = [.. lengths.Chunk(4).Where(length => length.Length == 4).Select(length => (UInt128)MatReader.Number(length, isBigEndian))];
        var axes = StoredArray.RequireSane(path, name, shape);
        var (type, bytes, _) = ReadTag();
        var header = new MatHeader(name, TypeOf(type), axes, _offset, bytes);
        long wanted = axes.Aggregate((long)header.Type.Size(), (product, length) => product * length);
        return bytes == wanted ? header : throw Damaged($"'{name}' of {string.Join(" x ", axes)} takes {wanted} bytes", $"its part claims {bytes}");
    }

    private byte[] ReadPart(int most)
    {
        var (_, bytes, padding) = ReadTag();
        if (bytes > most) throw Damaged($"its parts in front of the numbers take at most {most} bytes", $"one claims {bytes}");

        byte[] part = Take((int)bytes);
        Take(padding);
        return part;
    }

    private (uint Type, uint Bytes, int Padding) ReadTag()
    {
        uint word = MatReader.Number(Take(4), isBigEndian), shortBytes = word >> 16;
        if (shortBytes > 4) throw Damaged("a short part holds at most 4 bytes", $"one claims {shortBytes}");
        if (shortBytes > 0) return (word & 0xFFFF, shortBytes, 4 - (int)shortBytes);

        uint bytes = MatReader.Number(Take(4), isBigEndian);
        return (word, bytes, (int)(-bytes & 7));
    }

    private ElementType TypeOf(uint type) => type switch
    {
        1 => ElementType.Int8,
        2 => ElementType.UInt8,
        3 => ElementType.Int16,
        4 => ElementType.UInt16,
        5 => ElementType.Int32,
        6 => ElementType.UInt32,
        7 => ElementType.Float32,
        9 => ElementType.Float64,
        12 => ElementType.Int64,
        13 => ElementType.UInt64,
        _ => throw Damaged("its numbers are of a type from 1 to 13", $"they are of type {type}"),
    };

    private byte[] Take(int count)
    {
        byte[] bytes = DataFile.ReadUpTo(content, count);
        if (bytes.Length < count) throw Damaged("it is whole", "it ends within its header");
        _offset += count;
        return bytes;
    }

    private DataException Damaged(string rule, string found) => DataException.CannotRead(path, $"of an array in a MATLAB file {rule}", found, "get the file again");
}
