namespace Coppice.Runs;

/// <summary>
/// Largest difference between two networks over all that was seen, relative to the largest reference of the same output: <c>max over outputs o of max |a − b| / max(1e-12, max |b|)</c>.
/// Relative to the largest and not to each element, because logits near 0 carry the rounding of large sums; for the same reason an output counts as at least a thousandth of the largest one.
/// </summary>
internal sealed class VerificationDifference
{
    private const double Share = 1e-3;

    private double[] _differences = [];
    private double[] _references = [];

    /// <summary>The difference so far. Not a number where one of the networks computed something that is not a number, so that it passes no tolerance.</summary>
    public double Value
    {
        get
        {
            double floor = Math.Max(1e-12, Share * _references.DefaultIfEmpty().Max());
            return _differences.Zip(_references, (difference, reference) => difference / Math.Max(floor, reference)).Aggregate(0.0, Math.Max);
        }
    }

    /// <summary>Whether all that was seen of both was 0, so that nothing has been compared.</summary>
    public bool IsVoid => _differences.All(difference => difference == 0) && _references.All(reference => reference == 0);

    /// <summary>Takes in the outputs of a batch.</summary>
    /// <returns>Position and numbers of elements of the first output of which the two have different many, after which nothing has been compared; null where there is none.</returns>
    /// <exception cref="ArgumentException">They differ in the number of outputs.</exception>
    public (int Output, int Length, int Expected)? Add(float[][] values, float[][] reference)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, reference.Length);
        foreach (var (i, (output, expected)) in values.Zip(reference).Index())
        {
            if (output.Length != expected.Length) return (i, output.Length, expected.Length);
        }

        Array.Resize(ref _differences, values.Length);
        Array.Resize(ref _references, values.Length);
        for (int output = 0; output < values.Length; output++)
        {
            Compare(values[output], reference[output], ref _differences[output], ref _references[output]);
        }

        return null;
    }

    /// <summary>Math.Max hands on what is not a number; ∞ − ∞ is none either.</summary>
    private static void Compare(float[] values, float[] expected, ref double difference, ref double reference)
    {
        for (int i = 0; i < values.Length; i++)
        {
            difference = Math.Max(difference, Math.Abs((double)values[i] - expected[i]));
            reference = Math.Max(reference, Math.Abs((double)expected[i]));
        }
    }
}
