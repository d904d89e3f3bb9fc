using System.Collections.Immutable;
using Coppice.Search;

namespace Coppice.Data;

/// <summary>Draws images so that every class keeps its proportion.</summary>
internal static class Stratification
{
    /// <summary>Cuts indices in two; both parts ascend.</summary>
    /// <param name="dataset">Has the labels.</param>
    /// <param name="indices">Images to choose from.</param>
    /// <param name="count">Images to choose, [0, number of indices].</param>
    /// <param name="seed">Same seed, same choice.</param>
    /// <param name="stream">Key of the random stream: see <see cref="RandomStream"/>.</param>
    public static (ImmutableArray<int> Chosen, ImmutableArray<int> Others) Choose(
        ImageDataset dataset, ImmutableArray<int> indices, int count, ulong seed, ulong stream)
    {
        int[][] members = GroupByClass(dataset, indices);
        int[] quotas = Apportion([.. members.Select(group => group.Length)], count);

        List<int> chosen = [], others = [];
        for (int label = 0; label < members.Length; label++)
        {
            Rng.For(seed, stream, (ulong)label).Shuffle<int>(members[label]);
            chosen.AddRange(members[label].AsSpan(0, quotas[label]));
            others.AddRange(members[label].AsSpan(quotas[label]));
        }

        return ([.. chosen.Order()], [.. others.Order()]);
    }

    /// <summary>
    /// Seats by largest remainder (Hare quota): class c gets ⌊count · size_c / total⌋, and the seats left over go to the largest remainders,
    /// the lower class first among equals. The seats add up to <paramref name="count"/> and none exceeds its class.
    /// </summary>
    public static int[] Apportion(ReadOnlySpan<int> sizes, int count)
    {
        long total = 0;
        foreach (int size in sizes) total += size;

        int[] seats = new int[sizes.Length];
        long[] remainders = new long[sizes.Length];
        for (int c = 0; c < sizes.Length; c++)
        {
            (long whole, remainders[c]) = Math.DivRem((long)count * sizes[c], total);
            seats[c] = (int)whole;
        }

        int left = count - seats.Sum();
        foreach (int c in Enumerable.Range(0, seats.Length).OrderByDescending(c => remainders[c]).Take(left)) seats[c]++;
        return seats;
    }

    private static int[][] GroupByClass(ImageDataset dataset, ImmutableArray<int> indices)
    {
        var groups = new List<int>[dataset.ClassCount];
        for (int label = 0; label < groups.Length; label++) groups[label] = [];
        foreach (int index in indices) groups[dataset.Labels[index]].Add(index);
        return [.. groups.Select(group => group.ToArray())];
    }
}
