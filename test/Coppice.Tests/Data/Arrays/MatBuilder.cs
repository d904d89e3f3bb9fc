using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Coppice.Tests.Data.Arrays;

/// <summary>Writes MATLAB files of version 5 by the format's description, in either byte order.</summary>
internal sealed class MatBuilder(bool isBigEndian = false)
{
    private readonly List<byte> _file = [.. Encoding.ASCII.GetBytes("MATLAB 5.0 MAT-file, by a test".PadRight(124)), .. isBigEndian ? "\u0001\0MI"u8 : "\0\u0001IM"u8];

    public byte[] File => [.. _file];

    /// <summary>Adds an array.</summary>
    /// <param name="name">Name of the variable.</param>
    /// <param name="arrayClass">mxCLASS: 6 double, 9 uint8.</param>
    /// <param name="type">miTYPE of the stored numbers: 2 uint8, 3 int16, 9 double.</param>
    /// <param name="shape">Lengths, first axis fastest.</param>
    /// <param name="data">The numbers in the file's byte order.</param>
    /// <param name="isPacked">Whether it is packed by zlib.</param>
    public MatBuilder Add(string name, int arrayClass, int type, int[] shape, byte[] data, bool isPacked)
    {
        byte[] content =
        [
            .. Part(6, [.. Number(arrayClass), .. Number(0)]),
            .. Part(5, [.. shape.SelectMany(Number)]),
            .. Part(1, Encoding.ASCII.GetBytes(name)),
            .. Part(type, data),
        ];
        byte[] matrix = [.. Number(14), .. Number(content.Length), .. content];
        if (!isPacked)
        {
            _file.AddRange(matrix);
            return this;
        }

        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal)) zlib.Write(matrix);
        byte[] bytes = packed.ToArray();
        _file.AddRange([.. Number(15), .. Number(bytes.Length), .. bytes]);
        return this;
    }

    /// <summary>A part with its tag, padded to 8 bytes; short ones share 8 bytes with their tag.</summary>
    private byte[] Part(int type, byte[] data) => data.Length is > 0 and <= 4
        ? [.. Number((data.Length << 16) | type), .. data, .. new byte[4 - data.Length]]
        : [.. Number(type), .. Number(data.Length), .. data, .. new byte[-data.Length & 7]];

    private byte[] Number(int value)
    {
        byte[] bytes = new byte[4];
        if (isBigEndian) BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        else BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }
}
