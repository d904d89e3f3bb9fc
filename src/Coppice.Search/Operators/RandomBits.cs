namespace Coppice.Search.Operators;

/// <summary>Draws bit strings for founders. Integers and reals are drawn by <see cref="IntegerSpace.Sample"/> and <see cref="RealSpace.Sample"/>.</summary>
public static class RandomBits
{
    /// <summary>
    /// Density-varied: one density p ~ U(0, 1) for the whole string, then each bit is 1 with probability p. The number of ones is uniform over
    /// 0 … L, where fair coins would put all strings near L / 2.
    /// </summary>
    /// <param name="length">L: the number of bits, at least 1.</param>
    /// <param name="rng">The stream that all chance is drawn from.</param>
    public static BitString DensityVaried(int length, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(rng);
        return Bernoulli(length, rng.NextDouble(), rng);
    }

    /// <summary>Each bit is 1 with probability p, independent of the others.</summary>
    /// <param name="length">The number of bits, at least 1.</param>
    /// <param name="density">p, in [0, 1].</param>
    /// <param name="rng">The stream that all chance is drawn from.</param>
    public static BitString Bernoulli(int length, double density, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(rng);
        return GeneMask.Each(length, GeneMask.ThrowIfNoProbability(density, nameof(density)), rng);
    }

    /// <summary>Exactly k ones; each of the (L over k) strings is equally likely.</summary>
    /// <param name="length">L: the number of bits, at least 1.</param>
    /// <param name="count">k, in [0, <paramref name="length"/>].</param>
    /// <param name="rng">The stream that all chance is drawn from.</param>
    public static BitString ExactCount(int length, int count, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(rng);
        return BitString.FromIndices(length, rng.Sample(length, count));
    }
}
