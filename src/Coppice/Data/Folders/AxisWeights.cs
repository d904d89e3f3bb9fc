namespace Coppice.Data.Folders;

/// <summary>
/// How each pixel of a resized row is mixed from pixels of the original: a triangle over them, as wide as the step from one new pixel to the next when the row gets shorter
/// (antialiasing), two pixels wide when it gets longer (linear interpolation). Weights are integers of <see cref="Bits"/> fractional bits, as in PIL, so that results agree bit for bit.
/// </summary>
internal sealed class AxisWeights
{
    /// <summary>Fractional bits of a weight: 32, less 8 of a pixel, less 2 against overflow.</summary>
    public const int Bits = 22;

    private readonly int[] _first;
    private readonly int[] _weights;
    private readonly int[] _counts;
    private readonly int _stride;

    /// <summary>Weights for one axis.</summary>
    /// <param name="length">Pixels of the original.</param>
    /// <param name="newLength">Pixels of the result.</param>
    public AxisWeights(int length, int newLength)
    {
        double scale = (double)length / newLength, radius = Math.Max(scale, 1);
        _stride = ((int)Math.Ceiling(radius) * 2) + 1;
        (_first, _counts, _weights) = (new int[newLength], new int[newLength], new int[checked(newLength * _stride)]);
        double[] triangle = new double[_stride];
        for (int i = 0; i < newLength; i++)
        {
            double centre = (i + 0.5) * scale;
            int first = Math.Max(0, (int)(centre - radius + 0.5)), end = Math.Min(length, (int)(centre + radius + 0.5));
            (_first[i], _counts[i]) = (first, end - first);
            Normalize(triangle.AsSpan(0, end - first), first - centre, radius, _weights.AsSpan(i * _stride));
        }
    }

    /// <summary>The first original pixel that new pixel <paramref name="i"/> is mixed from.</summary>
    public int First(int i) => _first[i];

    /// <summary>The weights of that pixel and its followers.</summary>
    public ReadOnlySpan<int> Of(int i) => _weights.AsSpan(i * _stride, _counts[i]);

    private static void Normalize(Span<double> triangle, double fromCentre, double radius, Span<int> weights)
    {
        double sum = 0;
        for (int t = 0; t < triangle.Length; t++)
        {
            triangle[t] = Math.Max(0, 1 - Math.Abs((t + fromCentre + 0.5) * (1 / radius)));
            sum += triangle[t];
        }

        for (int t = 0; t < triangle.Length; t++) weights[t] = (int)((triangle[t] / sum * (1 << Bits)) + 0.5);
    }
}
