using System.Collections.Immutable;
using Coppice.Data.Arrays;
using Coppice.Data.Folders;

namespace Coppice.Data;

/// <summary>
/// Where a data set comes from, as written after <c>--data</c>: <c>fashion-mnist</c>, <c>fashion-mnist:DIR</c>, <c>mnist:DIR</c>,
/// <c>cifar10:DIR</c>, <c>cifar100:DIR</c> or <c>svhn:DIR</c> for published sets, <c>folder:DIR</c> for pictures and <c>npz:FILE</c> for NumPy arrays
/// of the user's own. Files of MNIST and CIFAR may be plain or <c>.gz</c>.
/// </summary>
public sealed class DataSource
{
    private const string DebianFolder = "/usr/share/datasets/fashion-mnist";
    private readonly Kind _kind;
    private readonly bool _isPackage;

    private DataSource(Kind kind, string folder, bool isPackage) => (_kind, Folder, _isPackage) = (kind, folder, isPackage);

    /// <summary>The known names, in the order that messages list them.</summary>
    public static ImmutableArray<string> KnownNames => [.. Kinds.Select(kind => kind.Name)];

    /// <summary>Name of the data set, for example <c>cifar10</c>.</summary>
    public string Name => _kind.Name;

    /// <summary>Folder of its files; for <c>npz</c> the file or the folder.</summary>
    public string Folder { get; }

    /// <summary>Whether it is a published set, whose networks share a normalisation; of a user's own images nobody knows.</summary>
    public bool IsPublished => _kind.Normalization is not null;

    /// <summary>Whether its pictures may be of any size, so that resizing and cutting means something.</summary>
    public bool TakesSizes => _kind.Name == "folder";

    /// <summary>Whether it is made of arrays, whose axes may come in any order.</summary>
    public bool TakesLayout => _kind.Name == "npz";

    /// <summary>The augmentation that suits this data set.</summary>
    public Augmentation Augmentation => _kind.Augmentation;

    private static ImmutableArray<Kind> Kinds { get; } =
    [
        new("fashion-mnist", Normalization.FashionMnist, Augmentation.FashionMnist, (folder, _) => LoadIdx(folder, "fashion-mnist", "FashionMNIST",
            ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"])),
        new("mnist", Normalization.Mnist, Augmentation.None, (folder, _) => LoadIdx(folder, "mnist", "MNIST",
            ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])),
        new("cifar10", Normalization.Cifar10, Augmentation.Cifar, (folder, _) => CifarReader.LoadCifar10(folder)),
        new("cifar100", Normalization.Cifar100, Augmentation.Cifar, (folder, _) => CifarReader.LoadCifar100(folder)),
        new("svhn", Normalization.Svhn, Augmentation.None, (folder, _) => SvhnReader.Load(folder)), // digits are not mirrored, and the papers on SVHN move nothing either
        new("folder", null, Augmentation.Flip, ImageFolderReader.Load),
        new("npz", null, Augmentation.None, NpzReader.Load, TakesFile: true),
    ];

    /// <summary>Reads <c>NAME</c> or <c>NAME:DIR</c>. Looks at no file.</summary>
    /// <exception cref="DataException">The name is unknown, or the folder is missing where one is needed.</exception>
    public static DataSource Parse(string text) => Parse(text, DebianFolder);

    /// <summary>As <see cref="Parse(string)"/>, with the folder that <c>fashion-mnist</c> alone stands for.</summary>
    internal static DataSource Parse(string text, string fashionMnistFolder)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':', 2);
        var kind = Kinds.FirstOrDefault(kind => kind.Name.Equals(parts[0], StringComparison.OrdinalIgnoreCase))
            ?? throw Unknown(text, parts[0]);

        bool isPackage = parts.Length == 1 && kind.Name == "fashion-mnist";
        if (isPackage) return new(kind, fashionMnistFolder, isPackage);
        if (parts.Length == 2 && !string.IsNullOrWhiteSpace(parts[1])) return new(kind, parts[1], isPackage);

        throw DataException.CannotLoad(
            text, $"the {kind.Place} of {kind.Name} is part of the name", "none is given", $"write {kind.Name}:{(kind.TakesFile ? "FILE" : "DIR")}");
    }

    /// <summary>The normalisation for images of as many channels where neither a network nor a user states one: the published set's own, ImageNet's for pictures, or pixel / 255.</summary>
    public Normalization NormalizationFor(int channels)
    {
        if (_kind.Normalization is { } own) return own;
        return TakesSizes && channels == Normalization.ImageNet.Channels ? Normalization.ImageNet : Normalization.Plain(channels);
    }

    /// <inheritdoc cref="Load(ImageOptions)"/>
    public TrainTestData Load() => Load(new ImageOptions());

    /// <summary>Reads all files into memory, except pictures, which are decoded when they are asked for.</summary>
    /// <param name="options">What becomes of pictures and arrays; published sets look at none of it.</param>
    /// <exception cref="DataException">The folder or a file is missing, damaged or of another kind.</exception>
    public TrainTestData Load(ImageOptions options)
    {
        if (Directory.Exists(Folder) || (_kind.TakesFile && File.Exists(Folder))) return _kind.Load(Folder, options);

        throw _isPackage
            ? DataException.CannotLoad(
                Name, "without a folder it is Debian's package dataset-fashion-mnist", $"{Folder} does not exist",
                "run 'apt install dataset-fashion-mnist', or give a folder: fashion-mnist:DIR")
            : DataException.CannotLoad(ToString(), $"the {_kind.Place} must exist", $"'{Folder}' does not", "check the path");
    }

    /// <summary>In the form that <see cref="Parse(string)"/> reads, for example <c>mnist:/data/mnist</c>.</summary>
    public override string ToString() => _isPackage ? Name : $"{Name}:{Folder}";

    private static TrainTestData LoadIdx(string folder, string name, string torchFolder, ImmutableArray<string> classNames)
    {
        string torch = Path.Combine(folder, torchFolder, "raw");
        if (Directory.Exists(torch)) folder = torch;

        // All files are looked for before the first is read, so that a missing one is told at once.
        string trainImages = Require("train-images", "idx3"), trainLabels = Require("train-labels", "idx1");
        string testImages = Require("t10k-images", "idx3"), testLabels = Require("t10k-labels", "idx1");
        return new(
            IdxReader.Load(trainImages, trainLabels, $"{name}/train", classNames),
            IdxReader.Load(testImages, testLabels, $"{name}/test", classNames));

        // Both spellings are in circulation: train-images-idx3-ubyte and train-images.idx3-ubyte.
        string Require(string part, string rank) =>
            DataFile.Find(folder, $"{part}-{rank}-ubyte", $"{part}.{rank}-ubyte") ?? throw DataException.CannotLoad(
                $"{name}:{folder}", $"the folder holds {part}-{rank}-ubyte or {part}-{rank}-ubyte.gz", "neither is there",
                $"give the folder of the four files of {name}");
    }

    private static DataException Unknown(string text, string name)
    {
        string known = string.Join(", ", KnownNames);
        string hint = Spelling.Closest(name, KnownNames) is [var meant, ..] ? $"Did you mean '{meant}'? " : "";
        return new DataException($"Cannot load '{text}': there is no data set '{name}'. {hint}Known are {known}, written NAME:PATH.");
    }

    private sealed record Kind(
        string Name, Normalization? Normalization, Augmentation Augmentation, Func<string, ImageOptions, TrainTestData> Load, bool TakesFile = false)
    {
        /// <summary>What its name is followed by, in words.</summary>
        public string Place => TakesFile ? "file" : "folder";
    }
}
