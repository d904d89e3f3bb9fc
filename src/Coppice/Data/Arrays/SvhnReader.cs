using System.Collections.Immutable;

namespace Coppice.Data.Arrays;

/// <summary>
/// Reads the cropped digits of SVHN (Netzer et al., 2011), <c>train_32x32.mat</c> and <c>test_32x32.mat</c>: X [32, 32, 3, N] bytes, rows fastest; y [N, 1] digits, of which 10 stands for 0.
/// </summary>
public static class SvhnReader
{
    private const int Side = 32;
    private static readonly ImmutableArray<string> Digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

    /// <summary>Reads both files.</summary>
    /// <param name="folder">The folder that holds them.</param>
    /// <exception cref="DataException">A file is missing, damaged or of another kind.</exception>
    public static TrainTestData Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);

        // Both files are looked for before the first is read, so that a missing one is told at once.
        string train = Require(folder, "train_32x32.mat"), test = Require(folder, "test_32x32.mat");
        return new(Load(train, "svhn/train"), Load(test, "svhn/test"));
    }

    private static string Require(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        return File.Exists(path) ? path : throw DataException.CannotLoad($"svhn:{folder}", $"the folder holds {name}", "it is not there", "give the folder of the cropped digits (format 2)");
    }

    private static ImageDataset Load(string path, string name) => DataFile.Guard(path, "an element of a MATLAB file", () =>
    {
        var arrays = MatReader.Find(path, "X", "y");
        var (images, digits) = (arrays[0], arrays[1]);
        if (images.Type != ElementType.UInt8 || images.Shape.Length != 4 || (images.Shape[0], images.Shape[1], images.Shape[2]) != (Side, Side, 3))
            throw images.Fault("X of SVHN holds bytes, 32 x 32 x 3 x N", $"it is {images.ShapeText} of {images.Type}", "give the files of the cropped digits (format 2)");

        var axes = ImageAxes.Of(images, "hwcn");
        int[] labels = ArrayLabels.Read(digits, axes.Images);
        if (Array.FindIndex(labels, digit => digit > 10) is var bad and >= 0)
            throw digits.Fault("y of SVHN holds 1 to 9, and 10 for the digit 0", $"label {bad} is {labels[bad]}", "get the file again");

        return new ImageDataset(name, axes.Arrange(images.ReadBytes()), [.. labels.Select(digit => digit % 10)], axes.Image, Digits);
    });
}
