using System.Globalization;
using System.IO.Compression;
using Coppice.Data;
using Coppice.Data.Arrays;
using Coppice.Data.Folders;
using Coppice.Search;
using Coppice.Tests.Data.Arrays;

namespace Coppice.Tests.Data;

/// <summary>
/// Whatever is done to a file, reading it ends in images or in a <see cref="DataException"/> of one line, with memory bounded by a small multiple of the file. Mutations are drawn by fixed seeds;
/// <c>COPPICE_FUZZ=N</c> tries N of each kind of file.
/// </summary>
public sealed class HostileDataTests : IDisposable
{
    private const int Usual = 400;

    /// <summary>Buffers that readers take whatever the file is (1 MiB for unpacking, 64 Ki numbers), and the pools' first arrays.</summary>
    private const long MostBytes = 24_000_000;

    private static readonly int[] Interesting = [0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, -1, int.MinValue, 0x10000, 65535 << 16, 1032];
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Kinds => [.. Readers.Keys];

    private static Dictionary<string, (byte[] File, string[] Names, Action<string> Load)> Readers { get; } = new()
    {
        ["baseline.jpg"] = (Fixture.Read("baseline.jpg"), ["a.jpg"], LoadPictures),
        ["progressive.jpg"] = (Fixture.Read("progressive.jpg"), ["a.jpg"], LoadPictures),
        ["cmyk.jpg"] = (Fixture.Read("cmyk.jpg"), ["a.jpg"], LoadPictures),
        ["png"] = (PngBuilder.Build(16, 12, [.. Enumerable.Range(0, 576).Select(i => (byte)(i * i))]), ["a.jpg"], LoadPictures),
        ["interlaced png"] = (PngBuilder.Build(2, 2, 8, 0, isInterlaced: true, [0, 1, 0, 2, 0, 3, 4]), ["a.jpg"], LoadPictures),
        ["npz"] = (Archive(CompressionLevel.Optimal), ["a.npz"], folder => NpzReader.Load(Path.Combine(folder, "a.npz"), new())),
        ["stored npz"] = (Archive(CompressionLevel.NoCompression), ["a.npz"], folder => NpzReader.Load(Path.Combine(folder, "a.npz"), new())),
        ["npy"] = (NpyBuilder.Build("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2, 2), }", new byte[48]), ["a.npy"], folder => NpzReader.Load(Path.Combine(folder, "a.npy"), new())),
        ["packed mat"] = (Fixture.Read("svhn-packed.mat"), ["train_32x32.mat", "test_32x32.mat"], folder => SvhnReader.Load(folder)),
        ["plain mat"] = (
            new MatBuilder().Add("y", 9, 2, [2, 1], [1, 2], isPacked: false).Add("X", 9, 2, [32, 32, 3, 2], new byte[6144], isPacked: false).File,
            ["train_32x32.mat", "test_32x32.mat"], folder => SvhnReader.Load(folder)),
    };

    private static int Mutations => int.TryParse(Environment.GetEnvironmentVariable("COPPICE_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : Usual;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Mutated_file_is_read_or_refused_in_one_line_with_little_memory(string kind)
    {
        var (file, names, load) = Readers[kind];
        Try(file, names, load);
        int refused = Enumerable.Range(0, Mutations).Count(seed => !Try(Mutate(file, Rng.For((ulong)seed, 0xF022)), names, load));

        // Most mutations do harm: a reader that lets nearly all pass looks at nothing.
        Assert.InRange(refused, Mutations / 5, Mutations);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Whole_file_is_read(string kind)
    {
        var (file, names, load) = Readers[kind];

        Assert.True(Try(file, names, load));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void File_cut_short_anywhere_is_refused(string kind)
    {
        var (file, names, load) = Readers[kind];
        int step = Math.Max(1, file.Length / 60);

        // Behind the pixels of a PNG come a checksum and an empty chunk, 16 bytes that the decoder can do without.
        for (int length = 0; length < file.Length - 16; length += step) Assert.False(Try(file[..length], names, load), $"{length} of {file.Length} bytes");
    }

    /// <summary>Whether the file was read.</summary>
    private bool Try(byte[] file, string[] names, Action<string> load)
    {
        foreach (string name in names) _folder.Write(name, file);
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            load(_folder.Path);
            return true;
        }
        catch (DataException fault)
        {
            Assert.DoesNotContain('\n', fault.Message);
            Assert.StartsWith("Cannot ", fault.Message, StringComparison.Ordinal);
            return false;
        }
        finally
        {
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
        }
    }

    /// <summary>Up to eight changes: a bit, a byte, an interesting number in either byte order, a piece cut out or doubled, the end cut off.</summary>
    private static byte[] Mutate(byte[] file, Rng rng)
    {
        List<byte> bytes = [.. file];
        for (int change = 1 + rng.Next(8); change > 0 && bytes.Count > 4; change--)
        {
            int at = rng.Next(bytes.Count - 4), number = Interesting[rng.Next(Interesting.Length)];
            switch (rng.Next(7))
            {
                case 0: bytes[at] ^= (byte)(1 << rng.Next(8)); break;
                case 1: bytes[at] = (byte)rng.Next(256); break;
                case 2: for (int i = 0; i < 4; i++) bytes[at + i] = (byte)(number >> (8 * i)); break;
                case 3: for (int i = 0; i < 4; i++) bytes[at + i] = (byte)(number >> (24 - (8 * i))); break;
                case 4: bytes.RemoveRange(at, 1 + rng.Next(Math.Min(16, bytes.Count - at))); break;
                case 5: bytes.InsertRange(at, bytes.GetRange(at, 1 + rng.Next(Math.Min(16, bytes.Count - at)))); break;
                default: bytes.RemoveRange(at, bytes.Count - at); break;
            }
        }

        return [.. bytes];
    }

    private static byte[] Archive(CompressionLevel level) => NpyBuilder.Zip(
        level,
        ("x_train", NpyBuilder.Bytes("3, 2, 2", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)),
        ("y_train", NpyBuilder.Build("{'descr': '<i8', 'fortran_order': False, 'shape': (3, 1), }", new byte[24])),
        ("x_test", NpyBuilder.Bytes("1, 2, 2", 1, 2, 3, 4)),
        ("y_test", NpyBuilder.Bytes("1,", 0)));

    /// <summary>Three pictures of the same content: one set, whose first image is looked at.</summary>
    private static void LoadPictures(string folder)
    {
        byte[] picture = File.ReadAllBytes(Path.Combine(folder, "a.jpg"));
        foreach (string name in (string[])["b.jpg", "c.jpg"]) File.WriteAllBytes(Path.Combine(folder, name), picture);
        var set = ImageFolderReader.Load(folder, new() { Resize = 8, Crop = 8 }).Train;
        Assert.Equal(192, set.Image(0).Length);
    }
}
