using System.Collections.Immutable;

namespace Coppice.Search.Operators;

/// <summary>Every individual is as likely to mate as any other: p_k = 1 / n.</summary>
public sealed class UniformSelection : ISelection
{
    /// <inheritdoc/>
    public Func<Rng, Individual<TGenome>> From<TGenome>(ImmutableArray<Individual<TGenome>> population)
    {
        var mates = Mates.Of(population);
        return rng => mates[rng.Next(mates.Length)];
    }
}
