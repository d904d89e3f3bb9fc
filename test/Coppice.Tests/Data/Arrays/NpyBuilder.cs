using System.IO.Compression;
using System.Text;

namespace Coppice.Tests.Data.Arrays;

/// <summary>Writes NumPy arrays by hand, right ones and wrong ones.</summary>
internal static class NpyBuilder
{
    /// <summary>An array of bytes in C order.</summary>
    public static byte[] Bytes(string shape, params byte[] data) => Build($"{{'descr': '|u1', 'fortran_order': False, 'shape': ({shape}), }}", data);

    /// <summary>Any header with any data, version 1.</summary>
    public static byte[] Build(string header, byte[] data)
    {
        byte[] text = Encoding.Latin1.GetBytes(header.PadRight(((10 + header.Length + 64) / 64 * 64) - 11) + "\n");
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)text.Length, (byte)(text.Length >> 8), .. text, .. data];
    }

    /// <summary>An archive of arrays.</summary>
    public static byte[] Zip(CompressionLevel level, params (string Name, byte[] Content)[] entries)
    {
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create))
        {
            foreach (var (name, content) in entries)
            {
                using var entry = archive.CreateEntry($"{name}.npy", level).Open();
                entry.Write(content);
            }
        }

        return file.ToArray();
    }
}
