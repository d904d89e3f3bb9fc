using System.Collections.Immutable;

namespace Coppice.Data;

/// <summary>
/// Images that a run must not see before its end. The only way to them is <see cref="Open"/>, which records that it happened, so that a
/// report can state when and why the test images were used, and how often.
/// </summary>
public sealed class SealedSplit
{
    private readonly DataSubset _content;
    private readonly Lock _gate = new();
    private ImmutableArray<SplitOpening> _openings = [];

    /// <summary>Seals images.</summary>
    public SealedSplit(DataSubset content)
    {
        ArgumentNullException.ThrowIfNull(content);
        _content = content;
    }

    /// <summary>Number of images; known without opening.</summary>
    public int Count => _content.Count;

    /// <summary>Hash of the data set they are from; known without opening.</summary>
    public string ContentHash => _content.Dataset.ContentHash;

    /// <summary>Hash of their indices; known without opening.</summary>
    public string IndexHash => _content.IndexHash;

    /// <summary>What a reader of results must know of the images; known without opening, null where all is well so far.</summary>
    public string? Caveat => _content.Dataset.Caveat;

    /// <summary>Every opening so far, first to last. An honest result has exactly one.</summary>
    public ImmutableArray<SplitOpening> Openings
    {
        get
        {
            lock (_gate) return _openings;
        }
    }

    /// <summary>Gives the images out and records it. A second opening is allowed, and counted.</summary>
    /// <param name="reason">For the report, for example <c>final report</c>.</param>
    /// <param name="clock">Gives the time that is recorded.</param>
    /// <exception cref="ArgumentException">No reason is given.</exception>
    public DataSubset Open(string reason, TimeProvider clock)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        ArgumentNullException.ThrowIfNull(clock);
        var opening = new SplitOpening(clock.GetUtcNow(), reason);
        lock (_gate) _openings = _openings.Add(opening);
        return _content;
    }
}
