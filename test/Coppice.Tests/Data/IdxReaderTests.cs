using System.Collections.Immutable;
using Coppice.Data;

namespace Coppice.Tests.Data;

public sealed class IdxReaderTests : IDisposable
{
    private static readonly ImmutableArray<string> Names = ["zero", "one", "two"];

    /// <summary>Two images of 2 x 3.</summary>
    private static readonly byte[] Images =
    [
        0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3,
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255,
    ];

    private static readonly byte[] Labels = [0, 0, 8, 1, 0, 0, 0, 2, 2, 0];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Load_gives_pixels_labels_and_shape_of_plain_and_packed_files(bool packed)
    {
        string images = packed ? _folder.WriteGzip("i", Images) : _folder.Write("i", Images);
        string labels = packed ? _folder.WriteGzip("l", Labels) : _folder.Write("l", Labels);

        var set = IdxReader.Load(images, labels, "tiny", Names);

        Assert.Equal("tiny", set.Name);
        Assert.Equal(new ImageShape(1, 2, 3), set.Shape);
        Assert.Equal(2, set.Count);
        Assert.Equal(3, set.ClassCount);
        Assert.Equal<byte>([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255], set.Pixels.ToArray());
        Assert.Equal<byte>([7, 8, 9, 10, 11, 255], set.Image(1).ToArray());
        Assert.Equal<int>([2, 0], set.Labels.ToArray());
    }

    [Fact]
    public void Load_says_what_the_magic_number_should_be() =>
        AssertImagesFault(
            [0, 0, 0x0D, 3, .. Images[4..]],
            "an IDX file of images starts with 0x00000803, but it starts with 0x00000d03; give an IDX file of unsigned bytes with 3 dimensions.");

    [Fact]
    public void Load_says_so_when_labels_are_given_for_images() =>
        AssertImagesFault(
            Labels,
            "an IDX file of images starts with 0x00000803, but it starts with 0x00000801; this is a file of labels: give the file of images.");

    [Fact]
    public void Load_says_so_when_images_are_given_for_labels() =>
        AssertLabelsFault(
            Images,
            "an IDX file of labels starts with 0x00000801, but it starts with 0x00000803; this is a file of images: give the file of labels.");

