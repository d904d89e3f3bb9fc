using System.Collections.Concurrent;

namespace Coppice.Data.Folders;

/// <summary>The pictures of a list that could not be read so far, with the reasons, and the limit to them. Safe to use from many threads.</summary>
internal sealed class UnreadablePictures(PictureList pictures)
{
    private const int Named = 3;
    private readonly ConcurrentDictionary<int, string> _reasons = new();

    /// <summary>Most that a set may have: one, or a tenth of its pictures.</summary>
    public int Limit { get; } = Math.Max(1, pictures.Files.Length / 10);

    /// <summary>What a reader of results must know; null where all could be read so far.</summary>
    public string? Caveat => _reasons.IsEmpty
        ? null
        : $"{Count} could not be read, and the next of its class took the place of each, also where accuracy was measured: {Examples()}.";

    private string Count => $"{_reasons.Count} of the {pictures.Files.Length} pictures in '{pictures.Folder}'";

    /// <summary>Whether a picture is among them.</summary>
    public bool Contains(int index) => _reasons.ContainsKey(index);

    /// <summary>Adds a picture.</summary>
    /// <exception cref="DataException">There are more than <see cref="Limit"/> now.</exception>
    public void Add(int index, string reason)
    {
        _reasons[index] = reason;
        if (_reasons.Count > Limit) throw TooMany($"at most {Limit} of {pictures.Files.Length} pictures may be unreadable");
    }

    /// <summary>A fault that lists some of them.</summary>
    public DataException TooMany(string rule) =>
        DataException.CannotLoad($"folder:{pictures.Folder}", rule, $"{Count} are: {Examples()}", "replace or remove them");

    /// <summary>The first few in the order of the list, whatever thread found them first.</summary>
    private string Examples()
    {
        var first = _reasons.OrderBy(entry => entry.Key).Take(Named).Select(entry => $"'{pictures.Files[entry.Key]}' ({entry.Value})");
        return string.Join(", ", first) + (_reasons.Count > Named ? ", …" : "");
    }
}
