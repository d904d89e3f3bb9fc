using System.Collections.Immutable;

namespace Coppice.Search.Operators;

/// <summary>
/// Tournament selection (Goldberg &amp; Deb, 1991): the best of s drawn uniformly with replacement. The i-th best of n wins with probability
/// ((n − i + 1)^s − (n − i)^s) / n^s.
/// </summary>
/// <remarks>Better is more fitness, then less cost; of equals the one drawn first wins.</remarks>
public sealed class Tournament : ISelection
{
    private readonly int _size;

    /// <summary>A tournament selection.</summary>
    /// <param name="size">s: how many compete, at least 1; 1 is no selection at all. Default 2.</param>
    public Tournament(int size = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        _size = size;
    }

    /// <inheritdoc/>
    public Func<Rng, Individual<TGenome>> From<TGenome>(ImmutableArray<Individual<TGenome>> population)
    {
        var mates = Mates.Of(population);
        double[] ranks = Mates.RanksOf(mates);
        return Draw;

        Individual<TGenome> Draw(Rng rng)
        {
            int winner = rng.Next(mates.Length);
            for (int rival = 1; rival < _size; rival++)
            {
                int challenger = rng.Next(mates.Length);
                if (ranks[challenger] > ranks[winner]) winner = challenger;
            }

            return mates[winner];
        }
    }
}
