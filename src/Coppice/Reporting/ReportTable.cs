using System.Collections.Immutable;
using System.Globalization;
using Coppice.Runs;
using Coppice.Training;

namespace Coppice.Reporting;

/// <summary>The comparison of a run as text cells, the same on the terminal and in the page.</summary>
public static class ReportTable
{
    /// <summary>Titles of the columns; the first is text, the others are numbers.</summary>
    public static ImmutableArray<string> Columns { get; } =
        ["network", "MACs", "of original", "parameters", "file", "search accuracy (95 % interval)", "test accuracy (95 % interval)", "latency median / p95", "evaluated", "images searched"];

    /// <summary>The cells of each row, in the order of <see cref="Columns"/>.</summary>
    public static ImmutableArray<ImmutableArray<string>> Cells(RunReport report) => [.. report.Rows.Select(row => Cells(row, report.Original))];

    /// <summary>A sentence for each search whose candidates have raced: what that saved, at what probability of error, and how it was checked.</summary>
    public static IEnumerable<string> Races(RunReport report) => report.Rows.Where(row => row.Race is not null).Select(row => Race(row, report.Options.Race?.ErrorProbability ?? 0));

    private static string Race(RunRow row, double error)
    {
        var race = row.Race!;
        string audit = race.Audited == 0 ? "none of its decisions was checked by all images"
            : Invariant($"of {race.Audited} decisions that were checked by all images, {race.Agreed} were the same");
        return Invariant($"{row.Name}: {race.Candidates:N0} candidates raced, on {100.0 * race.ImagesSeen / Math.Max(1, race.ImagesInFull):F0} % of the images (error probability {100 * error:G3} % for two candidates and a look); {audit}.");
    }

    private static ImmutableArray<string> Cells(RunRow row, RunRow original) =>
    [
        row.Name,
        Invariant($"{row.Cost.Macs / 1e6:F2} M"),
        Invariant($"{100.0 * row.Cost.Macs / original.Cost.Macs:F1} %"),
        Invariant($"{row.Cost.Parameters:N0}"),
        Invariant($"{row.FileBytes / 1024.0:F0} KiB"),
        Accuracy(row.SearchScore),
        Accuracy(row.TestScore),
        Invariant($"{row.Latency.Median:F2} / {row.Latency.Percentile95:F2} ms"),
        Invariant($"{row.Evaluations:N0}"),
        Invariant($"{row.ForwardImages:N0}"),
    ];

    private static string Accuracy(ClassificationMetrics score)
    {
        var (low, high) = score.AccuracyInterval;
        return Invariant($"{100 * score.Accuracy:F2} % ({100 * low:F2}–{100 * high:F2})");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
