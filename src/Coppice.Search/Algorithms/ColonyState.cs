using System.Collections.Immutable;

namespace Coppice.Search.Algorithms;

/// <summary>A candidate of an <see cref="ArtificialBeeColony"/>.</summary>
/// <param name="Position">x_i: the genome with its evaluation.</param>
/// <param name="Trials">How many moves from here have failed in a row, at least 0.</param>
public sealed record FoodSource(Individual<IntegerGenome> Position, int Trials)
{
    /// <summary>Greedy selection: the bee's place if its fitness is strictly better, otherwise this source with one trial more.</summary>
    /// <param name="bee">Where a bee went from here.</param>
    public FoodSource Greedy(Individual<IntegerGenome> bee)
    {
        ArgumentNullException.ThrowIfNull(bee);
        return bee.Fitness > Position.Fitness ? new(bee, Trials: 0) : this with { Trials = Trials + 1 };
    }
}

/// <summary>All that a checkpoint of <see cref="ArtificialBeeColony"/> holds. A value; goes through JSON unharmed.</summary>
/// <param name="Cycle">The number of the cycle, from 0.</param>
/// <param name="Sources">The food sources, in a fixed order.</param>
/// <param name="Best">The best ever found, whether or not its source has been abandoned: the result, and what a fine-tuning starts from.</param>
/// <param name="Evaluations">How many candidates have been evaluated to get here.</param>
public sealed record ColonyState(int Cycle, ImmutableArray<FoodSource> Sources, Individual<IntegerGenome> Best, long Evaluations)
    : ISearchState<IntegerGenome>
{
    int ISearchState<IntegerGenome>.Number => Cycle;

    ImmutableArray<Individual<IntegerGenome>> ISearchState<IntegerGenome>.Individuals =>
        [Best, .. Sources.Select(source => source.Position).Where(position => position != Best)];

    /// <inheritdoc/>
    public bool Equals(ColonyState? other) =>
        other is not null && Cycle == other.Cycle && Best == other.Best && Evaluations == other.Evaluations
        && Sources.AsSpan().SequenceEqual(other.Sources.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Cycle, Best, Evaluations, Sequences.HashOf(Sources));
}
