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
