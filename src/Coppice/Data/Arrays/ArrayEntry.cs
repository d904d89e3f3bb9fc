using System.IO.Compression;

namespace Coppice.Data.Arrays;

/// <summary>A place where a NumPy array lies: a file of its own, or an entry of an archive.</summary>
/// <param name="Path">The file, for messages.</param>
/// <param name="Name">Name of the array.</param>
/// <param name="Length">Bytes that it holds, or claims to hold.</param>
/// <param name="Open">Opens it.</param>
internal sealed record ArrayEntry(string Path, string Name, long Length, Func<Stream> Open)
{
    /// <summary>Deflate packs at most 1032 to 1; a claim beyond that is a lie.</summary>
    private const int MaxDeflation = 1032;

    private const string Extension = ".npy";

    /// <summary>A file of one array.</summary>
    public static ArrayEntry Of(string path) => new(path, System.IO.Path.GetFileNameWithoutExtension(path), new FileInfo(path).Length, () => File.OpenRead(path));

    /// <summary>The arrays of an archive, which must stay open.</summary>
    /// <exception cref="DataException">An entry claims more bytes than can come out of its packed ones.</exception>
    public static IEnumerable<ArrayEntry> Of(string path, ZipArchive archive) => archive.Entries
        .Where(entry => entry.FullName.EndsWith(Extension, StringComparison.OrdinalIgnoreCase))
        .Select(entry => Of(path, entry));

    /// <summary>Reads the header and checks what it claims against what is there, before any memory is spent on it.</summary>
    /// <exception cref="DataException">They do not agree.</exception>
    public StoredArray Read()
    {
        NpyHeader header;
        using (var stream = Open()) header = NpyHeader.Read(stream, Path, Name);
        var array = new StoredArray(Path, Name, header.Type, header.IsBigEndian, header.IsColumnMajor, header.Shape, () => Skip(Open(), header.Bytes));
        long claimed = header.Bytes + ((long)array.Count * header.Type.Size());
        return claimed == Length
            ? array
            : throw array.Fault($"the header of '{Name}' announces {array.ShapeText} = {array.Count} numbers, {claimed} bytes in all", $"there are {Length}", "get the file again");
    }

    private static ArrayEntry Of(string path, ZipArchiveEntry entry)
    {
        string name = entry.FullName[..^Extension.Length];
        if (entry.Length < 0 || entry.Length > (entry.CompressedLength + 1) * MaxDeflation)
        {
            throw DataException.CannotRead(
                path, $"an entry of an archive unpacks to at most {MaxDeflation} times its size", $"'{name}' claims {entry.Length} bytes in {entry.CompressedLength}", "get the file again");
        }

        return new(path, name, entry.Length, () => new CheckedEntryStream(entry.Open(), entry.Length, entry.Crc32));
    }

    private static Stream Skip(Stream stream, int bytes)
    {
        DataFile.ReadUpTo(stream, bytes);
        return stream;
    }
}
