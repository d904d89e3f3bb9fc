using System.Buffers.Binary;
using System.IO.Compression;
using Coppice.Data;
using Coppice.Data.Arrays;
using Coppice.Tests.Oracles;

namespace Coppice.Tests.Data.Arrays;

public sealed class NpzReaderTests : IDisposable
{
    private static readonly ImageOptions Told = new();
    private static readonly byte[] Three = NpyBuilder.Bytes("3, 1, 2", 1, 2, 3, 4, 5, 6);
    private static readonly byte[] Labels = NpyBuilder.Bytes("3,", 0, 2, 1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Arrays_of_every_type_order_and_layout_are_read_as_NumPy_wrote_them()
    {
        string[] kinds = PythonScript.Run("numpy_oracle.py", "the package python3-numpy", _folder.Path).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(15, kinds.Length);
        foreach (string kind in kinds)
        {
            var (train, test) = NpzReader.Load(_folder.File($"{kind}.npz"), Told);
            int channels = kind.Contains("nhw-", StringComparison.Ordinal) ? 1 : 3;
            Assert.Equal((kind, new ImageShape(channels, 2, 4), 5, 3), (kind, train.Shape, train.Count, test.Count));
            Assert.True(Pixels(0, 5, channels).AsSpan().SequenceEqual(train.Pixels), kind);
            Assert.True(Pixels(5, 3, channels).AsSpan().SequenceEqual(test.Pixels), kind);
            Assert.Equal<int>([0, 1, 2, 3, 0], train.Labels.ToArray());
            Assert.Equal<int>([1, 2, 3], test.Labels.ToArray());
            Assert.Equal(["0", "1", "2", "3"], test.ClassNames.AsEnumerable());
        }
    }

    [Theory]
    [InlineData("x_train y_train x_test y_test")]
    [InlineData("X_train Y_train X_test Y_test")]
    [InlineData("train_images train_labels test_images test_labels")]
    [InlineData("images_train labels_train images_test labels_test")]
    [InlineData("data_train targets_train data_test targets_test")]
    public void Names_in_circulation_are_known(string names)
    {
        string[] parts = names.Split(' ');
        string path = Write((parts[0], Three), (parts[1], Labels), (parts[2], Three), (parts[3], Labels), ("val_images", Three));

        var (train, test) = NpzReader.Load(path, Told);

        Assert.Equal<byte>([1, 2, 3, 4, 5, 6], train.Pixels.ToArray());
        Assert.Equal<int>([0, 2, 1], test.Labels.ToArray());
        Assert.Equal("npz/train", train.Name);
    }

    [Theory]
    [InlineData("x", "y")]
    [InlineData("images", "labels")]
    [InlineData("x_train", "y_train")]
    public void Set_without_test_images_is_split(string images, string labels)
    {
        var (train, test) = NpzReader.Load(Write((images, Three), (labels, Labels)), Told);

        Assert.Equal((2, 1, 3, true), (train.Count, test.Count, train.ClassCount, train.HasLabels));
        Assert.Equal<byte>([1, 2, 3, 4, 5, 6], train.Pixels.ToArray().Concat(test.Pixels.ToArray()).Order().ToArray());
    }

    [Fact]
    public void Images_alone_have_no_labels()
    {
        string file = _folder.Write("pictures.npy", Three);

        Assert.Equal((2, false), (NpzReader.Load(file, Told).Train.Count, NpzReader.Load(file, Told).Train.HasLabels));
        Assert.False(NpzReader.Load(Write(("anything", Three)), Told).Test.HasLabels);
    }

    [Fact]
    public void Folder_of_files_is_read_as_an_archive()
    {
        foreach (var (name, content) in new[] { ("x_train", Three), ("y_train", Labels), ("x_test", Three), ("y_test", Labels) }) _folder.Write($"{name}.npy", content);

        Assert.Equal<int>([0, 2, 1], NpzReader.Load(_folder.Path, Told).Train.Labels.ToArray());
    }

    [Theory]
    [InlineData(ArrayLayout.Nchw, 3, 4, 1)]
    [InlineData(ArrayLayout.Nhwc, 1, 3, 4)]
    public void Layout_is_asked_for_where_two_are_possible_and_then_followed(ArrayLayout layout, int channels, int height, int width)
    {
        string path = Write(("x", NpyBuilder.Bytes("3, 3, 4, 1", [.. Enumerable.Range(0, 36).Select(i => (byte)i)])), ("y", Labels));

        AssertFault(path, "the axis of 1 or 3 channels is the second or the last, but 'x' is 3 x 3 x 4 x 1, where both may be; say which by --layout nchw or --layout nhwc.");
        Assert.Equal(new ImageShape(channels, height, width), NpzReader.Load(path, new() { Layout = layout }).Train.Shape);
    }

    [Fact]
    public void Layout_of_other_channels_is_followed()
    {
        string path = Write(("x", NpyBuilder.Bytes("3, 2, 1, 2", [.. Enumerable.Range(0, 12).Select(i => (byte)i)])), ("y", Labels));

        AssertFault(path, "the axis of 1 or 3 channels is the second or the last, but 'x' is 3 x 2 x 1 x 2, where neither may be; say which by --layout nchw or --layout nhwc.");
        var (train, test) = NpzReader.Load(path, new() { Layout = ArrayLayout.Nhwc });
        Assert.Equal(new ImageShape(2, 2, 1), train.Shape);
        Assert.Contains<byte[]>([0, 2, 1, 3], Enumerable.Range(0, 2).Select(i => train.Image(i).ToArray()).Append(test.Image(0).ToArray()));
    }

    [Theory]
    [InlineData("<f4", "one is -0.5", -0.5f)]
    [InlineData("<f4", "one is 255.5", 255.5f)]
    [InlineData("<f4", "one is NaN", float.NaN)]
    public void Numbers_that_are_no_pixels_are_refused(string type, string found, float number)
    {
        byte[] data = new byte[24];
        BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(8), number);
        string path = Write(("x", NpyBuilder.Build($"{{'descr': '{type}', 'fortran_order': False, 'shape': (3, 1, 2), }}", data)), ("y", Labels));

        AssertFault(path, $"pixels in 'x' lie in 0..255, or all in 0..1, but {found}; store them before normalising, and give --normalize MEAN/STD.");
    }

