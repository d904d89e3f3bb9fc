using Coppice.Data;
using Coppice.Data.Folders;
using Coppice.Tests.Oracles;

namespace Coppice.Tests.Data.Folders;

public sealed class ImageFolderReaderTests : IDisposable
{
    private static readonly Normalization Plain = Normalization.Plain(1);
    private static readonly ImageOptions Grey = new() { Channels = 1 };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("val")]
    [InlineData("test")]
    public void ImageNet_layout_gives_training_and_test_images(string test)
    {
        Write("train/b/1.png", 10);
        Write("train/a/2.png", 20);
        Write("train/a/1.PNG", 30);
        Write($"{test}/a/x.png", 40);
        Write($"{test}/b/y.jpeg", 50); // a PNG under another name

        var (train, held) = ImageFolderReader.Load(_folder.Path, Grey);

        Assert.Equal("folder/train", train.Name);
        Assert.Equal("folder/test", held.Name);
        Assert.Equal(["a", "b"], train.ClassNames.AsEnumerable());
        Assert.Equal<int>([0, 0, 1], train.Labels.ToArray());
        Assert.Equal<int>([0, 1], held.Labels.ToArray());
        Assert.Equal(new ImageShape(1, 2, 3), train.Shape);
        Assert.Equal<byte>([30, 20, 10], Firsts(train));
        Assert.Equal<byte>([40, 50], Firsts(held));
        Assert.True(train.HasLabels);
    }

    [Fact]
    public void Test_folder_goes_before_val()
    {
        Write("train/a/1.png", 10);
        Write("val/a/1.png", 20);
        Write("test/a/1.png", 30);

        Assert.Equal<byte>([30], Firsts(ImageFolderReader.Load(_folder.Path, Grey).Test));
    }

    [Fact]
    public void Classes_and_files_come_in_the_order_of_torchvision()
    {
        byte value = 0;
        foreach (string name in (string[])["b10/x.png", "b2/x.png", "B/x.png", "a b/x.png", "ä/x.png", "b2/X.png", "b2/sub/a.png", "b2/10.jpg", "b2/9.jpg", "_/1.png"]) Write($"train/{name}", ++value);
        string[] lines = PythonScript.Run("picture_oracle.py", "the package python3-torchvision", "folder", _folder.File("train")).Split('\n');
        int end = Array.IndexOf(lines, "");

        var list = PictureList.OfClasses(_folder.File("train"), PictureList.ClassesOf(_folder.File("train")));

        Assert.Equal(lines[..end], list.Classes.AsEnumerable());
        Assert.Equal(lines[(end + 1)..].Where(line => line.Length > 0), list.Files.Zip(list.Labels, (file, label) => $"{label} {file}"));
    }

    [Fact]
    public void Folder_of_classes_is_split_with_every_class_in_its_proportion()
    {
        for (int i = 0; i < 20; i++) Write($"cat/{i:00}.png", (byte)i);
        for (int i = 0; i < 10; i++) Write($"dog/{i:00}.png", (byte)(100 + i));

        var (train, test) = ImageFolderReader.Load(_folder.Path, Grey);
        var again = ImageFolderReader.Load(_folder.Path, Grey);

        Assert.Equal([16, 8], DataSubset.All(train, Split.Train).CountByClass().AsEnumerable());
        Assert.Equal([4, 2], DataSubset.All(test, Split.Test).CountByClass().AsEnumerable());
        Assert.Equal([.. Enumerable.Range(0, 20), .. Enumerable.Range(100, 10)], Firsts(train).Concat(Firsts(test)).Select(pixel => (int)pixel).Order());
        Assert.Equal(Firsts(test), Firsts(again.Test));
        Assert.Equal(train.ContentHash, again.Train.ContentHash);
        Assert.NotEqual(train.ContentHash, test.ContentHash);
    }

    [Fact]
    public void Train_folder_without_a_test_folder_is_split()
    {
        for (int i = 0; i < 10; i++) Write($"train/a/{i}.png", (byte)i);

        var (train, test) = ImageFolderReader.Load(_folder.Path, Grey);

        Assert.Equal((8, 2), (train.Count, test.Count));
    }

    [Fact]
    public void Folder_named_train_may_be_a_class_of_trains()
    {
        for (int i = 0; i < 5; i++) Write($"train/{i}.png", 1);
        for (int i = 0; i < 5; i++) Write($"boat/{i}.png", 2);

        Assert.Equal(["boat", "train"], ImageFolderReader.Load(_folder.Path, Grey).Train.ClassNames.AsEnumerable());
    }

    [Fact]
    public void Pictures_alone_have_no_labels()
    {
        for (int i = 0; i < 10; i++) Write($"{i}.png", (byte)i);

        var (train, test) = ImageFolderReader.Load(_folder.Path, Grey);

        Assert.Equal((8, 2, 1, false, false), (train.Count, test.Count, train.ClassCount, train.HasLabels, test.HasLabels));
    }

    [Fact]
    public void Hidden_files_and_folders_are_passed_over()
    {
        for (int i = 0; i < 3; i++) Write($"a/{i}.png", (byte)i);
        Write("a/._0.png", 9);
        Write(".cache/0.png", 9);

        Assert.Equal(["a"], ImageFolderReader.Load(_folder.Path, Grey).Train.ClassNames.AsEnumerable());
    }

    [Fact]
    public void Loader_gives_the_same_batches_for_any_number_of_workers_with_and_without_memory()
    {
        for (int i = 0; i < 40; i++) Write($"{(char)('a' + (i % 3))}/{i:00}.png", (byte)(i * 5));
        File.WriteAllText(_folder.File("b/22.png"), "no picture");

        float[] plain = Values(workers: 0, cacheBytes: 0, epoch: 1);

        Assert.Equal(32, plain.Length);
        foreach (int workers in (int[])[0, 1, 3])
        {
            Assert.Equal(plain, Values(workers, cacheBytes: 0, epoch: 1));
            Assert.Equal(plain, Values(workers, cacheBytes: 60, epoch: 1)); // room for ten images of six bytes
            Assert.Equal(plain, Values(workers, cacheBytes: 1000, epoch: 1));
        }
    }

    [Fact]
    public void Memory_holds_images_up_to_the_limit_and_no_more()
    {
        for (int i = 0; i < 10; i++) Write($"train/a/{i}.png", (byte)i);
        Write("val/a/0.png", 0);
        var train = ImageFolderReader.Load(_folder.Path, Grey with { CacheBytes = 20 }).Train;
        byte[] before = Firsts(train);

        foreach (string file in Directory.GetFiles(_folder.File("train/a"))) File.Delete(file);

        // Three images of six bytes are kept; the fourth cannot be read any more, and nor can the others in its place.
        Assert.Equal(before[..3], Enumerable.Range(0, 3).Select(i => train.Image(i)[0]));
        Assert.Throws<DataException>(() => train.Image(3).Length);
    }

    [Fact]
    public void Unreadable_picture_is_named_and_the_next_of_its_class_takes_its_place()
    {
        for (int i = 0; i < 20; i++) Write($"train/{(i < 10 ? "a" : "b")}/{i:00}.png", (byte)i);
        Write("val/a/0.png", 0);
        Write("val/b/0.png", 0);
        File.WriteAllBytes(_folder.File("train/a/09.png"), []);
        File.WriteAllBytes(_folder.File("train/b/12.png"), File.ReadAllBytes(_folder.File("train/b/12.png"))[..^20]);
        var train = ImageFolderReader.Load(_folder.Path, Grey).Train;

        Assert.Null(train.Caveat);
        Assert.Equal<byte>([0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 10, 11, 13, 13, 14, 15, 16, 17, 18, 19], Firsts(train));
        Assert.Equal(
            $"2 of the 20 pictures in '{_folder.File("train")}' could not be read, and the next of its class took the place of each, also where accuracy was measured: 'a/09.png' (it is empty), 'b/12.png' (libspng reports: end of stream).",
            train.Caveat);
    }

    [Fact]
    public void Set_with_too_many_unreadable_pictures_is_refused()
    {
        for (int i = 0; i < 20; i++) Write($"train/a/{i:00}.png", (byte)i);
        Write("val/a/0.png", 0);
        foreach (int i in (int[])[3, 7, 8, 9]) File.WriteAllText(_folder.File($"train/a/{i:00}.png"), "<html>");
        var train = ImageFolderReader.Load(_folder.Path, Grey).Train;

        var fault = Assert.Throws<DataException>(() => Firsts(train));

        Assert.Equal(
            $"Cannot load 'folder:{_folder.File("train")}': at most 2 of 20 pictures may be unreadable, but 3 of the 20 pictures in '{_folder.File("train")}' are: 'a/03.png' (it is neither JPEG nor PNG: it starts with 0x3c68746d), 'a/07.png' (it is neither JPEG nor PNG: it starts with 0x3c68746d), 'a/08.png' (it is neither JPEG nor PNG: it starts with 0x3c68746d); replace or remove them.",
            fault.Message);
    }

    [Fact]
    public void Set_without_a_readable_picture_is_refused_at_once()
    {
        for (int i = 0; i < 3; i++) _folder.Write($"{i}.jpg", [0xFF, 0xD8, 0xFF, 0xE0, 0, 16]);

        var fault = Assert.Throws<DataException>(() => ImageFolderReader.Load(_folder.Path, Grey));

        Assert.StartsWith($"Cannot load 'folder:{_folder.Path}': at most 1 of 3 pictures may be unreadable, but 2 of the 3 pictures in '{_folder.Path}' are: '0.jpg' (it claims 0 x 0 pixels, and 1 to 67108864 are decoded), '1.jpg' ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pictures_of_another_size_are_unreadable_without_resizing()
    {
        for (int i = 0; i < 19; i++) Write($"train/a/{i:00}.png", (byte)i);
        _folder.Write("train/a/99.png", PngBuilder.Build(4, 2, new byte[8]));
        Write("val/a/0.png", 0);
        var train = ImageFolderReader.Load(_folder.Path, Grey).Train;

        Assert.Equal(0, Firsts(train)[19]);
        Assert.Contains("'a/99.png' (it becomes 1x2x4, the others 1x2x3: make all of one size by --resize N --crop N, as in --resize 256 --crop 224)", train.Caveat, StringComparison.Ordinal);
        Assert.Equal(new ImageShape(3, 8, 8), ImageFolderReader.Load(_folder.Path, new() { Resize = 10, Crop = 8 }).Train.Shape);
    }

    [Fact]
    public void Pixels_of_pictures_in_files_are_not_given_out_at_once()
    {
        for (int i = 0; i < 3; i++) Write($"{i}.png", 0);

        Assert.Throws<InvalidOperationException>(() => ImageFolderReader.Load(_folder.Path, Grey).Train.Pixels.Length);
    }

    [Theory]
    [InlineData("notes.txt", "the folder holds train/CLASS/ and val/CLASS/, or CLASS/, or pictures (.jpg, .jpeg, .png), but it holds none of them; check the path.")]
    [InlineData("a/notes.txt", "each folder in it is a class with at least one .jpg, .jpeg or .png, but 'a' has none; add pictures or remove the folder.")]
    [InlineData("a/1.png b/2.png 3.png", "the folder holds folders, each a class, or pictures without labels, but it holds both, such as 'a' and '3.png'; move one or the other away.")]
    [InlineData("train/a/1.png train/b/1.png val/a/1.png", "training and test images have the same classes, but 'b' is only in '{0}/train'; add or remove its folder.")]
    [InlineData("train/a/1.png val/a/1.png val/c/1.png", "training and test images have the same classes, but 'c' is only in '{0}/val'; add or remove its folder.")]
    public void Folder_of_no_layout_is_refused(string files, string reason)
    {
        foreach (string file in files.Split(' ')) Write(file, 1);

        var fault = Assert.Throws<DataException>(() => ImageFolderReader.Load(_folder.Path, Grey));

        Assert.Equal($"Cannot load 'folder:{_folder.Path}': {reason.Replace("{0}", _folder.Path, StringComparison.Ordinal)}", fault.Message);
    }

    [Fact]
    public void Two_images_are_too_few_for_three_splits()
    {
        Write("a/1.png", 1);
        Write("a/2.png", 1);

        Assert.Equal(
            "Cannot load 'folder': train, search and test split have an image each, but there are 2 images; add images.",
            Assert.Throws<DataException>(() => ImageFolderReader.Load(_folder.Path, Grey)).Message);
    }

    private void Write(string name, byte value) => _folder.Write(name, PngBuilder.Build(3, 2, [value, .. new byte[5]]));

    private float[] Values(int workers, long cacheBytes, int epoch)
    {
        var train = ImageFolderReader.Load(_folder.Path, Grey with { CacheBytes = cacheBytes }).Train;
        var loader = new DataLoader(DataSubset.All(train, Split.Train), Plain, new() { BatchSize = 5, Seed = 3, Workers = workers });
        float[] Read(int number) => [.. loader.Epoch(number).SelectMany(batch => batch.Images.ToArray().Chunk(6).Select(image => image[0]))];
        for (int before = 0; before < epoch; before++) Read(before);
        return Read(epoch);
    }

    private static byte[] Firsts(ImageDataset set) => [.. Enumerable.Range(0, set.Count).Select(i => set.Image(i)[0])];
}
