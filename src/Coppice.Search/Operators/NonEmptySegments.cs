namespace Coppice.Search.Operators;

/// <summary>Turns one random bit on in every segment that has none: no channel group may lose all of its channels.</summary>
public sealed class NonEmptySegments : IRepair<BitGenome>
{
    /// <inheritdoc/>
    public BitGenome Repair(BitGenome genome, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(genome);
        ArgumentNullException.ThrowIfNull(rng);
        for (int segment = 0; segment < genome.Segments.Length; segment++)
        {
            var bits = genome[segment];
            if (bits.Count == 0) genome = genome.Replace(segment, bits.With(rng.Next(bits.Length), true));
        }

        return genome;
    }
}
