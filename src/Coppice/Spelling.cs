using System.Collections.Immutable;

namespace Coppice;

/// <summary>Finds what someone may have meant by a name that does not exist.</summary>
public static class Spelling
{
    private const int Most = 3;

    /// <summary>Up to three known names that are as close as any and within an edit distance of a third of the name's length, at least 1; in the given order.</summary>
    /// <param name="name">What was written; case does not matter.</param>
    /// <param name="known">The names that exist, in lower case.</param>
    public static ImmutableArray<string> Closest(string name, IEnumerable<string> known)
    {
        string wanted = name.ToLowerInvariant();
        int reach = Math.Max(1, wanted.Length / 3);
        var closest = known.GroupBy(candidate => EditDistance(wanted, candidate)).MinBy(group => group.Key);
        return closest is { } group && group.Key <= reach ? [.. group.Take(Most)] : [];
    }

    /// <summary>The way out of an unknown name, as a sentence: the closest names, or all where none is close.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="known">The names that exist, in lower case.</param>
    public static string Hint(string name, IEnumerable<string> known)
    {
        ImmutableArray<string> names = [.. known];
        var close = Closest(name, names);
        return close.IsEmpty ? $"Known are {string.Join(", ", names)}." : $"Did you mean {string.Join(" or ", close)}?";
    }

    /// <summary>
    /// Fewest insertions, deletions, substitutions and exchanges of neighbours that make one text of the other, none of them inside another
    /// (Damerau, 1964; optimal string alignment).
    /// </summary>
    internal static int EditDistance(string from, string to)
    {
        int[,] distance = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                distance[i, j] = i == 0 || j == 0 ? i + j : Step(distance, from, to, i, j);
            }
        }

        return distance[from.Length, to.Length];
    }

    private static int Step(int[,] distance, string from, string to, int i, int j)
    {
        int substituted = distance[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
        int best = Math.Min(substituted, Math.Min(distance[i - 1, j], distance[i, j - 1]) + 1);
        bool isExchange = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
        return isExchange ? Math.Min(best, distance[i - 2, j - 2] + 1) : best;
    }
}
