using Coppice.Cli.Output;
using Coppice.Data;
using Coppice.Training;

namespace Coppice.Cli.Commands;

/// <summary>How a network does on a split; intervals are 95 %.</summary>
internal sealed record SplitReport(
    Split Split, int Images, double Accuracy, double AccuracyLow, double AccuracyHigh, double Loss, double LossLow, double LossHigh)
{
    private const double Z = 1.959963984540054; // 97.5 % quantile of the normal distribution

    public static IReadOnlyList<string> Headings { get; } = ["network", "split", "#images", "#accuracy", "95% interval", "#loss", "95% interval"];

    public static SplitReport Of(Split split, ClassificationMetrics metrics) => new(
        split,
        metrics.Images,
        metrics.Accuracy,
        metrics.AccuracyInterval.Low,
        metrics.AccuracyInterval.High,
        metrics.Loss,
        metrics.Loss - (Z * metrics.LossStandardError),
        metrics.Loss + (Z * metrics.LossStandardError));

    public IReadOnlyList<string> Row(string network) =>
    [
        network,
        Split.ToString().ToLowerInvariant(),
        Numbers.Count(Images),
        Numbers.Percent(Accuracy, 2),
        $"{Numbers.Percent(AccuracyLow, 2)} to {Numbers.Percent(AccuracyHigh, 2)}",
        Numbers.Fixed(Loss, 4),
        $"{Numbers.Fixed(LossLow, 4)} to {Numbers.Fixed(LossHigh, 4)}",
    ];
}

/// <summary>What came of a training; measured in single precision.</summary>
/// <param name="Model">Name of the network.</param>
/// <param name="Output">The file written.</param>
/// <param name="Macs">Multiply-accumulates for one image.</param>
/// <param name="Parameters">Learned numbers.</param>
/// <param name="Epochs">Passes over the training images.</param>
/// <param name="TrainImages">Training images; neither those of the search split nor the test images.</param>
/// <param name="Seconds">Time that the training took in this process.</param>
/// <param name="Before">Before the training, on the search split; null where the network was new.</param>
/// <param name="Search">After it, on the search split; null without data.</param>
/// <param name="Test">After it, on the official test images, opened once; null without data.</param>
internal sealed record TrainingReport(
    string Model,
    string Output,
    long Macs,
    long Parameters,
    int Epochs,
    int TrainImages,
    double Seconds,
    SplitReport? Before,
    SplitReport? Search,
    SplitReport? Test)
{
    public static void Print(TrainingReport report, TablePrinter printer)
    {
        printer.Facts(
            ("network", report.Model),
            ("file", report.Output),
            ("MACs", Numbers.Count(report.Macs)),
            ("parameters", Numbers.Count(report.Parameters)));
        var rows = new (string Network, SplitReport? Split)[] { ("before", report.Before), ("trained", report.Search), ("trained", report.Test) };
        if (rows.Any(row => row.Split is not null))
        {
            printer.Line();
            printer.Table(SplitReport.Headings, rows.Where(row => row.Split is not null).Select(row => row.Split!.Row(row.Network)));
        }
    }
}
