namespace Coppice.Search.Operators;

/// <summary>
/// One-point crossover (Holland, 1975): everything behind a cut is swapped. The cut is uniform over the L − 1 places between two genes; a
/// genome of one gene is copied.
/// </summary>
/// <typeparam name="TGenome">A genome that is a row of genes; segments of bits are taken as one row.</typeparam>
public sealed class OnePointCrossover<TGenome> : ICrossover<TGenome>
    where TGenome : IGeneSequence<TGenome>
{
    /// <inheritdoc/>
    public (TGenome First, TGenome Second) Cross(TGenome mother, TGenome father, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(rng);
        int length = mother.Length;
        if (length == 1) return (mother, father);

        var tail = GeneMask.Range(length, first: 1 + rng.Next(length - 1), last: length - 1);
        return (mother.WithGenesOf(father, tail), father.WithGenesOf(mother, tail));
    }
}
