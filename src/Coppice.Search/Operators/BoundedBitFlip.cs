namespace Coppice.Search.Operators;

/// <summary>Flips each bit with a probability, but never removes a one when that would leave fewer than a minimum.</summary>
/// <remarks>
/// The bits are visited in a random order. In a fixed order the first positions would use up what may still be removed, and so be removed
/// more often than the last.
/// </remarks>
public sealed class BoundedBitFlip : IMutation<BitString>
{
    private readonly double _rate;
    private readonly int _minOnes;

    /// <summary>A mutation with the given rate and bound.</summary>
    /// <param name="rate">The probability of a flip, per bit, in [0, 1].</param>
    /// <param name="minOnes">The number of ones below which none is removed, at least 0; 0 for an unbounded mutation.</param>
    public BoundedBitFlip(double rate, int minOnes)
    {
        if (!(rate is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(rate), rate, "A mutation rate lies in [0, 1].");
        ArgumentOutOfRangeException.ThrowIfNegative(minOnes);
        (_rate, _minOnes) = (rate, minOnes);
    }

    /// <inheritdoc/>
    public BitString Mutate(BitString parent, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(rng);

        var child = parent;
        foreach (int index in rng.Permutation(parent.Length))
        {
            bool mayFlip = !child[index] || child.Count > _minOnes;
            if (rng.Chance(_rate) && mayFlip) child = child.With(index, !child[index]);
        }

        return child;
    }
}
