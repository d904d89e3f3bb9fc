using System.Collections.Immutable;

namespace Coppice.Search;

/// <summary>What genomes that are rows of genes have in common.</summary>
internal static class GeneSequences
{
    /// <summary>The genes of <paramref name="other"/> where the mask has a one, those of <paramref name="genes"/> elsewhere.</summary>
    public static ImmutableArray<T> Mix<T>(ImmutableArray<T> genes, ImmutableArray<T> other, BitString mask)
    {
        ThrowIfUnequal("genes of the other genome", other.Length, genes.Length);
        ThrowIfUnequal("bits of the mask", mask.Length, genes.Length);
        var mixed = ImmutableArray.CreateBuilder<T>(genes.Length);
        for (int gene = 0; gene < genes.Length; gene++) mixed.Add(mask[gene] ? other[gene] : genes[gene]);
        return mixed.MoveToImmutable();
    }

    public static void ThrowIfUnequal(string what, int count, int expected)
    {
        if (count != expected)
        {
            throw new ArgumentException($"Cannot combine genomes of different lengths: there are {count} {what}, but must be {expected}.");
        }
    }
}