    [Fact]
    public void Load_says_so_when_a_labels_file_is_something_else() =>
        AssertLabelsFault(
            "<html>"u8.ToArray(),
            "an IDX file of labels starts with 0x00000801, but it starts with 0x3c68746d; give an IDX file of unsigned bytes with 1 dimension.");

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(15)]
    public void Load_says_so_when_the_header_is_cut_short(int length) =>
        AssertImagesFault(
            Images[..length],
            $"the header of an IDX file of images takes 16 bytes, but the file holds {length}; get the file again.");

    [Fact]
    public void Load_says_so_when_pixels_are_missing() =>
        AssertImagesFault(
            Images[..^1],
            "the header announces 2 x 2 x 3 = 12 bytes of images, but only 11 follow; get the file again.");

    [Fact]
    public void Load_says_so_when_bytes_are_left_over() =>
        AssertImagesFault(
            [.. Images, 0],
            "the header announces 2 x 2 x 3 = 12 bytes of images, but more follow; get the file again.");

    [Fact]
    public void Load_says_so_when_a_dimension_is_zero() =>
        AssertImagesFault(
            [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3],
            "an IDX file of images holds 1 to 2147483591 bytes of them, but the header announces 2 x 0 x 3; get the file again.");

    [Fact]
    public void Load_says_so_when_the_dimensions_are_beyond_all_bounds() =>
        AssertImagesFault(
            [0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
            "an IDX file of images holds 1 to 2147483591 bytes of them, but the header announces 4294967295 x 4294967295 x 4294967295; get the file again.");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Load_takes_little_memory_when_a_small_file_claims_two_gigabytes(bool packed)
    {
        byte[] content = [0, 0, 8, 3, 0, 0, 0x75, 0x30, 0, 0, 0, 250, 0, 0, 1, 0, .. new byte[100]];
        string images = _folder.Write("i", packed ? TemporaryFolder.Gzip(content) : content);
        long before = GC.GetAllocatedBytesForCurrentThread();

        var fault = Assert.Throws<DataException>(() => IdxReader.Load(images, images, "tiny", Names));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
        Assert.Equal(
            $"Cannot read '{images}': the header announces 30000 x 250 x 256 = 1920000000 bytes of images, but only 100 follow; get the file again.",
            fault.Message);
    }

    [Fact]
    public void Load_grows_its_memory_when_a_packed_file_holds_much()
    {
        byte[] pixels = [.. Enumerable.Range(0, 3_000_000).Select(i => (byte)(i % 253))];
        string images = _folder.WriteGzip("i", [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0x03, 0xE8, 0, 0, 0x03, 0xE8, .. pixels]);
        string labels = _folder.Write("l", [0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 2]);

        var set = IdxReader.Load(images, labels, "big", Names);

        Assert.True(set.Pixels.SequenceEqual(pixels));
    }

    [Fact]
    public void Load_refuses_a_packed_file_wherever_its_data_are_cut_short()
    {
        byte[] packed = TemporaryFolder.Gzip(Images);
        const int Trailer = 8; // checksum and length
        string labels = _folder.Write("l", Labels);

        for (int length = 0; length < packed.Length - Trailer - 1; length++)
        {
            string images = _folder.Write("i", packed[..length]);
            Assert.Throws<DataException>(() => IdxReader.Load(images, labels, "tiny", Names));
        }

        AssertImagesFault(
            packed[..^12], "the header announces 2 x 2 x 3 = 12 bytes of images, but only 9 follow; get the file again.");
    }

    [Fact]
    public void Load_says_so_when_a_packed_file_is_damaged()
    {
        byte[] packed = TemporaryFolder.Gzip(Images);
        packed[^6] ^= 0x40; // a bit of the checksum

        AssertImagesFault(packed, "a gzip file unpacks without error, but this one is damaged or cut short; get the file again.");
    }

    [Fact]
    public void Load_says_so_when_there_are_not_as_many_labels_as_images()
    {
        string images = _folder.Write("i", Images), labels = _folder.Write("l", [0, 0, 8, 1, 0, 0, 0, 3, 2, 0, 1]);

        var fault = Assert.Throws<DataException>(() => IdxReader.Load(images, labels, "tiny", Names));

        Assert.Equal(
            $"Cannot read '{labels}': it holds one label for each image of '{images}', but there are 3 labels for 2 images; give two files of the same set.",
            fault.Message);
    }

    [Fact]
    public void Load_says_which_label_is_out_of_range() =>
        AssertLabelsFault([0, 0, 8, 1, 0, 0, 0, 2, 2, 3], "a label of tiny lies in 0..2, but label 1 is 3; give the labels of tiny.");

    [Fact]
    public void Load_says_so_when_a_file_does_not_exist()
    {
        string path = _folder.File("absent");

        var fault = Assert.Throws<DataException>(() => IdxReader.Load(path, path, "tiny", Names));

        Assert.Equal($"Cannot read '{path}': the file must be readable, but it does not exist; check the path and its permissions.", fault.Message);
    }

    [Fact]
    public void Load_says_so_when_a_file_is_a_folder()
    {
        var fault = Assert.Throws<DataException>(() => IdxReader.Load(_folder.Path, _folder.Path, "tiny", Names));

        Assert.Equal(
            $"Cannot read '{_folder.Path}': the file must be readable, but access is denied or it is a folder; check the path and its permissions.",
            fault.Message);
    }

    private void AssertImagesFault(byte[] images, string message)
    {
        string path = _folder.Write("i", images), labels = _folder.Write("l", Labels);
        var fault = Assert.Throws<DataException>(() => IdxReader.Load(path, labels, "tiny", Names));
        Assert.Equal($"Cannot read '{path}': {message}", fault.Message);
    }

    private void AssertLabelsFault(byte[] labels, string message)
    {
        string images = _folder.Write("i", Images), path = _folder.Write("l", labels);
        var fault = Assert.Throws<DataException>(() => IdxReader.Load(images, path, "tiny", Names));
        Assert.Equal($"Cannot read '{path}': {message}", fault.Message);
    }
}
