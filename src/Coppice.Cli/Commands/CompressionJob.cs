using Coppice.Cli.Display;
using Coppice.Cli.Output;
using Coppice.Graph;
using Coppice.Pruning;
using Coppice.Reporting;
using Coppice.Runs;
using Coppice.Training;

namespace Coppice.Cli.Commands;

/// <summary>A compression as `search` and `demo` run it: with progress on the terminal, files in the run folder and the comparison at the end.</summary>
internal static class CompressionJob
{
    public static async Task<RunReport> RunAsync(
        Network network, DataSession data, CompressionOptions options, string output, CommandContext context, CancellationToken cancellation)
    {
        data.Check(network, "network");
        data.WarnOfSeenImages(ModelMetadata.Read(network), context);
        var directory = new RunDirectory(output);
        using var display = context.ShowProgress();
        var input = new CompressionInput(network, data.Source, data.Splits, data.Normalization);
        options = options with { FineTune = options.FineTune with { Augmentation = data.Source.Augmentation } };
        using var thread = await context.StartModelThreadAsync(cancellation);
        var run = new CompressionRun(input, options, directory, thread, context.Device, new Observer(display, remains => context.Warn(Failed(remains, output))), TimeProvider.System);
        try
        {
            var report = await run.ExecuteAsync(cancellation);
            ReportExporters.Write(report, directory);
            return report;
        }
        catch (RunStoppedException stop)
        {
            throw new CommandCancelledException($"Stopped. {Kept(stop.Remains, output)} {HowToGoOn(needsOverwrite: !options.Overwrite && !(stop.Remains.Kept.IsEmpty && stop.Remains.NotKept.IsEmpty))}", stop);
        }
    }

    private static string Failed(RunRemains remains, string output) => remains.Kept.IsEmpty
        ? $"the run failed, and none of the networks that it had found could be kept.{NotKept(remains)}"
        : $"the run failed. {Kept(remains, output)} {HowToGoOn(needsOverwrite: true)}";

    private static string HowToGoOn(bool needsOverwrite) =>
        $"The same command{(needsOverwrite ? " with --overwrite" : "")} starts anew, but for the scores that it finds in {StudyStore.FileName}.";

    private static string Kept(RunRemains remains, string output)
    {
        if (remains.Kept.IsEmpty)
        {
            return remains.NotKept.IsEmpty ? $"Nothing had been found yet; '{output}' holds the settings and the scores alone." : $"Nothing that had been found could be kept.{NotKept(remains)}";
        }

        var names = remains.Kept.Select(network => FormattableString.Invariant($"{network.Name} ({100 * network.MacsRatio:F1} % of the MACs{(network.EarlyEnd is { } end ? $", {end}" : "")})"));
        return $"Kept in '{Path.Combine(output, "candidates")}', without test accuracy, verification or report: {string.Join(", ", names)}.{NotKept(remains)}";
    }

    private static string NotKept(RunRemains remains) => remains.NotKept.IsEmpty ? "" : $" Not kept: {string.Join("; ", remains.NotKept.Select(network => network.Split('\n')[0].TrimEnd('.')))}.";

    /// <summary>Prints the comparison, the findings and where the files are.</summary>
    public static void Print(RunReport report, string output, TablePrinter printer)
    {
        foreach (string leak in report.Data.Leaks)
        {
            printer.Alert($"as published, with its leakage: {leak}");
        }

        printer.Table(ReportTable.Columns, ReportTable.Cells(report).Select(row => (IReadOnlyList<string>)row));
        foreach (string race in ReportTable.Races(report))
        {
            printer.Line($"racing: {race}");
        }

        foreach (string finding in report.Findings)
        {
            printer.Line($"note: {finding}");
        }

        printer.Line($"{report.Checks.Count(check => check.Status == VerificationStatus.Passed)} checks passed, the largest difference being {Numbers.Scientific(report.Checks.Max(check => check.Difference) ?? 0)}.");
        printer.Line($"Written: {Path.Combine(output, "best.onnx")} ({report.Best}), {Path.Combine(output, "report.html")}, {Path.Combine(output, "pareto.csv")}");
    }

    private sealed class Observer(IProgressDisplay display, Action<RunRemains> kept) : IRunObserver
    {
        public void Phase(string text) => display.Line($"[{text}]");

        public IProgress<TrainingProgress> Training(string title) => display.Training(title);

        public IProgress<PruningProgress> Search(string title) => display.Pruning(title);

        public void Kept(RunRemains remains) => kept(remains);
    }
}
