using System.Collections.Immutable;

namespace Coppice.Search.Algorithms;

/// <summary>All that a checkpoint of <see cref="RegularizedEvolution{TGenome}"/> holds. A value; goes through JSON unharmed.</summary>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
/// <param name="Number">The number of steps since the founders, from 0.</param>
/// <param name="Population">The individuals alive, oldest first.</param>
/// <param name="Best">The best ever found, alive or not: the result.</param>
/// <param name="Evaluations">How many candidates have been evaluated to get here.</param>
public sealed record AgingPopulation<TGenome>(
    int Number, ImmutableArray<Individual<TGenome>> Population, Individual<TGenome> Best, long Evaluations) : ISearchState<TGenome>
{
    ImmutableArray<Individual<TGenome>> ISearchState<TGenome>.Individuals => [Best, .. Population.Where(individual => individual != Best)];

    /// <inheritdoc/>
    public bool Equals(AgingPopulation<TGenome>? other) =>
        other is not null && Number == other.Number && Best == other.Best && Evaluations == other.Evaluations
        && Population.AsSpan().SequenceEqual(other.Population.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Number, Best, Evaluations, Sequences.HashOf(Population));
}
