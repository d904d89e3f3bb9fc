namespace Coppice.Search.Operators;

/// <summary>A mutation whose children keep a rule: for algorithms that vary genomes by mutation alone, and have no repair of their own.</summary>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
/// <param name="mutation">Varies the parent.</param>
/// <param name="repair">Makes the child keep the rule.</param>
public sealed class RepairedMutation<TGenome>(IMutation<TGenome> mutation, IRepair<TGenome> repair) : IMutation<TGenome>
{
    /// <inheritdoc/>
    public TGenome Mutate(TGenome parent, Rng rng) => repair.Repair(mutation.Mutate(parent, rng), rng);
}
