using System.Collections.Immutable;
using Coppice.Pruning.Methods;
using Coppice.Pruning.Reconstruction;

namespace Coppice.Runs;

/// <summary>Caveats that a reader of the numbers must know, found in the numbers themselves.</summary>
internal static class Findings
{
    public static ImmutableArray<string> Of(ImmutableArray<RunRow> rows, string best, CompressionOptions options, RunData data)
    {
        var (original, chosen) = (rows[0], rows.First(row => row.Name == best));
        return
        [
            .. BetterBaselines(rows, chosen, options),
            .. NotFaster(original, chosen),
            .. data.Exposure.Caveat is { } caveat ? [caveat] : Array.Empty<string>(),
            .. Unrepaired(data),
            .. Inserted(data),
            .. Recalled(data),
            .. WideInterval(chosen),
            .. EarlyEnds(rows, options),
            .. Unraced(options, data),
        ];
    }

    private static IEnumerable<string> BetterBaselines(ImmutableArray<RunRow> rows, RunRow chosen, CompressionOptions options) => rows
        .Where(row => options.Baselines.Contains(row.Name) && row.Name != chosen.Name && row.SearchScore.Loss < chosen.SearchScore.Loss)
        .Select(row => FormattableString.Invariant(
            $"The baseline '{row.Name}' has a lower loss on the search split than '{chosen.Name}' ({row.SearchScore.Loss:F4} against {chosen.SearchScore.Loss:F4}) at {100.0 * row.Cost.Macs / chosen.Cost.Macs:F1} % of its MACs; consider candidates/{row.Name}/model.onnx."));

    private static IEnumerable<string> Unrepaired(RunData data) => data.UnrepairedLayers.IsEmpty ? []
        : [$"Not repaired after the cut, being wider than {NetworkRepair.MaxColumns} inputs per output: {string.Join(", ", data.UnrepairedLayers)}."];

    private static IEnumerable<string> Inserted(RunData data) => !data.InsertsBatchNorm ? []
        : ["The network has no batch normalisation: some was put in behind its layers for the search and the fine-tuning, and folded into them again; the files have the layers of the original."];

    private static IEnumerable<string> Recalled(RunData data) =>
    [
        .. data.RecalledScores == 0 ? Array.Empty<string>()
            : [FormattableString.Invariant($"{data.RecalledScores:N0} scores were found in {StudyStore.FileName}, of an earlier run or another method of this one, and not measured again; evaluations and images count them, the seconds do not.")],
        .. data.StudyFault is null ? Array.Empty<string>() : [$"Scores were not remembered in {StudyStore.FileName} to the end: {data.StudyFault.TrimEnd('.')}."],
    ];

    private static IEnumerable<string> NotFaster(RunRow original, RunRow chosen)
    {
        double macs = (double)chosen.Cost.Macs / original.Cost.Macs, time = chosen.Latency.Median / original.Latency.Median;
        return time >= 1
            ? [FormattableString.Invariant($"'{chosen.Name}' has {100 * macs:F0} % of the MACs but takes {100 * time:F0} % of the time of the original: it is smaller, not faster, on this machine.")]
            : [];
    }

    private static IEnumerable<string> WideInterval(RunRow chosen)
    {
        var (low, high) = chosen.TestScore.AccuracyInterval;
        return high - low > 0.02
            ? [FormattableString.Invariant($"The 95 % interval of the test accuracy is {100 * (high - low):F1} points wide: with {chosen.TestScore.Images} test images, differences below that mean little.")]
            : [];
    }

    /// <summary>Candidates that would have raced if fewer of the images had gone to their statistics.</summary>
    private static IEnumerable<string> Unraced(CompressionOptions options, RunData data)
    {
        int given = options.Fitness.SearchSamples, forStatistics = data.OnePassImages;
        string[] methods = options.MaxMacs is null ? [options.Algorithm] : [.. options.Baselines, options.Algorithm];
        return options.Race is { } race && forStatistics > 0 && given >= race.LeastImages(0) && given < race.LeastImages(forStatistics)
            && methods.Any(name => PruningMethodTable.Find(name, options.Methods).Races)
            ? [$"Candidates did not race: where {forStatistics} of the images that score them go through each for its statistics, a race takes {race.LeastImages(forStatistics)} images or more, and there were {given} (--search-samples); with --adaptive-bn two-pass it takes {race.LeastImages(0)}."]
            : [];
    }

    /// <summary>Without a target all networks come from one search, and the first of them speaks for it.</summary>
    private static IEnumerable<string> EarlyEnds(ImmutableArray<RunRow> rows, CompressionOptions options) => rows
        .Where(row => row.EarlyEnd is not null)
        .Take(options.MaxMacs is null ? 1 : rows.Length)
        .Select(row => $"The search that found '{row.Name}' ended before its last generation: {row.EarlyEnd}."
            + (options.Limits.MaxMinutes is null ? "" : " With a limit of time the same seed may give another result."));
}
