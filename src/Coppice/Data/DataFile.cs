using System.IO.Compression;

namespace Coppice.Data;

/// <summary>Reads files of data, plain or gzip, with memory bounded by what the file really holds.</summary>
internal static class DataFile
{
    private const int FirstBuffer = 1 << 20;

    /// <summary>Opens a file, unpacks it when it starts as gzip does (whatever its name is) and hands the bytes to <paramref name="read"/>.</summary>
    /// <exception cref="DataException">The file cannot be opened, read or unpacked, or <paramref name="read"/> found a fault.</exception>
    public static T Read<T>(string path, Func<Stream, T> read) => ReadPacked(path, "a gzip file", file =>
    {
        bool gzip = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        if (!gzip) return read(file);

        using var unpacked = new GZipStream(file, CompressionMode.Decompress);
        return read(unpacked);
    });

    /// <summary>Opens a file and hands it to <paramref name="read"/>, which unpacks what it needs.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">What the file is if it can be unpacked: <c>a zip archive</c>.</param>
    /// <param name="read">Reads it.</param>
    /// <exception cref="DataException">The file cannot be opened, read or unpacked, or <paramref name="read"/> found a fault.</exception>
    public static T ReadPacked<T>(string path, string kind, Func<FileStream, T> read) => Guard(path, kind, () =>
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return read(file);
    });

    /// <summary>Turns what the file system and the unpackers throw into what a user can read.</summary>
    /// <inheritdoc cref="ReadPacked{T}(string, string, Func{FileStream, T})"/>
    public static T Guard<T>(string path, string kind, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException fault)
        {
            throw DataException.CannotRead(path, $"{kind} unpacks without error", "this one is damaged or cut short", "get the file again", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw DataException.CannotRead(path, "the file must be readable", Describe(fault), "check the path and its permissions", fault);
        }
    }

    /// <summary>
    /// The next bytes of a stream, at most <paramref name="limit"/>. Never allocates more than twice what the stream holds (plus 1 MiB), whatever
    /// the limit: a header may claim anything.
    /// </summary>
    public static byte[] ReadUpTo(Stream stream, int limit)
    {
        long holds = stream.CanSeek ? stream.Length - stream.Position : FirstBuffer;
        byte[] buffer = new byte[Math.Min(limit, holds)];
        int count = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        while (count == buffer.Length && count < limit && stream.ReadByte() is var next and >= 0)
        {
            Array.Resize(ref buffer, (int)Math.Min(limit, Math.Max(FirstBuffer, 2L * buffer.Length)));
            buffer[count++] = (byte)next;
            count += stream.ReadAtLeast(buffer.AsSpan(count), buffer.Length - count, throwOnEndOfStream: false);
        }

        Array.Resize(ref buffer, count);
        return buffer;
    }

    /// <summary>The first of these names that the folder holds, plain or with <c>.gz</c>; null when there is none.</summary>
    public static string? Find(string folder, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            string plain = Path.Combine(folder, name), packed = plain + ".gz";
            if (File.Exists(plain)) return plain;
            if (File.Exists(packed)) return packed;
        }

        return null;
    }

    private static string Describe(Exception fault) => fault switch
    {
        FileNotFoundException or DirectoryNotFoundException => "it does not exist",
        UnauthorizedAccessException => "access is denied or it is a folder",
        _ => $"reading failed ({fault.Message.ReplaceLineEndings(" ")})",
    };
}
