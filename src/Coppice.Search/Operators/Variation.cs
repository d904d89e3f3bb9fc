namespace Coppice.Search.Operators;

/// <summary>How genomes come to be: drawn for the founders, then crossed, mutated and repaired.</summary>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
/// <param name="Sample">Draws a genome from the given stream and nothing else.</param>
/// <param name="Crossover">Makes two children from two parents.</param>
/// <param name="Mutation">Varies a child.</param>
/// <param name="Repair">Makes founders and children keep a rule; null if every genome does.</param>
public sealed record Variation<TGenome>(
    Func<Rng, TGenome> Sample, ICrossover<TGenome> Crossover, IMutation<TGenome> Mutation, IRepair<TGenome>? Repair = null)
{
    /// <summary>A founder: sampled, then repaired.</summary>
    /// <param name="rng">The stream that all chance is drawn from.</param>
    public TGenome Found(Rng rng) => Mend(Sample(rng), rng);

    /// <summary>
    /// Two children: crossed with a probability, otherwise copies; each then mutated with a probability; each that is not just a copy repaired.
    /// </summary>
    /// <param name="mother">One parent.</param>
    /// <param name="father">The other parent.</param>
    /// <param name="crossoverProbability">p_c, per pair, in [0, 1].</param>
    /// <param name="mutationProbability">p_m, per child, in [0, 1].</param>
    /// <param name="rng">The stream that all chance is drawn from.</param>
    public (TGenome First, TGenome Second) Breed(
        TGenome mother, TGenome father, double crossoverProbability, double mutationProbability, Rng rng)
    {
        ArgumentNullException.ThrowIfNull(rng);
        bool isCrossed = rng.Chance(crossoverProbability);
        var (first, second) = isCrossed ? Crossover.Cross(mother, father, rng) : (mother, father);
        return (Vary(first), Vary(second));

        TGenome Vary(TGenome child)
        {
            bool isMutated = rng.Chance(mutationProbability);
            if (isMutated) child = Mutation.Mutate(child, rng);
            return isCrossed || isMutated ? Mend(child, rng) : child;
        }
    }

    private TGenome Mend(TGenome genome, Rng rng) => Repair is null ? genome : Repair.Repair(genome, rng);
}
