using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Coppice.Search.Algorithms;

/// <summary>The sub-population that evolves one channel group.</summary>
/// <param name="Index">The number of the group, from 0: its segment of the joint genome.</param>
/// <param name="Population">The individuals alive, best first, no two with the same genome. Costs and fitness are those of the joint genome.</param>
/// <param name="Archive">
/// Every individual evaluated so far, once each, in the order of evaluation; the first keeps everything. It is the memo of the search and
/// what a splice chooses from.
/// </param>
public sealed record Species(int Index, ImmutableArray<Individual<BitString>> Population, ImmutableArray<Individual<BitString>> Archive)
{
    /// <summary>The individual that keeps everything: the network as at the round's start.</summary>
    [JsonIgnore]
    public Individual<BitString> Full => Archive[0];

    /// <inheritdoc/>
    public bool Equals(Species? other) =>
        other is not null && Index == other.Index
        && Population.AsSpan().SequenceEqual(other.Population.AsSpan())
        && Archive.AsSpan().SequenceEqual(other.Archive.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Index, Sequences.HashOf(Population), Archive.Length);
}

/// <summary>All that a checkpoint of <see cref="CooperativeCoevolution"/> holds. A value; goes through JSON unharmed.</summary>
/// <param name="Round">The round of prune and fine-tune that this search is part of.</param>
/// <param name="Generation">The number of the generation, from 0.</param>
/// <param name="Species">One species per channel group, in order.</param>
public sealed record CoevolutionState(int Round, int Generation, ImmutableArray<Species> Species) : ISearchState<BitGenome>
{
    int ISearchState<BitGenome>.Number => Generation;

    /// <summary>The full genome once, and what each species has tried besides.</summary>
    long ISearchState<BitGenome>.Evaluations => 1 + Species.Sum(species => species.Archive.Length - 1L);

    /// <summary>The populations of all species, each individual joined with the full others: what was evaluated.</summary>
    ImmutableArray<Individual<BitGenome>> ISearchState<BitGenome>.Individuals
    {
        get
        {
            var full = new BitGenome([.. Species.Select(species => species.Full.Genome)]);
            return
            [
                .. Species.SelectMany(species => species.Population.Select(individual =>
                    new Individual<BitGenome>(full.Replace(species.Index, individual.Genome), individual.Evaluation))),
            ];
        }
    }

    /// <inheritdoc/>
    public bool Equals(CoevolutionState? other) =>
        other is not null && Round == other.Round && Generation == other.Generation
        && Species.AsSpan().SequenceEqual(other.Species.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Round, Generation, Sequences.HashOf(Species));
}
