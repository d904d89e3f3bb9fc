using System.Collections.Immutable;
using System.Diagnostics;
using Coppice.Cli.Options;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Runs;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Cli.Commands;

/// <summary>Trains a network on the train split, writes it, and measures it on the search and the test split: what `train` and `finetune` have in common.</summary>
/// <param name="context">Where to print, what to compute on.</param>
/// <param name="data">The images.</param>
/// <param name="before">What the file of the network states; null for a network that starts from random weights.</param>
/// <param name="settings">How to train.</param>
/// <param name="output">The file to write.</param>
internal sealed class TrainingJob(CommandContext context, DataSession data, ModelMetadata? before, TrainingSettings settings, string output)
{
    /// <summary>Images from which the statistics of inserted batch normalisations are taken.</summary>
    private const int InsertionImages = 1024;

    private readonly string _checkpoint = settings.Checkpoint ?? $"{output}.checkpoint";

    /// <summary>Whether a network without batch normalisation gets some while it is trained.</summary>
    public bool InsertsBatchNorm { get; init; }

    /// <summary>Runs the job.</summary>
    /// <param name="network">The network to start from.</param>
    /// <param name="title">What progress calls it.</param>
    /// <param name="measuresBefore">Whether the network is worth measuring before it is trained.</param>
    /// <param name="cancellation">Stops the training after a checkpoint.</param>
    /// <exception cref="CommandCancelledException">It was stopped; the message says what is saved.</exception>
    public async Task<TrainingReport> RunAsync(Network network, string title, bool measuresBefore, CancellationToken cancellation)
    {
        foreach (string warning in settings.Warnings)
        {
            context.Warn(warning);
        }

        data.Check(network, "network");
        if (before is not null)
        {
            data.WarnOfSeenImages(before, context);
        }

        var softmax = OutputSoftmax.TakeOff(network);
        var teacher = ReadTeacher();
        UserFiles.PrepareOutput(output);
        UserFiles.PrepareOutput(_checkpoint);
        using var thread = await context.StartModelThreadAsync(cancellation);
        SplitReport? untrained = measuresBefore ? await MeasureAsync(thread, softmax.Logits, data.Splits.Search, cancellation) : null;

        var clock = Stopwatch.StartNew();
        var trainable = await WithBatchNormAsync(thread, softmax.Logits, cancellation);
        WarnOfHooks(trainable);
        var trained = BatchNormInsertion.Remove(await TrainAsync(thread, trainable, teacher, title, cancellation));
        var elapsed = clock.Elapsed;
        OnnxWriter.Write(softmax.PutBack(trained), output);

        // Only now: a training whose file could not be written goes on from its end.
        File.Delete(_checkpoint);

        context.Say($"Wrote '{output}'; measuring it on the search and the test split.", Verbosity.Normal);
        var search = await MeasureAsync(thread, trained, data.Splits.Search, cancellation);
        var test = await MeasureAsync(thread, trained, data.Splits.Test.Open("result of a training", context.Terminal.Clock), cancellation);
        data.WarnOfUnreadable(context);
        var cost = CostModel.Create(ChannelUnits.Analyze(trained, data.InputShapesOf(trained))).Full;
        return new(
            trained.Name, output, cost.Macs, cost.Parameters, settings.Options.Epochs, data.Splits.Train.Count, elapsed.TotalSeconds, untrained, search, test);
    }

    private async Task<Network> WithBatchNormAsync(ModelThread thread, Network network, CancellationToken cancellation)
    {
        if (!InsertsBatchNorm || settings.Options.Epochs == 0 || !BatchNormInsertion.IsCalledFor(network))
        {
            return network;
        }

        context.Say("The network has no batch normalisation: some is put in for the training and folded again; --batch-norm keep trains it as it is.", Verbosity.Normal);
        return await thread.RunAsync(
            () =>
            {
                using var images = TensorBatches.Draw(data.Splits.Train, data.Normalization, InsertionImages, PruneRepair.BatchSize, settings.Options.Seed, context.Device);
                return BatchNormInsertion.Apply(network, images, context.Device, cancellation);
            },
            cancellation);
    }

    private void WarnOfHooks(Network network)
    {
        var acting = settings.Options.Epochs == 0 ? [] : settings.Hooks;
        foreach (string note in acting.Select(hook => hook.Note(network, data.InputShapesOf(network))).OfType<string>())
        {
            context.Warn(note);
        }
    }

    private async Task<Network> TrainAsync(ModelThread thread, Network network, Network? teacher, string title, CancellationToken cancellation)
    {
        var options = settings.Options with { Augmentation = settings.Augments ? data.Source.Augmentation : Augmentation.None };
        var images = new TrainingData(data.Splits.Train, data.Normalization)
        {
            Teacher = teacher,
            TeacherChannels = ReadTeacherChannels(teacher),
            Hooks = settings.Hooks,
            CheckpointPath = _checkpoint,
            Device = context.Device,
        };
        if (File.Exists(_checkpoint))
        {
            context.Say($"Going on from '{_checkpoint}'.");
        }

        try
        {
            using var progress = context.ShowProgress();
            var report = progress.Training(title);
            var trained = await thread.RunAsync(() => new Trainer(options, images).Train(network, report, cancellation), cancellation);
            return Stamp(trained);
        }
        catch (OperationCanceledException stop) when (File.Exists(_checkpoint))
        {
            throw new CommandCancelledException($"Stopped. The training is saved in '{_checkpoint}'; the same command goes on from there. '{output}' is not written.", stop);
        }
    }

    private Network Stamp(Network trained) => settings.Options.Epochs == 0 && before is not null
        ? (before with { Normalization = data.Normalization }).WriteTo(trained)
        : ModelMetadata.AfterTraining(before, data.Source, data.Splits, data.Normalization).WriteTo(trained);

    private async Task<SplitReport> MeasureAsync(ModelThread thread, Network network, DataSubset images, CancellationToken cancellation)
    {
        var metrics = await thread.RunAsync(
            () => Classifier.Evaluate(network, images, data.Normalization, Precision.Float32, context.Device, cancellation), cancellation);
        return SplitReport.Of(images.Split, metrics);
    }

    private Network? ReadTeacher()
    {
        if (settings.Teacher is not { } path)
        {
            return null;
        }

        var teacher = OnnxReader.Read(path);
        data.Check(teacher, "teacher");
        return ModelMetadata.Read(teacher).Normalization is { } own && own != data.Normalization
            ? throw new CoppiceException($"Cannot use the teacher '{path}': its inputs are normalised by {own}, the network's by {data.Normalization}; both must see the same inputs.")
            : OutputSoftmax.TakeOff(teacher).Logits;
    }

    private IReadOnlyDictionary<string, ImmutableArray<int>>? ReadTeacherChannels(Network? teacher) => teacher is not null && settings.Plan is { } plan
        ? ChannelProvenance.Of(ChannelUnits.Analyze(teacher, data.InputShapesOf(teacher)), PruningPlan.Parse(UserFiles.ReadText(plan)))
        : null;
}
