using System.Collections.Immutable;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Tensors;
using Coppice.Tensors.OnnxRuntime;
using Coppice.Training;

namespace Coppice.Runs;

/// <summary>The last part of a run: measures the networks that are now fixed, exports and verifies them, and writes the report.</summary>
internal sealed class Assessment(
    CompressionInput input, CompressionOptions options, RunDirectory directory, Device device, ModelThread thread, DataSplits splits, TimeProvider clock)
{
    private const string OriginalName = "original";

    public async Task<RunReport> ReportAsync(ImmutableArray<PrunedCandidate> candidates, RunData data, PhaseClock phases, CancellationToken cancellation)
    {
        var original = new PrunedCandidate(
            OriginalName, PruningPlan.Identity(input.Network.Name), input.Network, CostModel.Create(ChannelUnits.Analyze(input.Network)).Full, 0, 0, null);
        ImmutableArray<PrunedCandidate> all = [original, .. candidates.Select(candidate => candidate with { Network = WithMetadata(candidate.Network) })];

        phases.Begin("search-split accuracy");
        var searchScores = await EvaluateAsync(all, splits.Search, cancellation);
        string best = Best(candidates, searchScores[1..]);

        phases.Begin("test-split accuracy");
        var test = splits.Test.Open("final accuracy of all networks of the run", clock);
        var testScores = await EvaluateAsync(all, test, cancellation);

        phases.Begin("verification");
        var chosen = all.First(candidate => candidate.Name == best);
        var checks = await VerifyAsync(chosen, test, testScores[all.IndexOf(chosen)], cancellation);

        phases.Begin("latency");
        var latencies = LatencyComparison.Measure(
            [.. all.Select(candidate => candidate.Network)], options.LatencyThreads, options.LatencyRepetitions, cancellation);

        phases.Begin("export");
        var rows = Rows(all, searchScores, testScores, latencies);
        var report = new RunReport(
            input.Network.Name,
            options,
            RunEnvironment.Read(),
            data with { TestOpenings = splits.Test.Openings },
            rows,
            best,
            checks,
            Findings.Of(rows, best, options, input.Network),
            phases.End());
        Write(all, chosen);
        return report;
    }

    /// <summary>The answer of the algorithm; of a family, the knee of loss against MACs on the search split.</summary>
    private string Best(ImmutableArray<PrunedCandidate> candidates, ImmutableArray<ClassificationMetrics> scores)
    {
        if (options.MaxMacs is not null)
        {
            return options.Algorithm;
        }

        int knee = Knee.Find([.. candidates.Select(candidate => (double)candidate.Cost.Macs)], [.. scores.Select(score => score.Loss)]);
        return candidates[knee].Name;
    }

    private async Task<ImmutableArray<ClassificationMetrics>> EvaluateAsync(ImmutableArray<PrunedCandidate> all, DataSubset images, CancellationToken cancellation)
    {
        var scores = ImmutableArray.CreateBuilder<ClassificationMetrics>();
        foreach (var candidate in all)
        {
            scores.Add(await thread.RunAsync(
                () => Classifier.Evaluate(candidate.Network, images, input.Normalization, Precision.Float32, device, cancellation), cancellation));
        }

        return scores.ToImmutable();
    }

    private async Task<ImmutableArray<RunCheck>> VerifyAsync(
        PrunedCandidate chosen, DataSubset test, ClassificationMetrics expected, CancellationToken cancellation)
    {
        var verification = await Verification.RunAsync(
            input.Network, chosen.Plan, chosen.Network, new() { Seed = options.Seed }, thread, cancellation);
        int correct = OnnxRuntimeClassifier.CountCorrect(chosen.Network, test, input.Normalization, Environment.ProcessorCount, cancellation);
        ImmutableArray<RunCheck> checks =
        [
            .. verification.Checks.Select(check => new RunCheck(check.Name, check.Difference, check.Tolerance)),
            new("test accuracy of the exported file in ONNX Runtime", Math.Abs(correct - expected.Correct) / (double)expected.Images, 2e-4),
        ];
        return checks.FirstOrDefault(check => !check.Passed) is { } failed
            ? throw new VerificationFailedException(
                FormattableString.Invariant($"Cannot hand out the network: {failed.Name} differs by {failed.Difference:E2}, more than {failed.Tolerance:E1}; please report this with the run folder '{directory.Path}'."))
            : checks;
    }

    private Network WithMetadata(Network network) => network.WithMetadata(
        ModelMetadata.Entries(input.Normalization, input.Source.Name, options.SplitSeed, options.SearchImages));

    private static ImmutableArray<RunRow> Rows(
        ImmutableArray<PrunedCandidate> all,
        ImmutableArray<ClassificationMetrics> searchScores,
        ImmutableArray<ClassificationMetrics> testScores,
        ImmutableArray<LatencyStatistics> latencies)
    {
        bool IsDominated(int i) => Enumerable.Range(0, all.Length).Any(j =>
            j != i && all[j].Cost.Macs <= all[i].Cost.Macs && searchScores[j].Loss <= searchScores[i].Loss
            && (all[j].Cost.Macs < all[i].Cost.Macs || searchScores[j].Loss < searchScores[i].Loss));

        return
        [
            .. all.Select((candidate, i) => new RunRow(
                candidate.Name,
                candidate.Cost,
                OnnxWriter.ToBytes(candidate.Network).LongLength,
                searchScores[i],
                testScores[i],
                latencies[i],
                candidate.Evaluations,
                candidate.TunedEpochs,
                $"candidates/{candidate.Name}/model.onnx") { IsOnFront = !IsDominated(i) }),
        ];
    }

    private void Write(ImmutableArray<PrunedCandidate> all, PrunedCandidate chosen)
    {
        foreach (var candidate in all)
        {
            directory.WriteCandidate(candidate.Name, candidate.Network, candidate.Plan);
        }

        directory.WriteText("plan.json", chosen.Plan.ToJson());
        OnnxWriter.Write(chosen.Network, directory.BestModel);
    }
}
