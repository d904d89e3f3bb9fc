using Coppice.Cli.Options;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Pruning;
using Coppice.Pruning.Reconstruction;
using Coppice.Runs;
using Coppice.Training;

namespace Coppice.Cli.Commands;

/// <summary>What repair did; accuracies on the search split where the images have labels.</summary>
/// <param name="Kinds">How the cut was repaired.</param>
/// <param name="Images">Calibration images.</param>
/// <param name="Original">The network before the cut, or null.</param>
/// <param name="Cut">The network after it, or null.</param>
/// <param name="Repaired">The network after the repair, or null.</param>
internal sealed record RepairReport(string Kinds, int Images, SplitReport? Original, SplitReport? Cut, SplitReport? Repaired);

/// <summary>Repairs what `prune` has cut, on images that need no labels.</summary>
/// <param name="context">Where to warn, what to compute on.</param>
/// <param name="settings">What the user chose.</param>
internal sealed class PruneRepair(CommandContext context, PruneSettings settings)
{
    /// <summary>Images per batch: variances are those within a batch.</summary>
    public const int BatchSize = 128;

    /// <summary>What the words of the option mean.</summary>
    public static ChoiceOption<RepairKinds?> Option() => new(
        "--repair",
        "How the cut network is repaired, without training, on images of --data that need no labels: off, least-squares (weights), bias, batch-norm (statistics; put in and folded again where "
            + "there are none), full (least-squares and batch-norm), or auto: full where --data is given",
        "auto",
        [
            new("auto", null), new("off", RepairKinds.None), new("least-squares", RepairKinds.LeastSquares), new("bias", RepairKinds.Bias), new("batch-norm", RepairKinds.BatchNorm),
            new("full", RepairKinds.LeastSquares | RepairKinds.BatchNorm),
        ])
    {
        HelpName = "KIND",
    };

    /// <summary>Repairs a cut, and measures what it did where the images have labels.</summary>
    /// <param name="problem">What was cut.</param>
    /// <param name="pruned">The cut.</param>
    /// <param name="kinds">How to repair it.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public async Task<(PrunedCandidate Pruned, RepairReport Report)> ApplyAsync(PruningProblem problem, PrunedCandidate pruned, RepairKinds kinds, CancellationToken cancellation)
    {
        var network = problem.Network;
        var data = DataSession.Load(settings.Data, ModelMetadata.Read(network), context, network, needsLabels: false);
        data.CheckInput(network, "network");
        var train = data.Splits.Train;
        using var thread = await context.StartModelThreadAsync(cancellation);
        var space = (problem with { InputShapes = data.InputShapesOf(network) }).SpaceOf(network);
        foreach (string layer in kinds.HasFlag(RepairKinds.LeastSquares) ? NetworkRepair.TooWide(space) : [])
        {
            context.Warn($"'{layer}' has more than {NetworkRepair.MaxColumns} inputs per output: its weights are not repaired by least squares.");
        }

        var (repaired, count) = await thread.RunAsync(
            () =>
            {
                using var images = TensorBatches.Draw(train, data.Normalization, settings.CalibrationImages, BatchSize, settings.Seed, context.Device);
                return (CutRepair.Apply(space, pruned.Plan, kinds, images, context.Device, cancellation), images.Count);
            },
            cancellation);
        bool judges = train.Dataset.HasLabels;
        var search = data.Splits.Search;
        async Task<SplitReport?> Judge(Network judged) => !judges ? null : SplitReport.Of(Split.Search, await thread.RunAsync(
            () => Classifier.Evaluate(OutputSoftmax.TakeOff(judged).Logits, search, data.Normalization, Precision.Float32, context.Device, cancellation), cancellation));
        var report = new RepairReport(kinds.ToString(), count, await Judge(network), await Judge(pruned.Network), await Judge(repaired));
        data.WarnOfUnreadable(context);
        return (pruned with { Network = repaired }, report);
    }
}
