using Coppice.Data;

namespace Coppice.Tests.Data;

public sealed class DataSourceTests : IDisposable
{
    private static readonly byte[] OneImage = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 200];
    private static readonly byte[] OneLabel = [0, 0, 8, 1, 0, 0, 0, 1, 9];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("fashion-mnist", "fashion-mnist", "/usr/share/datasets/fashion-mnist")]
    [InlineData("fashion-mnist:a", "fashion-mnist", "a")]
    [InlineData("mnist:/data/m", "mnist", "/data/m")]
    [InlineData("cifar10:C:\\data", "cifar10", "C:\\data")]
    [InlineData("cifar100:x y", "cifar100", "x y")]
    [InlineData("svhn:d", "svhn", "d")]
    [InlineData("folder:/a:b", "folder", "/a:b")]
    [InlineData("npz:a.npz", "npz", "a.npz")]
    public void Parse_reads_name_and_folder_and_ToString_writes_them(string text, string name, string folder)
    {
        var source = DataSource.Parse(text);

        Assert.Equal(name, source.Name);
        Assert.Equal(folder, source.Folder);
        Assert.Equal(text, source.ToString());
    }

    [Fact]
    public void Each_source_has_its_normalisation_and_augmentation()
    {
        Assert.Equal(new Normalization([0.2860f], [0.3530f]), DataSource.Parse("fashion-mnist").NormalizationFor(1));
        Assert.Equal(new Normalization([0.1307f], [0.3081f]), DataSource.Parse("mnist:a").NormalizationFor(1));
        Assert.Equal(
            new Normalization([0.4914f, 0.4822f, 0.4465f], [0.2023f, 0.1994f, 0.2010f]), DataSource.Parse("cifar10:a").NormalizationFor(3));
        Assert.Equal(
            new Normalization([0.5071f, 0.4865f, 0.4409f], [0.2673f, 0.2564f, 0.2762f]), DataSource.Parse("cifar100:a").NormalizationFor(3));
        Assert.Equal(new Augmentation { PadCrop = 2, HorizontalFlip = 0.5 }, DataSource.Parse("fashion-mnist").Augmentation);
        Assert.Equal(new Augmentation { PadCrop = 0, HorizontalFlip = 0 }, DataSource.Parse("mnist:a").Augmentation);
        Assert.Equal(new Augmentation { PadCrop = 4, HorizontalFlip = 0.5 }, DataSource.Parse("cifar10:a").Augmentation);
        Assert.Equal(new Augmentation { PadCrop = 4, HorizontalFlip = 0.5 }, DataSource.Parse("cifar100:a").Augmentation);
    }

    [Fact]
    public void Own_data_have_the_normalisation_of_ImageNet_or_none()
    {
        Assert.Equal(new Normalization([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]), DataSource.Parse("folder:a").NormalizationFor(3));
        Assert.Equal(new Normalization([0f], [1f]), DataSource.Parse("folder:a").NormalizationFor(1));
        Assert.Equal(new Normalization([0f, 0f, 0f], [1f, 1f, 1f]), DataSource.Parse("npz:a").NormalizationFor(3));
        Assert.Equal(new Normalization([0.4377f, 0.4438f, 0.4728f], [0.1980f, 0.2010f, 0.1970f]), DataSource.Parse("svhn:a").NormalizationFor(3));
        Assert.Equal((true, false, false), (DataSource.Parse("svhn:a").IsPublished, DataSource.Parse("folder:a").IsPublished, DataSource.Parse("npz:a").IsPublished));
        Assert.Equal(new Augmentation { HorizontalFlip = 0.5 }, DataSource.Parse("folder:a").Augmentation);
        Assert.Equal(Augmentation.None, DataSource.Parse("svhn:a").Augmentation);
    }

    [Theory]
    [InlineData("fashon-mnist", "Cannot load 'fashon-mnist': there is no data set 'fashon-mnist'. Did you mean 'fashion-mnist'? Known are fashion-mnist, mnist, cifar10, cifar100, svhn, folder, npz, written NAME:PATH.")]
    [InlineData("CIFAR-10:d", "Cannot load 'CIFAR-10:d': there is no data set 'CIFAR-10'. Did you mean 'cifar10'? Known are fashion-mnist, mnist, cifar10, cifar100, svhn, folder, npz, written NAME:PATH.")]
    [InlineData("imagenet:d", "Cannot load 'imagenet:d': there is no data set 'imagenet'. Known are fashion-mnist, mnist, cifar10, cifar100, svhn, folder, npz, written NAME:PATH.")]
    [InlineData("", "Cannot load '': there is no data set ''. Known are fashion-mnist, mnist, cifar10, cifar100, svhn, folder, npz, written NAME:PATH.")]
    [InlineData("mnist", "Cannot load 'mnist': the folder of mnist is part of the name, but none is given; write mnist:DIR.")]
    [InlineData("npz", "Cannot load 'npz': the file of npz is part of the name, but none is given; write npz:FILE.")]
    [InlineData("fashion-mnist: ", "Cannot load 'fashion-mnist: ': the folder of fashion-mnist is part of the name, but none is given; write fashion-mnist:DIR.")]
    public void Parse_says_what_is_wrong_and_what_is_known(string text, string message) =>
        Assert.Equal(message, Assert.Throws<DataException>(() => DataSource.Parse(text)).Message);

    [Fact]
    public void Load_names_the_package_when_Fashion_MNIST_is_not_installed()
    {
        var source = DataSource.Parse("fashion-mnist", fashionMnistFolder: "/no/such");

        Assert.Equal(
            "Cannot load 'fashion-mnist': without a folder it is Debian's package dataset-fashion-mnist, but /no/such does not exist; run 'apt install dataset-fashion-mnist', or give a folder: fashion-mnist:DIR.",
            Assert.Throws<DataException>(source.Load).Message);
    }

    [Fact]
    public void Load_says_so_when_the_folder_does_not_exist() =>
        Assert.Equal(
            "Cannot load 'cifar10:/no/such': the folder must exist, but '/no/such' does not; check the path.",
            Assert.Throws<DataException>(DataSource.Parse("cifar10:/no/such").Load).Message);

    [Fact]
    public void Load_says_so_when_the_file_does_not_exist() =>
        Assert.Equal(
            "Cannot load 'npz:/no/such.npz': the file must exist, but '/no/such.npz' does not; check the path.",
            Assert.Throws<DataException>(DataSource.Parse("npz:/no/such.npz").Load).Message);

    [Fact]
    public void Load_names_the_missing_file()
    {
        _folder.Write("train-images-idx3-ubyte", OneImage);

        Assert.Equal(
            $"Cannot load 'mnist:{_folder.Path}': the folder holds train-labels-idx1-ubyte or train-labels-idx1-ubyte.gz, but neither is there; give the folder of the four files of mnist.",
            Assert.Throws<DataException>(DataSource.Parse($"mnist:{_folder.Path}").Load).Message);
    }

    [Theory]
    [InlineData("", "-")]
    [InlineData("", ".")]
    [InlineData("MNIST/raw/", "-")]
    public void Load_reads_the_layouts_in_circulation(string subfolder, string separator)
    {
        _folder.Write($"{subfolder}train-images{separator}idx3-ubyte", OneImage);
        _folder.WriteGzip($"{subfolder}train-labels{separator}idx1-ubyte.gz", OneLabel);
        _folder.WriteGzip($"{subfolder}t10k-images{separator}idx3-ubyte.gz", OneImage);
        _folder.Write($"{subfolder}t10k-labels{separator}idx1-ubyte", OneLabel);

        var (train, test) = DataSource.Parse($"mnist:{_folder.Path}").Load();

        Assert.Equal("mnist/train", train.Name);
        Assert.Equal("mnist/test", test.Name);
        Assert.Equal<int>([9], train.Labels.ToArray());
        Assert.Equal<byte>([200], test.Pixels.ToArray());
    }
}
