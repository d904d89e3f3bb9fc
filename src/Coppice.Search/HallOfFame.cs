using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Coppice.Search.Operators;

namespace Coppice.Search;

/// <summary>The best individuals ever seen, best first, no two with the same genome. A value: adding gives a new one; goes through JSON unharmed.</summary>
/// <typeparam name="TGenome">The encoded candidate; a value with its own equality.</typeparam>
/// <param name="Capacity">How many it holds, at least 1.</param>
/// <param name="Members">Who is in it, best first: see <see cref="Survival.Best"/>.</param>
[method: JsonConstructor]
public sealed record HallOfFame<TGenome>(int Capacity, ImmutableArray<Individual<TGenome>> Members)
{
    /// <summary>An empty hall.</summary>
    /// <param name="capacity">How many it holds, at least 1.</param>
    public HallOfFame(int capacity)
        : this(capacity, [])
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
    }

    /// <summary>The hall after more individuals have been seen. Those who failed are not taken.</summary>
    /// <param name="individuals">Whom to look at; in any order, seen before or not.</param>
    public HallOfFame<TGenome> Add(IEnumerable<Individual<TGenome>> individuals) => this with
    {
        Members = Survival.Best(
            [.. Members.Concat(individuals.Where(individual => individual.Succeeded)).DistinctBy(individual => individual.Genome)], Capacity),
    };

    /// <inheritdoc/>
    public bool Equals(HallOfFame<TGenome>? other) =>
        other is not null && Capacity == other.Capacity && Members.AsSpan().SequenceEqual(other.Members.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Capacity, Sequences.HashOf(Members));
}
