namespace Coppice.Search.Operators;

/// <summary>Uniform crossover (Syswerda, 1989): each gene is swapped with a probability, independent of the others.</summary>
/// <typeparam name="TGenome">A genome that is a row of genes: bits, integers or reals.</typeparam>
/// <param name="swapProbability">The probability per gene, in [0, 1]. Default 0.5.</param>
public sealed class UniformCrossover<TGenome>(double swapProbability = 0.5) : ICrossover<TGenome>
    where TGenome : IGeneSequence<TGenome>
{
    private readonly double _swapProbability = GeneMask.ThrowIfNoProbability(swapProbability, nameof(swapProbability));

    /// <inheritdoc/>
    public (TGenome First, TGenome Second) Cross(TGenome mother, TGenome father, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(rng);
        var swapped = GeneMask.Each(mother.Length, _swapProbability, rng);
        return (mother.WithGenesOf(father, swapped), father.WithGenesOf(mother, swapped));
    }
}
