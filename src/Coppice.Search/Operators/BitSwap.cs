namespace Coppice.Search.Operators;

/// <summary>
/// Swap mutation: inverts one random one and one random zero, so that the number of ones stays. Each pair is equally likely; a genome
/// of ones alone, or of zeros alone, stays as it is.
/// </summary>
/// <typeparam name="TGenome">A genome that is a row of bits; segments are taken as one row.</typeparam>
public sealed class BitSwap<TGenome> : IMutation<TGenome>
    where TGenome : IBitSequence<TGenome>
{
    /// <inheritdoc/>
    public TGenome Mutate(TGenome parent, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(rng);
        var bits = parent.Bits;
        var ones = bits.Indices;
        if (ones.Length == 0 || ones.Length == bits.Length) return parent;

        int[] zeros = [.. Enumerable.Range(0, bits.Length).Where(index => !bits[index])];
        return parent.Invert(BitString.FromIndices(bits.Length, [ones[rng.Next(ones.Length)], zeros[rng.Next(zeros.Length)]]));
    }
}
