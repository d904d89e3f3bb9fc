namespace Coppice.Search;

/// <summary>How far apart two genomes of the same shape are: for the diversity of <see cref="GenerationStatistics"/>.</summary>
public static class GenomeDistance
{
    /// <summary>Share of bits that differ, in [0, 1].</summary>
    /// <typeparam name="TGenome">A genome that is a row of bits.</typeparam>
    /// <param name="one">One genome.</param>
    /// <param name="other">Another.</param>
    public static double Hamming<TGenome>(TGenome one, TGenome other)
        where TGenome : IBitSequence<TGenome> => (double)one.Bits.Invert(other.Bits).Count / one.Length;

    /// <summary>Share of genes that differ, in [0, 1].</summary>
    /// <param name="one">One genome.</param>
    /// <param name="other">Another.</param>
    public static double Hamming(IntegerGenome one, IntegerGenome other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return one.Genes.Zip(other.Genes).Count(pair => pair.First != pair.Second) / (double)one.Length;
    }

    /// <summary>Euclidean distance, at least 0, in the unit of the genes.</summary>
    /// <param name="one">One genome.</param>
    /// <param name="other">Another.</param>
    public static double Euclidean(RealGenome one, RealGenome other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return Math.Sqrt(one.Genes.Zip(other.Genes, (x, y) => (x - y) * (x - y)).Sum());
    }
}
