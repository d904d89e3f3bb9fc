using System.Collections.Immutable;

namespace Coppice.Pruning;

/// <summary>
/// A pattern over names of nodes, as shells know them: <c>*</c> stands for any text (dots and slashes too), <c>?</c> for one character, <c>[ab]</c>, <c>[a-z]</c> and <c>[!a]</c> for one of some
/// characters or of all others. Upper and lower case differ. A bracket in a name is written <c>[[]</c>.
/// </summary>
public sealed class NodePattern
{
    private readonly string _text;
    private readonly ImmutableArray<Part> _parts;

    private NodePattern(string text, ImmutableArray<Part> parts) => (_text, _parts) = (text, parts);

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="CoppiceException">It is empty, or a bracket is not closed.</exception>
    public static NodePattern Parse(string text)
    {
        if (text.Length == 0)
        {
            throw new CoppiceException("Cannot read an empty pattern: write names of nodes, as in 'layer1*'.");
        }

        var parts = ImmutableArray.CreateBuilder<Part>();
        for (int i = 0; i < text.Length; i++)
        {
            parts.Add(text[i] switch
            {
                '[' => ParseClass(text, ref i),
                '*' => new(IsAnyText: true, _ => true),
                '?' => new(IsAnyText: false, _ => true),
                var wanted => new(IsAnyText: false, character => character == wanted),
            });
        }

        return new(text, parts.ToImmutable());
    }

    /// <summary>Whether the pattern describes the whole name.</summary>
    public bool Matches(string name) => Distance(name) == 0;

    /// <summary>Fewest characters that must be inserted, deleted or replaced in a name for the pattern to describe it (Levenshtein, 1966; what a star stands for is free).</summary>
    /// <param name="name">The name.</param>
    public int Distance(string name)
    {
        int[] before = [.. Enumerable.Range(0, name.Length + 1)], now = new int[name.Length + 1];
        foreach (var part in _parts)
        {
            now[0] = before[0] + (part.IsAnyText ? 0 : 1);
            for (int i = 1; i < now.Length; i++)
            {
                now[i] = part.IsAnyText
                    ? Math.Min(before[i], now[i - 1])
                    : Math.Min(before[i - 1] + (part.Accepts(name[i - 1]) ? 0 : 1), Math.Min(before[i], now[i - 1]) + 1);
            }

            (before, now) = (now, before);
        }

        return before[^1];
    }

    /// <summary>The pattern as it was written.</summary>
    public override string ToString() => _text;

    /// <summary>Reads a bracket and leaves the position at its end. A bracket that closes right after the opening one is a character.</summary>
    private static Part ParseClass(string text, ref int position)
    {
        int first = position + 1;
        bool isNegated = first < text.Length && text[first] == '!';
        first += isNegated ? 1 : 0;
        int end = first < text.Length ? text.IndexOf(']', first + 1) : -1;
        if (end < 0)
        {
            throw new CoppiceException($"Cannot read the pattern '{text}': its '[' at position {position + 1} is not closed; close it, or write [[] for a bracket in a name.");
        }

        string inside = text[first..end];
        position = end;
        return new(false, character => IsAmong(inside, character) != isNegated);
    }

    /// <summary>Whether a character is one of those between brackets, single ones and ranges.</summary>
    private static bool IsAmong(string inside, char character)
    {
        for (int i = 0; i < inside.Length; i++)
        {
            bool isRange = i + 2 < inside.Length && inside[i + 1] == '-';
            if (character >= inside[i] && character <= inside[isRange ? i + 2 : i])
            {
                return true;
            }

            i += isRange ? 2 : 0;
        }

        return false;
    }

    /// <summary>What stands for a part of a name.</summary>
    /// <param name="IsAnyText">Whether it is a star.</param>
    /// <param name="Accepts">Whether it stands for a character; of a star without meaning.</param>
    private readonly record struct Part(bool IsAnyText, Func<char, bool> Accepts);
}
