namespace Coppice.Search.Operators;

/// <summary>
/// Segment inversion (Wang et al., KDD 2018): every bit between two cut points is inverted. The cut points are independent and uniform over all
/// L bits, both included.
/// </summary>
/// <remarks>It rewrites 1 + (L² − 1) / (3 L) bits on average, a third of the genome; late in a search that is nearly a new draw.</remarks>
/// <typeparam name="TGenome">A genome that is a row of bits; segments are taken as one row.</typeparam>
public sealed class SegmentInversion<TGenome> : IMutation<TGenome>
    where TGenome : IBitSequence<TGenome>
{
    /// <inheritdoc/>
    public TGenome Mutate(TGenome parent, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(rng);
        return parent.Invert(GeneMask.Segment(parent.Length, rng));
    }
}
