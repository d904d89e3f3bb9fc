namespace Coppice.Search.Operators;

/// <summary>Turns a genome that breaks a rule into one near it that keeps it, so that nothing is rejected without end.</summary>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
public interface IRepair<TGenome>
{
    /// <summary>The genome itself if it keeps the rule, otherwise one near it that does.</summary>
    /// <param name="genome">Any genome of the right shape; it stays as it is.</param>
    /// <param name="rng">The stream that all chance is drawn from.</param>
    TGenome Repair(TGenome genome, Rng rng);
}
