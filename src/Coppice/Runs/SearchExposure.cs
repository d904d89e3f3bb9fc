using Coppice.Data;

namespace Coppice.Runs;

/// <summary>
/// Whether a network was trained on images of a run's search split, as far as its file tells. If it was, accuracies on the search split are too high; those on the test split are not
/// touched by it.
/// </summary>
/// <param name="HasSeen">Whether it was; null where the file does not say.</param>
/// <param name="Caveat">What a reader of the numbers must know, in one sentence; null where all is well.</param>
public sealed record SearchExposure(bool? HasSeen, string? Caveat)
{
    /// <summary>What a network's file tells about its exposure.</summary>
    /// <param name="stated">What the file states.</param>
    /// <param name="source">The run's data.</param>
    /// <param name="splits">The run's splits.</param>
    public static SearchExposure Of(ModelMetadata stated, DataSource source, DataSplits splits)
    {
        if (stated.Data is not null && stated.Data != source.Name)
        {
            return new(false, $"The network was trained on {stated.Data}, not on {source.Name}.");
        }

        if (stated.SplitSeed is null || stated.SearchImages is null)
        {
            return new(null, "The network's file does not say which images it was trained on; if images of the search split were among them, search-split accuracies are too high. Test accuracies are not touched by this.");
        }

        return stated.SplitSeed == splits.Seed && stated.SearchImages == splits.Search.Count
            ? new(false, null)
            : new(true, $"The network was trained with {stated.SearchImages} search images by split seed {stated.SplitSeed}, this run uses {splits.Search.Count} by seed {splits.Seed}: it has seen some of them, and search-split accuracies are too high.");
    }
}
