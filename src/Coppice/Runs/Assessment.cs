using System.Collections.Immutable;
using System.Globalization;
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
    CompressionInput input, OutputSoftmax softmax, CompressionOptions options, RunDirectory directory, Device device, ModelThread thread, TimeProvider clock)
{
    private const string OriginalName = "original";

    private Cost FullCost => CostModel.Create(ChannelUnits.Analyze(softmax.Logits, input.InputShapes)).Full;

    public async Task<RunReport> ReportAsync(ImmutableArray<PrunedCandidate> candidates, RunData data, PhaseClock phases, CancellationToken cancellation)
    {
        var original = new PrunedCandidate(OriginalName, PruningPlan.Identity(input.Network.Name), softmax.Logits, FullCost, 0, 0, null);
        ImmutableArray<PrunedCandidate> all = [original, .. candidates];
        ImmutableArray<PrunedCandidate> files = [original with { Network = input.Network }, .. candidates.Select(candidate => candidate with { Network = AsFile(candidate) })];

        phases.Begin("search-split accuracy");
        var searchScores = await EvaluateAsync(all, input.Splits.Search, cancellation);
        string best = Best(candidates, searchScores[1..]);

        phases.Begin("test-split accuracy");
        var test = input.Splits.Test.Open("final accuracy of all networks of the run", clock);
        var testScores = await EvaluateAsync(all, test, cancellation);

        phases.Begin("verification");
        foreach (var candidate in files)
        {
            directory.WriteCandidate(candidate.Name, candidate.Network, candidate.Plan);
        }

        var chosen = files.First(candidate => candidate.Name == best);
        int threads = await thread.RunAsync(() => TorchRuntime.Threads, cancellation);
        var checks = await VerifyAsync(chosen, test, testScores[files.IndexOf(chosen)], threads, cancellation);

        phases.Begin("latency");
        var latencies = MeasureLatency(files, cancellation);
        var rows = Rows(files, searchScores, testScores, [.. latencies.Networks.Select(network => network.Milliseconds)]);
        var report = new RunReport(
            input.Network.Name,
            options,
            RunEnvironment.Read(threads),
            data with { TestOpenings = input.Splits.Test.Openings },
            rows,
            best,
            checks,
            [.. Findings.Of(rows, best, options, data), .. input.Splits.Caveats, .. candidates.Select(candidate => candidate.Note).OfType<string>()],
            phases.End())
        {
            LatencyBatch = latencies.Options.Batch,
        };
        Write(chosen);
        return report;
    }

    /// <summary>Writes a network of a run that was stopped or failed.</summary>
    public KeptNetwork Keep(PrunedCandidate candidate) => new(
        candidate.Name,
        directory.WriteCandidate(candidate.Name, AsFile(candidate), candidate.Plan),
        candidate.Cost,
        (double)candidate.Cost.Macs / FullCost.Macs,
        candidate.Score?.Metrics.Loss,
        candidate.Evaluations,
        candidate.TunedEpochs,
        candidate.EarlyEnd);

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

    /// <summary>One image at a time, but where the file fixes its batch.</summary>
    private LatencyProfile MeasureLatency(ImmutableArray<PrunedCandidate> files, CancellationToken cancellation) => LatencyProfile.Measure(
        [.. files.Select(candidate => LatencySubject.Of(candidate.Name, candidate.Network))],
        new()
        {
            Batch = (int)(input.Network.Inputs[0].Dimensions[0].Extent ?? 1),
            Threads = options.LatencyThreads,
            Repetitions = options.LatencyRepetitions,
            InputShape = input.InputShapes[input.Network.Inputs[0].Name],
        },
        progress: null,
        cancellation);

    private async Task<ImmutableArray<VerificationCheck>> VerifyAsync(
        PrunedCandidate chosen, DataSubset test, ClassificationMetrics expected, int threads, CancellationToken cancellation)
    {
        string file = directory.File("candidates", chosen.Name, "model.onnx");
        var verification = await thread.RunAsync(
            () => Verification.Run(input.Network, chosen.Plan, file, new() { Seed = options.Seed, InputShapes = input.InputShapes }, cancellation), cancellation);
        int correct = OnnxRuntimeClassifier.CountCorrect(file, test, input.Normalization, threads, cancellation);
        var accuracy = new VerificationCheck(
            "test-accuracy-onnxruntime",
            "test accuracy of the file in ONNX Runtime = the accuracy reported",
            Math.Abs(correct - expected.Correct) <= Math.Max(2, 2e-4 * expected.Images) ? VerificationStatus.Passed : VerificationStatus.Failed,
            Difference: null,
            $"{correct} of {expected.Images} correct, reported {expected.Correct}");
        ImmutableArray<VerificationCheck> checks = [.. verification.Checks, accuracy];
        return checks.FirstOrDefault(check => check.Status == VerificationStatus.Failed) is { } failed
            ? throw new VerificationFailedException(
                $"Cannot hand out the network: the check '{failed.Description}' failed ({failed.Difference?.ToString("E2", CultureInfo.InvariantCulture) ?? failed.Detail}); please report this with the run folder '{directory.Path}'.")
            : checks;
    }

    /// <summary>The network as it is written: with the user's softmax, and with metadata by which whoever goes on from it finds the same inputs and the same splits.</summary>
    private Network AsFile(PrunedCandidate candidate)
    {
        var stated = ModelMetadata.Read(input.Network);
        var metadata = candidate.TunedEpochs == 0
            ? stated with { Normalization = input.Normalization }
            : ModelMetadata.AfterTraining(stated, input.Source, input.Splits, input.Normalization);

        // As published, search images are trained on: a file that stated a split would promise otherwise.
        var kept = options.Faithful ? metadata with { SplitSeed = null, SearchImages = null } : metadata;
        return kept.WriteTo(softmax.PutBack(candidate.Network));
    }

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
                $"candidates/{candidate.Name}/model.onnx")
                {
                    IsOnFront = !IsDominated(i),
                    SearchLoss = candidate.Score?.Metrics.Loss,
                    ForwardImages = candidate.ForwardImages,
                    Race = candidate.Race,
                    EarlyEnd = candidate.EarlyEnd,
                }),
        ];
    }

    private void Write(PrunedCandidate chosen)
    {
        directory.WriteText("plan.json", chosen.Plan.ToJson());
        OnnxWriter.Write(chosen.Network, directory.BestModel);
    }
}
