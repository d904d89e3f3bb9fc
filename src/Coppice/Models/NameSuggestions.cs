using System.Collections.Immutable;

namespace Coppice.Models;

/// <summary>Finds what someone may have meant by a name that does not exist.</summary>
internal static class NameSuggestions
{
    private const int Most = 3;

    /// <summary>Up to three known names within an edit distance of a third of the name's length, closest first; ties in the given order.</summary>
    public static ImmutableArray<string> Closest(string name, IEnumerable<string> known)
    {
        string wanted = name.ToLowerInvariant();
        int reach = Math.Max(1, wanted.Length / 3);
        return
        [
            .. known
                .Select(candidate => (Name: candidate, Distance: EditDistance(wanted, candidate)))
                .Where(candidate => candidate.Distance <= reach)
                .OrderBy(candidate => candidate.Distance)
                .Take(Most)
                .Select(candidate => candidate.Name),
        ];
    }

    /// <summary>Fewest insertions, deletions and substitutions that make one text of the other (Levenshtein, 1966; the row-by-row method of Wagner &amp; Fischer, 1974).</summary>
    internal static int EditDistance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int substituted = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j - 1], row[j]) + 1);
            }
        }

        return row[^1];
    }
}
