using System.Collections.Immutable;

namespace Coppice.Search.Algorithms;

/// <summary>A candidate of an <see cref="ArtificialBeeColony{TGenome}"/>.</summary>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
/// <param name="Position">x_i: the genome with its evaluation.</param>
/// <param name="Trials">How many moves from here have failed in a row, at least 0.</param>
public sealed record FoodSource<TGenome>(Individual<TGenome> Position, int Trials)
{
    /// <summary>Greedy selection: the bee's place if its fitness is strictly better, otherwise this source with one trial more.</summary>
    /// <param name="bee">Where a bee went from here.</param>
    public FoodSource<TGenome> Greedy(Individual<TGenome> bee)
    {
        ArgumentNullException.ThrowIfNull(bee);
        return bee.Fitness > Position.Fitness ? new(bee, Trials: 0) : this with { Trials = Trials + 1 };
    }
}

/// <summary>All that a checkpoint of <see cref="ArtificialBeeColony{TGenome}"/> holds. A value; goes through JSON unharmed.</summary>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
/// <param name="Cycle">The number of the cycle, from 0.</param>
/// <param name="Sources">The food sources, in a fixed order.</param>
/// <param name="Best">The best ever found, whether or not its source has been abandoned: the result, and what a fine-tuning starts from.</param>
/// <param name="Evaluations">How many candidates have been evaluated to get here.</param>
public sealed record ColonyState<TGenome>(int Cycle, ImmutableArray<FoodSource<TGenome>> Sources, Individual<TGenome> Best, long Evaluations)
    : ISearchState<TGenome>
{
    int ISearchState<TGenome>.Number => Cycle;

    ImmutableArray<Individual<TGenome>> ISearchState<TGenome>.Individuals =>
        [Best, .. Sources.Select(source => source.Position).Where(position => position != Best)];

    /// <inheritdoc/>
    public bool Equals(ColonyState<TGenome>? other) =>
        other is not null && Cycle == other.Cycle && Best == other.Best && Evaluations == other.Evaluations
        && Sources.AsSpan().SequenceEqual(other.Sources.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Cycle, Best, Evaluations, Sequences.HashOf(Sources));
}
