using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Coppice.Data;

/// <summary>
/// Reads the IDX files of MNIST and Fashion-MNIST, plain or gzip: magic bytes 0, 0, type, number of dimensions; one big-endian 32-bit size per
/// dimension; the data, last dimension fastest. Images are unsigned bytes [N, H, W], labels unsigned bytes [N].
/// </summary>
public static class IdxReader
{
    private const int UnsignedByte = 0x08;
    private static readonly Kind Images = new("images", Rank: 3);
    private static readonly Kind Labels = new("labels", Rank: 1);

    /// <summary>Reads a file of images and its file of labels.</summary>
    /// <param name="imagesPath">File with magic number 0x00000803.</param>
    /// <param name="labelsPath">File with magic number 0x00000801 and as many labels as there are images.</param>
    /// <param name="name">Name of the data set.</param>
    /// <param name="classNames">Name of each class; labels are below their number.</param>
    /// <returns>Images [N, 1, H, W].</returns>
    /// <exception cref="DataException">A file is missing, damaged, of another kind, or the two do not belong together.</exception>
    public static ImageDataset Load(string imagesPath, string labelsPath, string name, ImmutableArray<string> classNames)
    {
        var (size, pixels) = Read(imagesPath, Images);
        var (_, labels) = Read(labelsPath, Labels);

        if (labels.Length != size[0])
        {
            throw DataException.CannotRead(
                labelsPath, $"it holds one label for each image of '{imagesPath}'", $"there are {labels.Length} labels for {size[0]} images",
                "give two files of the same set");
        }

        if (labels.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)Math.Min(classNames.Length - 1, byte.MaxValue)) is var bad and >= 0)
        {
            throw DataException.CannotRead(
                labelsPath, $"a label of {name} lies in 0..{classNames.Length - 1}", $"label {bad} is {labels[bad]}", $"give the labels of {name}");
        }

        return new ImageDataset(name, pixels, [.. labels.Select(label => (int)label)], new ImageShape(1, size[1], size[2]), classNames);
    }

    private static (int[] Size, byte[] Data) Read(string path, Kind kind) => DataFile.Read(path, stream =>
    {
        int[] size = ReadHeader(stream, path, kind);
        int expected = size.Aggregate((product, n) => product * n);

        byte[] data = DataFile.ReadUpTo(stream, expected);
        if (data.Length == expected && stream.ReadByte() < 0) return (size, data);

        string found = data.Length < expected ? $"only {data.Length} follow" : "more follow";
        throw DataException.CannotRead(
            path, $"the header announces {string.Join(" x ", size)} = {expected} bytes of {kind.Plural}", found, "get the file again");
    });

    private static int[] ReadHeader(Stream stream, string path, Kind kind)
    {
        Span<byte> header = stackalloc byte[kind.HeaderBytes];
        int count = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);

        // The magic number first: of a short file of another kind it says more than the length does.
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (count >= sizeof(uint) && magic != kind.Magic)
        {
            throw DataException.CannotRead(
                path, $"an IDX file of {kind.Plural} starts with 0x{kind.Magic:x8}", $"it starts with 0x{magic:x8}", WayOut(magic, kind));
        }

        if (count < header.Length)
        {
            throw DataException.CannotRead(
                path, $"the header of an IDX file of {kind.Plural} takes {header.Length} bytes", $"the file holds {count}", "get the file again");
        }

        uint[] claimed = new uint[kind.Rank];
        for (int i = 0; i < claimed.Length; i++) claimed[i] = BinaryPrimitives.ReadUInt32BigEndian(header[(4 * (i + 1))..]);
        return RequireSane(claimed, path, kind);
    }

    private static int[] RequireSane(uint[] claimed, string path, Kind kind)
    {
        var total = claimed.Aggregate(UInt128.One, (product, n) => product * n);
        if (total > 0 && total <= (UInt128)Array.MaxLength) return [.. claimed.Select(n => (int)n)];

        throw DataException.CannotRead(
            path, $"an IDX file of {kind.Plural} holds 1 to {Array.MaxLength} bytes of them",
            $"the header announces {string.Join(" x ", claimed)}", "get the file again");
    }

    private static string WayOut(uint magic, Kind wanted)
    {
        if (magic == Images.Magic) return "this is a file of images: give the file of labels";
        if (magic == Labels.Magic) return "this is a file of labels: give the file of images";
        return $"give an IDX file of unsigned bytes with {wanted.Rank} dimension{(wanted.Rank == 1 ? "" : "s")}";
    }

    private sealed record Kind(string Plural, int Rank)
    {
        public uint Magic => (UnsignedByte << 8) | (uint)Rank;

        public int HeaderBytes => sizeof(uint) * (1 + Rank);
    }
}
