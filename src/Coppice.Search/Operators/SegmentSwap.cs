namespace Coppice.Search.Operators;

/// <summary>
/// Segment swap (two-point crossover): the genes between two cut points are swapped. The cut points are independent and uniform over all L
/// genes, both included, so that gene j (from 0) is swapped with probability 1 − (j² + (L − 1 − j)²) / L².
/// </summary>
/// <typeparam name="TGenome">A genome that is a row of genes; segments of bits are taken as one row.</typeparam>
public sealed class SegmentSwap<TGenome> : ICrossover<TGenome>
    where TGenome : IGeneSequence<TGenome>
{
    /// <inheritdoc/>
    public (TGenome First, TGenome Second) Cross(TGenome mother, TGenome father, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(rng);
        var segment = GeneMask.Segment(mother.Length, rng);
        return (mother.WithGenesOf(father, segment), father.WithGenesOf(mother, segment));
    }
}
