namespace Coppice.Search.Operators;

/// <summary>Keeps exactly k ones: surplus ones, or missing ones, are chosen uniformly and inverted.</summary>
/// <remarks>The repair that lets bit flips and crossovers work on "k of C channels" (Hu et al., 2018). It changes |count − k| bits, the fewest possible.</remarks>
/// <typeparam name="TGenome">A genome that is a row of bits; segments are taken as one row.</typeparam>
public sealed class ExactCount<TGenome> : IRepair<TGenome>
    where TGenome : IBitSequence<TGenome>
{
    private readonly int _count;

    /// <summary>A repair to a number of ones.</summary>
    /// <param name="count">k: how many ones, at least 0 and at most the genome's length.</param>
    public ExactCount(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _count = count;
    }

    /// <inheritdoc/>
    public TGenome Repair(TGenome genome, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(rng);
        var bits = genome.Bits;
        if (_count > bits.Length)
        {
            throw new ArgumentException($"Cannot repair a genome to {_count} ones: it has {bits.Length} bits.", nameof(genome));
        }

        int surplus = bits.Count - _count;
        if (surplus == 0) return genome;

        int[] candidates = [.. Enumerable.Range(0, bits.Length).Where(index => bits[index] == surplus > 0)];
        var chosen = rng.Sample(candidates.Length, Math.Abs(surplus)).Select(i => candidates[i]);
        return genome.Invert(BitString.FromIndices(bits.Length, [.. chosen]));
    }
}