    [Fact]
    public void One_scale_serves_training_and_test_images()
    {
        byte[] Floats(params float[] values)
        {
            byte[] data = new byte[4 * values.Length];
            for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(4 * i), values[i]);
            return NpyBuilder.Build($"{{'descr': '<f4', 'fortran_order': False, 'shape': ({values.Length}, 1, 1), }}", data);
        }

        byte[] two = NpyBuilder.Bytes("2,", 0, 1);
        var dark = NpzReader.Load(Write(("x_train", Floats(0, 200)), ("y_train", two), ("x_test", Floats(1, 0)), ("y_test", two)), Told);
        var shares = NpzReader.Load(Write(("x_train", Floats(0.5f, 1)), ("y_train", two), ("x_test", Floats(0.2f, 0)), ("y_test", two)), Told);

        Assert.Equal<byte>([1, 0], dark.Test.Pixels.ToArray());
        Assert.Equal<byte>([128, 255, 51, 0], shares.Train.Pixels.ToArray().Concat(shares.Test.Pixels.ToArray()).ToArray());
    }

    [Theory]
    [InlineData("3, 2", new byte[] { 0, 1, 0, 1, 0, 1 }, "'y' holds a label for each of 3 images, 3 or 3 x 1, but it is 3 x 2; store class numbers, not one column per class.")]
    [InlineData("2,", new byte[] { 0, 1 }, "'y' holds a label for each of 3 images, 3 or 3 x 1, but it is 2; give two arrays of the same set.")]
    public void Labels_of_another_shape_are_refused(string shape, byte[] data, string reason) =>
        AssertFault(Write(("x", Three), ("y", NpyBuilder.Bytes(shape, data))), reason);

    [Theory]
    [InlineData(-1, "-1")]
    [InlineData(65536, "65536")]
    public void Labels_out_of_range_are_refused(int label, string text)
    {
        byte[] data = new byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(4), label);

        AssertFault(
            Write(("x", Three), ("y", NpyBuilder.Build("{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }", data))),
            $"labels in 'y' are whole numbers in 0..65535, but label 1 is {text}; correct it.");
    }

    [Theory]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", "arrays hold integers, single or double precision, but 'x' holds 'O' (Python objects, which are never unpickled); convert it, as by astype('uint8').")]
    [InlineData("{'descr': '<c8', 'fortran_order': False, 'shape': (3,), }", "arrays hold integers, single or double precision, but 'x' holds 'c8'; convert it, as by astype('uint8').")]
    [InlineData("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }", "the header of 'x' states descr, fortran_order and shape of a plain array, but it is '{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }'; store a plain array of numbers.")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 0, 2), }", "an array holds 1 to 2147483591 numbers, but 'x' claims 3 x 0 x 2; get the file again.")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (99999, 99999, 99999), }", "an array holds 1 to 2147483591 numbers, but 'x' claims 99999 x 99999 x 99999; get the file again.")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999999999999999999999999, 1), }", "an array holds 1 to 2147483591 numbers, but 'x' claims 18446744073709551615 x 1; get the file again.")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 1, 3), }", "the header of 'x' announces 3 x 1 x 3 = 9 numbers, 137 bytes in all, but there are 134; get the file again.")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (6,), }", "images are N x H x W, N x H x W x C or N x C x H x W, but 'x' is 6; give an array of images.")]
    public void Header_that_lies_or_is_of_something_else_is_refused(string header, string reason)
    {
        byte[] array = NpyBuilder.Build(header, [1, 2, 3, 4, 5, 6]);

        AssertFault(Write(("x", array), ("y", Labels)), reason);
    }

    [Fact]
    public void Claim_of_two_gigabytes_takes_little_memory()
    {
        byte[] array = NpyBuilder.Build("{'descr': '|u1', 'fortran_order': False, 'shape': (30000, 250, 256), }", new byte[6]);
        string path = Write(("x", array), ("y", Labels));
        long before = GC.GetAllocatedBytesForCurrentThread();

        AssertFault(path, "the header of 'x' announces 30000 x 250 x 256 = 1920000000 numbers, 1920000128 bytes in all, but there are 134; get the file again.");

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
    }

    [Fact]
    public void Archive_that_claims_more_than_can_be_unpacked_is_refused()
    {
        // The directory's size of the first entry, at the end of the file, is made 2 GB.
        byte[] file = NpyBuilder.Zip(CompressionLevel.Optimal, ("x", Three), ("y", Labels));
        int directory = file.AsSpan().IndexOf("PK\u0001\u0002"u8);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(directory + 24), 2_000_000_000);
        int packed = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(directory + 20));

        AssertFault(_folder.Write("bomb.npz", file), $"an entry of an archive unpacks to at most 1032 times its size, but 'x' claims 2000000000 bytes in {packed}; get the file again.");
    }

    [Fact]
    public void Array_that_unpacks_to_more_than_it_claims_is_refused()
    {
        // A bomb: a million zeros behind an array of six, with a directory that knows of six.
        byte[] file = NpyBuilder.Zip(CompressionLevel.Optimal, ("x", [.. Three, .. new byte[1_000_000]]), ("y", Labels));
        int directory = file.AsSpan().IndexOf("PK\u0001\u0002"u8);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(directory + 24), Three.Length);

        AssertFault(_folder.Write("bomb.npz", file), "a zip archive unpacks without error, but this one is damaged or cut short; get the file again.");
    }

    [Fact]
    public void Flipped_bit_of_a_pixel_is_found_by_the_checksum()
    {
        byte[] file = NpyBuilder.Zip(CompressionLevel.NoCompression, ("x", Three), ("y", Labels));
        file[file.AsSpan().IndexOf<byte>([1, 2, 3, 4, 5, 6]) + 2] ^= 0x10;

        AssertFault(_folder.Write("flipped.npz", file), "a zip archive unpacks without error, but this one is damaged or cut short; get the file again.");
    }

    [Theory]
    [InlineData("a b c", "there are 'a', 'b', 'c'; rename them when you store them.")]
    [InlineData("a b c d e f g h i", "there are 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', …; rename them when you store them.")]
    [InlineData("", "there is no array; rename them when you store them.")]
    public void Names_that_say_nothing_are_listed(string names, string found)
    {
        string path = Write([.. names.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => (name, Three))]);

        Assert.Equal(
            $"Cannot load 'npz:{path}': there are arrays x_train, y_train and so on, or images and labels, but {found}",
            Assert.Throws<DataException>(() => NpzReader.Load(path, Told)).Message);
    }

    [Fact]
    public void Test_images_without_labels_are_refused()
    {
        string path = Write(("x_train", Three), ("y_train", Labels), ("x_test", Three));

        Assert.Equal(
            $"Cannot load 'npz:{path}': test images have labels, but there is 'x_test' but no y_test; add the array, or remove the test images.",
            Assert.Throws<DataException>(() => NpzReader.Load(path, Told)).Message);
    }

    [Theory]
    [InlineData("no archive", "a zip archive unpacks without error, but this one is damaged or cut short; get the file again.", "a.npz")]
    [InlineData("no array at all", "a NumPy array starts with 0x934e554d5059 and version 1 to 3, but 'a' starts with 0x6e6f206172726179; give a file written by numpy.save or numpy.savez.", "a.npy")]
    public void File_of_another_format_is_refused(string text, string reason, string name) => AssertFault(_folder.Write(name, System.Text.Encoding.ASCII.GetBytes(text)), reason);

    private string Write(params (string Name, byte[] Content)[] entries) => _folder.Write($"{Guid.NewGuid():N}.npz", NpyBuilder.Zip(CompressionLevel.Optimal, entries));

    private static void AssertFault(string path, string reason) =>
        Assert.Equal($"Cannot read '{path}': {reason}", Assert.Throws<DataException>(() => NpzReader.Load(path, Told)).Message);

    private static byte[] Pixels(int first, int count, int channels)
    {
        var pixels =
            from n in Enumerable.Range(first, count)
            from c in Enumerable.Range(0, channels)
            from h in Enumerable.Range(0, 2)
            from w in Enumerable.Range(0, 4)
            select (byte)((37 * n) + (11 * c) + (5 * h) + (3 * w * w));
        return [.. pixels];
    }
}
