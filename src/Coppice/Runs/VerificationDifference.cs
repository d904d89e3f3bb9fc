namespace Coppice.Runs;

/// <summary>
/// Largest difference between two networks over all outputs seen, relative to the largest reference: <c>max |a − b| / max(1e-12, max |b|)</c>.
/// Relative to the largest and not to each element, because logits near 0 carry the rounding of large sums.
/// </summary>
internal sealed class VerificationDifference
{
    private double _difference;
    private double _reference;

    /// <summary>The difference so far. Not a number where one of the networks computed something that is not a number, so that it passes no tolerance.</summary>
    public double Value => _difference / Math.Max(1e-12, _reference);

    /// <summary>Whether all that was seen of both was 0, so that nothing has been compared.</summary>
    public bool IsVoid => _difference == 0 && _reference == 0;

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

        foreach (var (output, expected) in values.Zip(reference))
        {
            for (int i = 0; i < output.Length; i++)
            {
                // Math.Max hands on what is not a number; ∞ − ∞ is none either.
                _difference = Math.Max(_difference, Math.Abs((double)output[i] - expected[i]));
                _reference = Math.Max(_reference, Math.Abs((double)expected[i]));
            }
        }

        return null;
    }
}
