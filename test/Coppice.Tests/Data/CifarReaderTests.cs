using Coppice.Data;

namespace Coppice.Tests.Data;

public sealed class CifarReaderTests : IDisposable
{
    private const int Pixels = 3072;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void LoadCifar10_joins_five_files_in_order_and_keeps_the_planes_apart()
    {
        WriteCifar10();

        var (train, test) = CifarReader.LoadCifar10(_folder.Path);

        Assert.Equal("cifar10/train", train.Name);
        Assert.Equal("cifar10/test", test.Name);
        Assert.Equal(new ImageShape(3, 32, 32), train.Shape);
        Assert.Equal<int>([1, 2, 3, 4, 5, 0], train.Labels.ToArray());
        Assert.Equal<int>([9], test.Labels.ToArray());
        Assert.Equal(40, train.Image(3)[0]);           // red of file 4
        Assert.Equal(41, train.Image(3)[1024]);        // green
        Assert.Equal(42, train.Image(3)[Pixels - 1]);  // blue
        Assert.Equal(60, train.Image(5)[0]);           // second record of file 5
        Assert.Equal("airplane", train.ClassNames[0]);
        Assert.Equal("truck", train.ClassNames[9]);
    }

    [Fact]
    public void LoadCifar10_finds_packed_files_in_the_folder_of_the_archive()
    {
        for (int file = 1; file <= 5; file++) _folder.WriteGzip($"cifar-10-batches-bin/data_batch_{file}.bin.gz", Record([7], 1));
        _folder.WriteGzip("cifar-10-batches-bin/test_batch.bin.gz", Record([8], 2));

        var (train, test) = CifarReader.LoadCifar10(_folder.Path);

        Assert.Equal<int>([7, 7, 7, 7, 7], train.Labels.ToArray());
        Assert.Equal<int>([8], test.Labels.ToArray());
        Assert.Equal(4, test.Pixels[^1]);
    }

    [Fact]
    public void LoadCifar100_takes_the_fine_label()
    {
        WriteCifar100(Record([19, 99], 5));

        var (train, test) = CifarReader.LoadCifar100(_folder.Path);

        Assert.Equal<int>([99], train.Labels.ToArray());
        Assert.Equal(100, train.ClassCount);
        Assert.Equal("class 99", train.ClassNames[99]);
        Assert.Equal(5, train.Pixels[0]);
        Assert.Equal(7, train.Pixels[^1]);
        Assert.Equal<int>([2], test.Labels.ToArray());
    }

    [Fact]
    public void LoadCifar10_takes_the_class_names_from_the_file()
    {
        WriteCifar10();
        _folder.Write("batches.meta.txt", "a\r\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n"u8.ToArray());

        var names = CifarReader.LoadCifar10(_folder.Path).Train.ClassNames;

        Assert.Equal<string>(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], names);
    }

    [Fact]
    public void LoadCifar10_says_so_when_the_class_names_are_not_ten()
    {
        WriteCifar10();
        string path = _folder.Write("batches.meta.txt", "a\nb\n"u8.ToArray());

        AssertFault(
            () => CifarReader.LoadCifar10(_folder.Path),
            $"Cannot read '{path}': it names the 10 classes of cifar10, one per line, but it has 2 names; get the file again or remove it.");
    }

    [Fact]
    public void LoadCifar10_names_the_missing_file()
    {
        WriteCifar10();
        File.Delete(_folder.File("data_batch_3.bin"));

        AssertFault(
            () => CifarReader.LoadCifar10(_folder.Path),
            $"Cannot load 'cifar10:{_folder.Path}': the folder holds data_batch_3.bin or data_batch_3.bin.gz, but neither is there; give the folder of the binary version.");
    }

    [Fact]
    public void LoadCifar10_says_so_when_the_files_are_the_Python_version()
    {
        _folder.Write("data_batch_1", [0x80, 2]);

        AssertFault(
            () => CifarReader.LoadCifar10(_folder.Path),
            $"Cannot load 'cifar10:{_folder.Path}': the folder holds data_batch_1.bin or data_batch_1.bin.gz, but neither is there; these files are the Python version: get the binary version.");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3072)]
    [InlineData(6147)]
    public void LoadCifar10_says_so_when_a_record_is_incomplete(int length)
    {
        WriteCifar10();
        string path = _folder.Write("test_batch.bin", new byte[length]);

        AssertFault(
            () => CifarReader.LoadCifar10(_folder.Path),
            $"Cannot read '{path}': a file of cifar10 holds 1 to 10000 records of 3073 bytes, but it holds {length} bytes; get the binary version again.");
    }

    [Fact]
    public void LoadCifar10_says_so_when_a_file_is_too_long()
    {
        WriteCifar10();
        string path = _folder.WriteGzip("test_batch.bin", new byte[(10_000 * 3073) + 1]);

        AssertFault(
            () => CifarReader.LoadCifar10(_folder.Path),
            $"Cannot read '{path}': a file of cifar10 holds 1 to 10000 records of 3073 bytes, but it holds more; get the binary version again.");
    }

    [Fact]
    public void LoadCifar100_says_which_label_is_out_of_range()
    {
        WriteCifar100([.. Record([0, 3], 1), .. Record([0, 100], 1)]);

        AssertFault(
            () => CifarReader.LoadCifar100(_folder.Path),
            $"Cannot read '{_folder.File("train.bin")}': a label of cifar100 lies in 0..99, but label 1 is 100; give the binary version of cifar100.");
    }

    private static void AssertFault(Func<TrainTestData> load, string message) =>
        Assert.Equal(message, Assert.Throws<DataException>(load).Message);

    /// <summary>Label bytes, then planes of <paramref name="value"/>, value + 1 and value + 2.</summary>
    private static byte[] Record(byte[] labels, byte value) =>
        [.. labels, .. Enumerable.Range(0, Pixels).Select(i => (byte)(value + (i / 1024)))];

    /// <summary>One record in each file, label = number of the file, and a second one (label 0) in file 5.</summary>
    private void WriteCifar10()
    {
        for (byte file = 1; file <= 5; file++)
        {
            byte[] more = file == 5 ? Record([0], 60) : [];
            _folder.Write($"data_batch_{file}.bin", [.. Record([file], (byte)(file * 10)), .. more]);
        }

        _folder.Write("test_batch.bin", Record([9], 90));
    }

    private void WriteCifar100(byte[] train)
    {
        _folder.Write("train.bin", train);
        _folder.Write("test.bin", Record([1, 2], 1));
    }
}
