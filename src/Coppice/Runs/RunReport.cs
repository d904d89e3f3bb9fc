using System.Collections.Immutable;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Pruning.Racing;
using Coppice.Tensors.OnnxRuntime;
using Coppice.Training;

namespace Coppice.Runs;

/// <summary>One network of a run: the original, a baseline's or the algorithm's.</summary>
/// <param name="Name">Short name.</param>
/// <param name="Cost">MACs and parameters for one image.</param>
/// <param name="FileBytes">Size of the ONNX file.</param>
/// <param name="SearchScore">Result on the search split in single precision, after fine-tuning.</param>
/// <param name="TestScore">Result on the test split in single precision.</param>
/// <param name="Latency">ONNX Runtime, one batch of <see cref="RunReport.LatencyBatch"/> images, in milliseconds.</param>
/// <param name="Evaluations">Candidates that the method evaluated.</param>
/// <param name="TunedEpochs">Epochs of fine-tuning, those between rounds included.</param>
/// <param name="File">Where the network is, relative to the run folder.</param>
public sealed record RunRow(
    string Name,
    Cost Cost,
    long FileBytes,
    ClassificationMetrics SearchScore,
    ClassificationMetrics TestScore,
    LatencyStatistics Latency,
    long Evaluations,
    int TunedEpochs,
    string File)
{
    /// <summary>Whether no other network of the run has both fewer MACs and a lower loss on the search split.</summary>
    public bool IsOnFront { get; init; }

    /// <summary>Images that the search sent through a network; one of a training for a score counts three. Fine-tuning is not counted.</summary>
    public long ForwardImages { get; init; }

    /// <summary>What races have saved; null where there were none.</summary>
    public RaceTally? Race { get; init; }

    /// <summary>Loss on the search's own images before any fine-tuning after the last cut; null for the original.</summary>
    public double? SearchLoss { get; init; }

    /// <summary>What ended the search before its last generation; null where all were run.</summary>
    public string? EarlyEnd { get; init; }
}

/// <summary>What data a run used.</summary>
/// <param name="Source">As given by the user.</param>
/// <param name="ContentHash">SHA-256 of the training images and labels.</param>
/// <param name="TrainImages">Images for training; statistics of batch normalisations come from them but for <see cref="OnePassImages"/>.</param>
/// <param name="SearchImages">Images kept for the search.</param>
/// <param name="TestImages">Images for the final numbers.</param>
/// <param name="SplitSeed">Seed of the split.</param>
/// <param name="Exposure">Whether the original network was trained on search images.</param>
/// <param name="TestOpenings">When and why the test split was opened.</param>
public sealed record RunData(
    string Source,
    string ContentHash,
    int TrainImages,
    int SearchImages,
    int TestImages,
    ulong SplitSeed,
    SearchExposure Exposure,
    ImmutableArray<SplitOpening> TestOpenings)
{
    /// <summary>Whether batch normalisations were put into a network without any for the run, and folded again.</summary>
    public bool InsertsBatchNorm { get; init; }

    /// <summary>Search images that candidates' batch-norm statistics came from, in the pass that scored them; 0 where they came from training images.</summary>
    public int OnePassImages { get; init; }

    /// <summary>Scores that were found in the folder's <c>study.db</c> instead of measured; they count among the evaluations all the same.</summary>
    public long RecalledScores { get; init; }

    /// <summary>Why scores were not remembered to the end; null where they were.</summary>
    public string? StudyFault { get; init; }

    /// <summary>Where the run used images that an honest result must not be chosen by, a sentence each; only for a run as published.</summary>
    public ImmutableArray<string> Leaks { get; init; } = [];

    /// <summary>Layers that read what may go but are too wide for the least-squares repair that was asked for.</summary>
    public ImmutableArray<string> UnrepairedLayers { get; init; } = [];
}

/// <summary>The result of a run with everything needed to judge it: settings, environment, data, numbers, checks and caveats.</summary>
/// <param name="Model">Name of the original network.</param>
/// <param name="Options">The settings.</param>
/// <param name="Environment">What it ran on.</param>
/// <param name="Data">What data it used.</param>
/// <param name="Rows">The original first, then baselines, then the algorithm's networks.</param>
/// <param name="Best">Name of the row that became <c>best.onnx</c>.</param>
/// <param name="Checks">Verification of the best network.</param>
/// <param name="Findings">Caveats for the reader.</param>
/// <param name="Seconds">Duration by part of the run.</param>
public sealed record RunReport(
    string Model,
    CompressionOptions Options,
    RunEnvironment Environment,
    RunData Data,
    ImmutableArray<RunRow> Rows,
    string Best,
    ImmutableArray<VerificationCheck> Checks,
    ImmutableArray<string> Findings,
    ImmutableArray<KeyValuePair<string, double>> Seconds)
{
    /// <summary>Images per run when latency was measured: 1 but where the file fixes its batch.</summary>
    public int LatencyBatch { get; init; } = 1;

    /// <summary>The original network.</summary>
    public RunRow Original => Rows[0];

    /// <summary>The network that became <c>best.onnx</c>.</summary>
    public RunRow BestRow => Rows.First(row => row.Name == Best);
}
