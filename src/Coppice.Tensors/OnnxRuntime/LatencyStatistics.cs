namespace Coppice.Tensors.OnnxRuntime;

/// <summary>
/// What a series of durations says, in milliseconds. A percentile p of n sorted values x_0 … x_(n−1) is interpolated linearly at the position h = (n − 1) p
/// (Hyndman &amp; Fan, 1996, definition 7; NumPy's default): x_⌊h⌋ + (h − ⌊h⌋)(x_⌊h⌋₊₁ − x_⌊h⌋).
/// </summary>
/// <param name="Count">The number of durations.</param>
/// <param name="Minimum">The shortest.</param>
/// <param name="Median">The percentile 0.5: what latencies are compared by, because a busy machine only ever makes a run longer.</param>
/// <param name="Percentile95">The percentile 0.95.</param>
/// <param name="Maximum">The longest.</param>
/// <param name="Mean">The arithmetic mean.</param>
public sealed record LatencyStatistics(int Count, double Minimum, double Median, double Percentile95, double Maximum, double Mean)
{
    /// <summary>Summarises durations in any order.</summary>
    /// <param name="milliseconds">At least one duration, each finite and ≥ 0.</param>
    /// <exception cref="ArgumentException">There is none, or one is negative or not a number.</exception>
    public static LatencyStatistics Of(IEnumerable<double> milliseconds)
    {
        ArgumentNullException.ThrowIfNull(milliseconds);
        double[] sorted = [.. milliseconds.Order()];
        if (sorted.Length == 0) throw new ArgumentException("Cannot summarise latencies: there is no duration; measure at least one run.", nameof(milliseconds));
        foreach (double duration in sorted)
        {
            if (!(duration >= 0 && double.IsFinite(duration)))
            {
                throw new ArgumentException($"Cannot summarise latencies: {duration} is no duration in milliseconds.", nameof(milliseconds));
            }
        }

        return new(sorted.Length, sorted[0], Percentile(sorted, 0.5), Percentile(sorted, 0.95), sorted[^1], sorted.Average());
    }

    private static double Percentile(double[] x, double p)
    {
        double h = (x.Length - 1) * p;
        int below = (int)h;
        return below + 1 < x.Length ? x[below] + ((h - below) * (x[below + 1] - x[below])) : x[below];
    }
}
