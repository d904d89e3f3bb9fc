using System.Collections.Immutable;
using System.Globalization;

namespace Coppice.Data.Arrays;

/// <summary>Reads arrays of labels: [N] or [N, 1] whole numbers from 0.</summary>
internal static class ArrayLabels
{
    /// <summary>Most classes; keeps a damaged label from asking for the memory of a billion names.</summary>
    private const int MaxClasses = 1 << 16;

    /// <summary>The labels of as many images.</summary>
    /// <exception cref="DataException">They are not as many, not whole, or out of range.</exception>
    public static int[] Read(StoredArray array, int images)
    {
        if (array.Shape.IsEmpty || array.Shape[0] != array.Count || array.Count != images)
        {
            string hint = array.Shape.Length == 2 && array.Shape[0] == images ? "store class numbers, not one column per class" : "give two arrays of the same set";
            throw array.Fault($"'{array.Name}' holds a label for each of {images} images, {images} or {images} x 1", $"it is {array.ShapeText}", hint);
        }

        var labels = new List<int>();
        array.Read(numbers =>
        {
            foreach (double number in numbers)
            {
                if (!(number is >= 0 and < MaxClasses) || number != Math.Floor(number))
                    throw array.Fault($"labels in '{array.Name}' are whole numbers in 0..{MaxClasses - 1}", FormattableString.Invariant($"label {labels.Count} is {number}"), "correct it");
                labels.Add((int)number);
            }
        });
        return [.. labels];
    }

    /// <summary>Names of the classes 0 to the largest label.</summary>
    public static ImmutableArray<string> NamesFor(params IEnumerable<int[]> labels) =>
        [.. Enumerable.Range(0, labels.Max(set => set.Max()) + 1).Select(label => label.ToString(CultureInfo.InvariantCulture))];
}
