namespace Coppice.Search.Operators;

/// <summary>Random choices of genes, as masks: what crossovers and mutations exchange or invert.</summary>
internal static class GeneMask
{
    /// <summary>
    /// The genes from one cut point to another, both included: the cut points are two independent uniform positions in [0, <paramref name="length"/>),
    /// so that the last gene is chosen as often as the first, and 1 + (L² − 1) / (3 L) genes on average.
    /// </summary>
    public static BitString Segment(int length, Rng rng)
    {
        int one = rng.Next(length), other = rng.Next(length);
        return Range(length, Math.Min(one, other), Math.Max(one, other));
    }

    /// <summary>Each gene with a probability, independent of the others.</summary>
    public static BitString Each(int length, double probability, Rng rng)
    {
        bool[] chosen = new bool[length];
        for (int gene = 0; gene < length; gene++) chosen[gene] = rng.Chance(probability);
        return BitString.FromBits(chosen);
    }

    /// <summary>The genes from <paramref name="first"/> to <paramref name="last"/>, both included.</summary>
    public static BitString Range(int length, int first, int last)
    {
        bool[] chosen = new bool[length];
        chosen.AsSpan(first, last - first + 1).Fill(true);
        return BitString.FromBits(chosen);
    }

    public static double ThrowIfNoProbability(double rate, string name) => rate is >= 0 and <= 1
        ? rate
        : throw new ArgumentOutOfRangeException(name, rate, "A rate is a probability and lies in [0, 1].");
}
