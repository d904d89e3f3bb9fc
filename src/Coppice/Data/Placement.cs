namespace Coppice.Data;

/// <summary>
/// Where the cut-out window lies in an image, and whether it is mirrored afterwards: output (y, x) shows pixel (y + Down, x + Right), black
/// outside of the image. Some of the image stays in sight: |Down| &lt; H, |Right| &lt; W.
/// </summary>
internal readonly record struct Placement(int Down, int Right, bool Mirrored)
{
    /// <summary>Writes the placed and normalised image.</summary>
    /// <param name="pixels">[C, H, W].</param>
    /// <param name="shape">C, H, W.</param>
    /// <param name="table">[C · 256], the normalised value of each pixel of each channel.</param>
    /// <param name="output">[C, H, W].</param>
    public void Write(ReadOnlySpan<byte> pixels, ImageShape shape, ReadOnlySpan<float> table, Span<float> output)
    {
        int plane = shape.Height * shape.Width;
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            WriteChannel(
                pixels.Slice(channel * plane, plane), shape.Width, table.Slice(channel * 256, 256), output.Slice(channel * plane, plane));
        }
    }

    private void WriteChannel(ReadOnlySpan<byte> pixels, int width, ReadOnlySpan<float> table, Span<float> output)
    {
        // Rows and columns are cut into black, image, black here, so that the loops over pixels decide nothing.
        int height = pixels.Length / width;
        int top = Math.Clamp(-Down, 0, height), bottom = Math.Clamp(height - Down, top, height);
        int left = Math.Clamp(-Right, 0, width), right = Math.Clamp(width - Right, left, width);
        float black = table[0];

        output[..(top * width)].Fill(black);
        for (int y = top; y < bottom; y++)
        {
            var row = output.Slice(y * width, width);
            var source = pixels.Slice(((y + Down) * width) + left + Right, right - left);
            var (first, last) = Mirrored ? (width - right, width - left) : (left, right);
            row[..first].Fill(black);
            if (Mirrored) LookUpReversed(source, table, row[first..last]);
            else LookUp(source, table, row[first..last]);
            row[last..].Fill(black);
        }

        output[(bottom * width)..].Fill(black);
    }

    private static void LookUp(ReadOnlySpan<byte> source, ReadOnlySpan<float> table, Span<float> target)
    {
        for (int i = 0; i < source.Length && i < target.Length; i++) target[i] = table[source[i]];
    }

    private static void LookUpReversed(ReadOnlySpan<byte> source, ReadOnlySpan<float> table, Span<float> target)
    {
        int last = target.Length - 1;
        for (int i = 0; i < source.Length; i++) target[last - i] = table[source[i]];
    }
}
