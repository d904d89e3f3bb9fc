using System.Collections.Immutable;

namespace Coppice.Data;

/// <summary>
/// Reads the binary version of CIFAR-10 and CIFAR-100 (Krizhevsky, 2009), plain or gzip: records of one label byte (CIFAR-100: a coarse and
/// a fine one) and 3,072 pixels, planes red, green, blue, each 32 × 32 by rows.
/// </summary>
public static class CifarReader
{
    private static readonly ImageShape Shape = new(Channels: 3, Height: 32, Width: 32);

    private static readonly Layout Cifar10 = new(
        "cifar10", ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"], "test_batch.bin",
        "cifar-10-batches-bin", "batches.meta.txt", LabelBytes: 1, MaxRecords: 10_000,
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]);

    private static readonly Layout Cifar100 = new(
        "cifar100", ["train.bin"], "test.bin", "cifar-100-binary", "fine_label_names.txt", LabelBytes: 2, MaxRecords: 50_000,
        [.. Enumerable.Range(0, 100).Select(label => FormattableString.Invariant($"class {label}"))]);

    /// <summary>Reads <c>data_batch_1.bin</c> … <c>data_batch_5.bin</c> and <c>test_batch.bin</c>; class names from <c>batches.meta.txt</c> if it is there.</summary>
    /// <param name="folder">The folder of the files, or the one that holds <c>cifar-10-batches-bin</c>.</param>
    /// <exception cref="DataException">A file is missing, damaged or of another kind.</exception>
    public static TrainTestData LoadCifar10(string folder) => Load(folder, Cifar10);

    /// <summary>Reads <c>train.bin</c> and <c>test.bin</c> with the 100 fine labels; class names from <c>fine_label_names.txt</c> if it is there.</summary>
    /// <param name="folder">The folder of the files, or the one that holds <c>cifar-100-binary</c>.</param>
    /// <exception cref="DataException">A file is missing, damaged or of another kind.</exception>
    public static TrainTestData LoadCifar100(string folder) => Load(folder, Cifar100);

    private static TrainTestData Load(string folder, Layout layout)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string inner = Path.Combine(folder, layout.Subfolder);
        if (Directory.Exists(inner)) folder = inner;

        // All files are looked for before the first is read, so that a missing one is told at once.
        string[] trainFiles = [.. layout.TrainFiles.Select(name => Require(folder, name, layout))];
        string testFile = Require(folder, layout.TestFile, layout);
        var classNames = ReadClassNames(folder, layout);
        return new(
            Read(trainFiles, layout, $"{layout.Name}/train", classNames),
            Read([testFile], layout, $"{layout.Name}/test", classNames));
    }

    private static string Require(string folder, string name, Layout layout) =>
        DataFile.Find(folder, name) ?? throw DataException.CannotLoad(
            $"{layout.Name}:{folder}", $"the folder holds {name} or {name}.gz", "neither is there",
            File.Exists(Path.Combine(folder, Path.GetFileNameWithoutExtension(name)))
                ? "these files are the Python version: get the binary version"
                : "give the folder of the binary version");

    private static ImageDataset Read(string[] files, Layout layout, string name, ImmutableArray<string> classNames)
    {
        byte[][] contents = [.. files.Select(file => ReadRecords(file, layout))];
        int count = contents.Sum(content => content.Length / layout.RecordBytes);
        byte[] pixels = new byte[count * Shape.PixelCount];
        int[] labels = new int[count];

        int image = 0;
        foreach (byte[] content in contents)
        {
            for (int start = 0; start < content.Length; start += layout.RecordBytes, image++)
            {
                labels[image] = content[start + layout.LabelBytes - 1];
                content.AsSpan(start + layout.LabelBytes, Shape.PixelCount).CopyTo(pixels.AsSpan(image * Shape.PixelCount));
            }
        }

        return new ImageDataset(name, pixels, labels, Shape, classNames);
    }

    private static byte[] ReadRecords(string path, Layout layout)
    {
        byte[] content = DataFile.Read(path, stream =>
        {
            byte[] bytes = DataFile.ReadUpTo(stream, layout.MaxRecords * layout.RecordBytes);
            if (bytes.Length > 0 && bytes.Length % layout.RecordBytes == 0 && stream.ReadByte() < 0) return bytes;

            string found = bytes.Length < layout.MaxRecords * layout.RecordBytes ? $"it holds {bytes.Length} bytes" : "it holds more";
            throw DataException.CannotRead(
                path, $"a file of {layout.Name} holds 1 to {layout.MaxRecords} records of {layout.RecordBytes} bytes", found,
                "get the binary version again");
        });

        RequireLabels(content, path, layout);
        return content;
    }

    private static void RequireLabels(byte[] content, string path, Layout layout)
    {
        for (int start = 0; start < content.Length; start += layout.RecordBytes)
        {
            int label = content[start + layout.LabelBytes - 1];
            if (label < layout.ClassNames.Length) continue;

            throw DataException.CannotRead(
                path, $"a label of {layout.Name} lies in 0..{layout.ClassNames.Length - 1}",
                $"label {start / layout.RecordBytes} is {label}", $"give the binary version of {layout.Name}");
        }
    }

    private static ImmutableArray<string> ReadClassNames(string folder, Layout layout)
    {
        string path = Path.Combine(folder, layout.NamesFile);
        if (!File.Exists(path)) return layout.ClassNames;

        ImmutableArray<string> names = DataFile.Read(path, stream =>
        {
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToImmutableArray();
        });
        if (names.Length == layout.ClassNames.Length) return names;

        throw DataException.CannotRead(
            path, $"it names the {layout.ClassNames.Length} classes of {layout.Name}, one per line", $"it has {names.Length} names",
            "get the file again or remove it");
    }

    private sealed record Layout(
        string Name,
        ImmutableArray<string> TrainFiles,
        string TestFile,
        string Subfolder,
        string NamesFile,
        int LabelBytes,
        int MaxRecords,
        ImmutableArray<string> ClassNames)
    {
        public int RecordBytes => LabelBytes + Shape.PixelCount;
    }
}
