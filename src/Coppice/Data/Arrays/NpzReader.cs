using System.Collections.Immutable;
using System.IO.Compression;

namespace Coppice.Data.Arrays;

/// <summary>
/// Reads NumPy arrays of images and labels: an archive (<c>.npz</c>), a folder of <c>.npy</c> files with the same names, or one <c>.npy</c> file of images alone. Names, in small or capital
/// letters: <c>x_train</c>, <c>y_train</c>, <c>x_test</c>, <c>y_test</c> as Keras has them; <c>images</c>, <c>data</c> in the place of <c>x</c> and <c>labels</c>, <c>targets</c> in that of <c>y</c>; <c>train_</c> and
/// <c>test_</c> in front; without <c>train</c> and <c>test</c>, the test images are drawn (<see cref="HeldOutTest"/>).
/// </summary>
/// <remarks>Format: NumPy enhancement proposal 1. Python objects are never unpickled.</remarks>
public static class NpzReader
{
    private static readonly string[] ImageNames = ["x", "images", "image", "data"];
    private static readonly string[] LabelNames = ["y", "labels", "label", "targets", "target"];

    /// <summary>Reads the arrays.</summary>
    /// <param name="path">The archive, folder or file.</param>
    /// <param name="options">Their layout, where it cannot be told.</param>
    /// <exception cref="DataException">Arrays are missing, damaged, hold no pixels or labels, or do not belong together.</exception>
    public static TrainTestData Load(string path, ImageOptions options)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (Directory.Exists(path))
            return DataFile.Guard(path, "a folder of arrays", () => Load(path, [.. Directory.EnumerateFiles(path, "*.npy").Order(StringComparer.Ordinal).Select(ArrayEntry.Of)], options.Layout));

        return DataFile.ReadPacked(path, "a zip archive", file =>
        {
            if (path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase)) return Load(path, [ArrayEntry.Of(path)], options.Layout);

            using var archive = new ZipArchive(file, ZipArchiveMode.Read);
            return Load(path, [.. ArrayEntry.Of(path, archive)], options.Layout);
        });
    }

    private static TrainTestData Load(string path, ImmutableArray<ArrayEntry> entries, ArrayLayout? layout)
    {
        ArrayEntry? Find(string[] names, string split) => entries.FirstOrDefault(entry => names.Any(name => IsNamed(entry.Name, name, split)));

        var train = Find(ImageNames, "train");
        string split = train is null ? "" : "train";
        train ??= Find(ImageNames, "") ?? (entries.Length == 1 ? entries[0] : null) ?? throw NothingFound(path, entries);
        var (trainLabels, test, testLabels) = (Find(LabelNames, split), Find(ImageNames, "test"), Find(LabelNames, "test"));
        if (trainLabels is null) return HeldOutTest.Draw(Unlabelled(train.Read(), layout));
        if (test is null) return HeldOutTest.Draw(Labelled([(train, trainLabels)], layout)[0]);
        if (testLabels is null) throw DataException.CannotLoad($"npz:{path}", "test images have labels", $"there is '{test.Name}' but no y_test", "add the array, or remove the test images");

        var sets = Labelled([(train, trainLabels), (test, testLabels)], layout);
        return new(sets[0], sets[1]);
    }

    private static bool IsNamed(string name, string part, string split) =>
        (split.Length == 0 ? [part] : new[] { $"{part}_{split}", $"{split}_{part}" }).Contains(name, StringComparer.OrdinalIgnoreCase);

    private static ImageDataset Unlabelled(StoredArray images, ArrayLayout? layout)
    {
        var axes = ImageAxes.Of(images, layout);
        byte[] pixels = axes.Arrange(ArrayPixels.Read(images)[0]);
        return new("npz", new MemoryImages(pixels, axes.Image), new int[axes.Images], ["unlabelled"]) { HasLabels = false };
    }

    private static ImageDataset[] Labelled((ArrayEntry Images, ArrayEntry Labels)[] sets, ArrayLayout? layout)
    {
        StoredArray[] images = [.. sets.Select(set => set.Images.Read())];
        ImageAxes[] axes = [.. images.Select(array => ImageAxes.Of(array, layout))];

        // Labels first: they are small, and most mistakes show in them.
        int[][] labels = [.. sets.Select((set, i) => ArrayLabels.Read(set.Labels.Read(), axes[i].Images))];
        var classes = ArrayLabels.NamesFor(labels);
        byte[][] pixels = ArrayPixels.Read(images);
        string[] names = sets.Length == 1 ? ["npz"] : ["npz/train", "npz/test"];
        return [.. sets.Select((_, i) => new ImageDataset(names[i], axes[i].Arrange(pixels[i]), labels[i], axes[i].Image, classes))];
    }

    private static DataException NothingFound(string path, ImmutableArray<ArrayEntry> entries) => DataException.CannotLoad(
        $"npz:{path}",
        "there are arrays x_train, y_train and so on, or images and labels",
        entries.IsEmpty ? "there is no array" : $"there are {string.Join(", ", entries.Take(8).Select(entry => $"'{entry.Name}'"))}{(entries.Length > 8 ? ", …" : "")}",
        "rename them when you store them");
}
