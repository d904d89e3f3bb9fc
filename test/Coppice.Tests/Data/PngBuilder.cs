using System.Buffers.Binary;
using System.IO.Compression;

namespace Coppice.Tests.Data;

/// <summary>Writes PNG files by the specification, of every colour type and bit depth, interlaced or not: PIL writes no 16-bit colours and no interlacing.</summary>
internal static class PngBuilder
{
    /// <summary>A picture of 8-bit grey or red, green, blue.</summary>
    /// <param name="width">W.</param>
    /// <param name="height">H.</param>
    /// <param name="samples">[H, W, 1 or 3].</param>
    public static byte[] Build(int width, int height, byte[] samples)
    {
        int row = samples.Length / height;
        byte[] filtered = [.. Enumerable.Range(0, height).SelectMany(y => (byte[])[0, .. samples.AsSpan(y * row, row)])];
        return Build(width, height, bitDepth: 8, colourType: row == width ? 0 : 2, isInterlaced: false, filtered);
    }

    /// <summary>A picture of any kind.</summary>
    /// <param name="width">W.</param>
    /// <param name="height">H.</param>
    /// <param name="bitDepth">Bits per sample.</param>
    /// <param name="colourType">0 grey, 2 colour, 3 palette, 4 grey with alpha, 6 colour with alpha.</param>
    /// <param name="isInterlaced">Whether the rows are those of Adam7's seven passes.</param>
    /// <param name="filteredRows">Each row with its filter's number in front.</param>
    public static byte[] Build(int width, int height, int bitDepth, int colourType, bool isInterlaced, byte[] filteredRows)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = ((byte)bitDepth, (byte)colourType, isInterlaced ? (byte)1 : (byte)0);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal)) zlib.Write(filteredRows);
        return [0x89, .. "PNG\r\n\x1A\n"u8, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, packed.ToArray()), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
    {
        byte[] chunk = [0, 0, 0, 0, .. type, .. data, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }

    /// <summary>CRC-32 bit by bit.</summary>
    public static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint remainder = uint.MaxValue;
        foreach (byte value in bytes)
        {
            remainder ^= value;
            for (int bit = 0; bit < 8; bit++) remainder = (remainder >> 1) ^ ((remainder & 1) * 0xEDB88320);
        }

        return ~remainder;
    }
}
