using Coppice.Data;

namespace Coppice.Tests.Data;

/// <summary>Data sets made by hand.</summary>
internal static class SmallData
{
    /// <summary>Images whose label is given; every pixel of image i has its own value, repeating after 251.</summary>
    public static ImageDataset WithLabels(int[] labels, int classes, ImageShape shape, string name = "small") => new(
        name,
        [.. Enumerable.Range(0, labels.Length * shape.PixelCount).Select(i => (byte)(i * 7 % 251))],
        labels,
        shape,
        [.. Enumerable.Range(0, classes).Select(c => $"class {c}")]);

    /// <summary>Labels 0, 1, 2, 0, 1, 2, …</summary>
    public static ImageDataset Cyclic(int count, int classes = 3, string name = "small") =>
        WithLabels([.. Enumerable.Range(0, count).Select(i => i % classes)], classes, new ImageShape(1, 4, 5), name);
}
