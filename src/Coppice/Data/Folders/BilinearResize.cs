using System.Buffers;

namespace Coppice.Data.Folders;

/// <summary>
/// Resizes pictures bilinearly with antialiasing, first along rows, then along columns, rounding to bytes after each: what PIL's <c>resize(…, BILINEAR)</c> does, and so torchvision's
/// <c>Resize</c> on PIL images.
/// </summary>
internal static class BilinearResize
{
    private const int Half = 1 << (AxisWeights.Bits - 1);

    /// <summary>Resizes a picture.</summary>
    /// <param name="source">[H, W, C].</param>
    /// <param name="size">H and W.</param>
    /// <param name="channels">C.</param>
    /// <param name="newSize">H and W of the result.</param>
    /// <param name="target">[new H, new W, C].</param>
    public static void Resize(ReadOnlySpan<byte> source, (int Height, int Width) size, int channels, (int Height, int Width) newSize, Span<byte> target)
    {
        if (size.Width == newSize.Width)
        {
            ResizeColumns(source, size, channels, newSize.Height, target);
            return;
        }

        byte[] rows = ArrayPool<byte>.Shared.Rent(size.Height * newSize.Width * channels);
        try
        {
            var narrow = rows.AsSpan(0, size.Height * newSize.Width * channels);
            ResizeRows(source, size.Width, channels, newSize.Width, narrow);
            ResizeColumns(narrow, (size.Height, newSize.Width), channels, newSize.Height, target);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rows);
        }
    }

    private static void ResizeRows(ReadOnlySpan<byte> source, int width, int channels, int newWidth, Span<byte> target)
    {
        var axis = new AxisWeights(width, newWidth);
        int height = source.Length / (width * channels);
        for (int y = 0; y < height; y++)
        {
            var row = source.Slice(y * width * channels, width * channels);
            for (int x = 0; x < newWidth; x++)
            {
                MixPixel(row[(axis.First(x) * channels)..], axis.Of(x), target.Slice(((y * newWidth) + x) * channels, channels));
            }
        }
    }

    private static void MixPixel(ReadOnlySpan<byte> pixels, ReadOnlySpan<int> weights, Span<byte> mixed)
    {
        for (int c = 0; c < mixed.Length; c++)
        {
            int sum = Half;
            for (int t = 0, i = c; t < weights.Length; t++, i += mixed.Length) sum += weights[t] * pixels[i];
            mixed[c] = Clip(sum);
        }
    }

    private static void ResizeColumns(ReadOnlySpan<byte> source, (int Height, int Width) size, int channels, int newHeight, Span<byte> target)
    {
        if (size.Height == newHeight)
        {
            source.CopyTo(target);
            return;
        }

        int row = size.Width * channels;
        var axis = new AxisWeights(size.Height, newHeight);
        int[] sums = new int[row];
        for (int y = 0; y < newHeight; y++)
        {
            var weights = axis.Of(y);
            Array.Fill(sums, Half);
            for (int t = 0; t < weights.Length; t++) AddRow(source.Slice((axis.First(y) + t) * row, row), weights[t], sums);

            var mixed = target.Slice(y * row, row);
            for (int i = 0; i < mixed.Length; i++) mixed[i] = Clip(sums[i]);
        }
    }

    private static void AddRow(ReadOnlySpan<byte> row, int weight, Span<int> sums)
    {
        for (int i = 0; i < row.Length && i < sums.Length; i++) sums[i] += weight * row[i];
    }

    /// <summary>Rounded weights may add up to a little more than one.</summary>
    private static byte Clip(int sum) => (byte)Math.Min(sum >> AxisWeights.Bits, byte.MaxValue);
}
