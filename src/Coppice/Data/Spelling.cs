namespace Coppice.Data;

/// <summary>Finds the word that was meant.</summary>
internal static class Spelling
{
    /// <summary>The candidate with the fewest typing errors; null when even that one differs in more than a third of its letters.</summary>
    public static string? Closest(string word, IEnumerable<string> candidates)
    {
        var (candidate, distance) = candidates.Select(c => (c, Distance(word, c))).MinBy(pair => pair.Item2);
        return distance <= candidate.Length / 3 ? candidate : null;
    }

    /// <summary>Insertions, deletions and replacements that turn one word into the other (Levenshtein, 1966).</summary>
    public static int Distance(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        int[] above = [.. Enumerable.Range(0, b.Length + 1)], row = new int[b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(replaced, 1 + Math.Min(above[j], row[j - 1]));
            }

            (above, row) = (row, above);
        }

        return above[b.Length];
    }
}
