namespace Coppice.Data.Arrays;

/// <summary>
/// Makes bytes of arrays of images. Bytes are taken as they are. Other numbers must lie in 0 … 255, or all in 0 … 1 where they are not integers, which is then 0 … 255 (rounded): the
/// network's normalisation follows later, so an array that is normalised already is refused.
/// </summary>
internal static class ArrayPixels
{
    /// <summary>The pixels of arrays that belong together, so that one scale serves all.</summary>
    /// <returns>For each array its pixels in the order of the file.</returns>
    /// <exception cref="DataException">A number is out of range, or an array is not as long as claimed.</exception>
    public static byte[][] Read(params StoredArray[] arrays)
    {
        if (arrays.All(array => array.Type == ElementType.UInt8)) return [.. arrays.Select(array => array.ReadBytes())];

        double brightest = arrays.Max(Brightest);
        double scale = arrays.All(array => array.Type.IsShare()) && brightest <= 1 ? 255 : 1;
        return [.. arrays.Select(array => Convert(array, scale))];
    }

    /// <summary>The largest number; on the way every number is looked at, so that no memory is spent on an array that is shorter than it claims.</summary>
    private static double Brightest(StoredArray array)
    {
        double largest = 0;
        array.Read(numbers =>
        {
            foreach (double number in numbers)
            {
                if (!(number is >= 0 and <= 255)) throw OutOfRange(array, number);
                largest = Math.Max(largest, number);
            }
        });
        return largest;
    }

    private static byte[] Convert(StoredArray array, double scale)
    {
        byte[] pixels = new byte[array.Count];
        int next = 0;
        array.Read(numbers =>
        {
            foreach (double number in numbers) pixels[next++] = (byte)Math.Round(scale * number, MidpointRounding.AwayFromZero);
        });
        return pixels;
    }

    private static DataException OutOfRange(StoredArray array, double number) => array.Fault(
        $"pixels in '{array.Name}' lie in 0..255, or all in 0..1", FormattableString.Invariant($"one is {number}"), "store them before normalising, and give --normalize MEAN/STD");
}
