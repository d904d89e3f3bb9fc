using System.Collections.Immutable;

namespace Coppice.Search.Algorithms;

/// <summary>Generation 0: the caller's seeds, then founders that are drawn.</summary>
internal static class Founders
{
    /// <summary>How often a founder that repeats another is drawn anew; a small space may have fewer genomes than places.</summary>
    private const int MaxDraws = 100;

    /// <summary>The distinct seeds, and drawn founders up to <paramref name="size"/>: all different unless 100 draws gave nothing new.</summary>
    /// <remarks>Founder i comes from the stream (seed, 0, i).</remarks>
    public static ImmutableArray<TGenome> Draw<TGenome>(ImmutableArray<TGenome> seeds, int size, ulong seed, Func<Rng, TGenome> sample)
        where TGenome : notnull
    {
        List<TGenome> founders = seeds.IsDefault ? [] : [.. seeds.Distinct()];
        HashSet<TGenome> known = [.. founders];
        for (int i = founders.Count; i < size; i++)
        {
            var rng = Rng.For(seed, 0, (ulong)i);
            var founder = sample(rng);
            for (int draw = 1; draw < MaxDraws && known.Contains(founder); draw++) founder = sample(rng);
            known.Add(founder);
            founders.Add(founder);
        }

        return [.. founders];
    }
}
