using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Coppice.Search.Operators;

namespace Coppice.Search;

/// <summary>A population at one time: all that a checkpoint holds. A value: equal individuals in equal order are equal generations.</summary>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
/// <param name="Number">The number of the generation, from 0.</param>
/// <param name="Population">The individuals alive, at least one.</param>
public sealed record Generation<TGenome>(int Number, ImmutableArray<Individual<TGenome>> Population) : ISearchState<TGenome>
{
    /// <summary>How many candidates have been evaluated to get here, the founders included.</summary>
    public long Evaluations { get; init; }

    ImmutableArray<Individual<TGenome>> ISearchState<TGenome>.Individuals => Population;

    /// <summary>The individual that survives last: see <see cref="Survival.Best"/>.</summary>
    [JsonIgnore]
    public Individual<TGenome> Best => Survival.Best(Population, count: 1)[0];

    /// <summary>The generation after this one.</summary>
    /// <param name="survivors">Its population.</param>
    /// <param name="evaluations">How many candidates were evaluated for it.</param>
    public Generation<TGenome> Next(ImmutableArray<Individual<TGenome>> survivors, long evaluations = 0) =>
        new(Number + 1, survivors) { Evaluations = Evaluations + evaluations };

    /// <inheritdoc/>
    public bool Equals(Generation<TGenome>? other) =>
        other is not null && Number == other.Number && Evaluations == other.Evaluations
        && Population.AsSpan().SequenceEqual(other.Population.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Number, Sequences.HashOf(Population));
}
