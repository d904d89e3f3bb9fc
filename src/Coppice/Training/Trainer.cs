using System.Collections.Immutable;
using System.Text.Json;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Tensors;
using Coppice.Training.Distillations;

namespace Coppice.Training;

/// <summary>What a training is given besides its options.</summary>
/// <param name="Images">Images to learn from.</param>
/// <param name="Normalization">How pixels become inputs.</param>
public sealed record TrainingData(DataSubset Images, Normalization Normalization)
{
    /// <summary>A network whose answers take part in the loss; null for labels alone.</summary>
    public Network? Teacher { get; init; }

    /// <summary>
    /// For each value of the teacher the channels that the network to be trained kept of it, ascending, where it was cut out of the teacher; null where that is not known.
    /// Needed where maps of which channels are gone are compared channel by channel.
    /// </summary>
    public IReadOnlyDictionary<string, ImmutableArray<int>>? TeacherChannels { get; init; }

    /// <summary>What the teacher has said to others that are trained with equal options on equal images; null where there are none.</summary>
    internal TeacherAnswers? TeacherAnswers { get; init; }

    /// <summary>Methods that act on the network while it is trained, in the order in which they act.</summary>
    public ImmutableArray<ITrainingHook> Hooks { get; init; } = [];

    /// <summary>A file that keeps the training's state; null for none. A training finds its own file and goes on from there; it stays at the end, for whoever has written the result to delete.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Where to run.</summary>
    public Device Device { get; init; } = Device.Cpu;
}

/// <summary>
/// Trains a network by stochastic gradient descent, from scratch or after pruning, with or without a teacher.
/// The last state is the result: no epoch is chosen by any held-out set. Runs on the caller's thread, which should be a <see cref="ModelThread"/>.
/// </summary>
public sealed class Trainer
{
    private readonly TrainingOptions _options;
    private readonly TrainingData _data;
    private readonly Precision _precision;
    private readonly DataLoader _loader;

    /// <summary>Prepares a training.</summary>
    /// <exception cref="CoppiceException">An option is out of range.</exception>
    public Trainer(TrainingOptions options, TrainingData data)
    {
        options.Validate();
        _options = options;
        _data = data;
        _precision = PrecisionOf(options.Precision, data.Device);
        _loader = new(data.Images, data.Normalization, new()
        {
            BatchSize = options.BatchSize,
            Augmentation = options.Augmentation,
            Seed = options.Seed,
            DropLast = data.Images.Count > options.BatchSize,
        });
    }

    /// <summary>bf16 where the CPU multiplies it natively, single precision otherwise.</summary>
    public static Precision FastestPrecision(Device device) =>
        !device.IsCuda && TorchRuntime.SupportsBFloat16 ? Precision.BFloat16 : Precision.Float32;

    /// <summary>The precision that was chosen, or the fastest.</summary>
    public static Precision PrecisionOf(Precision? chosen, Device device) => chosen ?? FastestPrecision(device);

    /// <summary>Trains and returns the trained network.</summary>
    /// <param name="network">One input [N, C, H, W], one output [N, classes].</param>
    /// <param name="progress">Told after every iteration.</param>
    /// <param name="cancellation">Stops between iterations, after a checkpoint has been written where one is asked for.</param>
    public Network Train(Network network, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        if (_options.Epochs == 0)
        {
            return network;
        }

        using var run = Begin(network, progress);
        while (!run.IsComplete)
        {
            run.TrainEpoch(cancellation);
        }

        return run.Capture();
    }

    /// <summary>Begins a training of at least one epoch, or takes one up from its checkpoint; its epochs may be run on different threads, one after the other.</summary>
    /// <param name="network">As in <see cref="Train"/>.</param>
    /// <param name="progress">Told after every iteration.</param>
    internal TrainingRun Begin(Network network, IProgress<TrainingProgress>? progress)
    {
        var taps = ChooseTaps(_options, network, _data);
        return new TrainingRun(new(_options, _data, _loader, Fingerprint(network, taps)), network, new TrainedPrograms(network, _options, _data, _precision, taps), progress);
    }

    /// <summary>Shape of a network's input for one image.</summary>
    internal static IReadOnlyDictionary<string, TensorShape> InputShapes(Network network, ImageShape image) =>
        new Dictionary<string, TensorShape> { [network.Inputs[0].Name] = new(1, image.Channels, image.Height, image.Width) };

    /// <summary>Checks, before any work is done for it, that a network can teach those that are cut out of it.</summary>
    /// <param name="options">How they will be trained.</param>
    /// <param name="data">What on; the teacher is the network.</param>
    /// <exception cref="CoppiceException">It has no feature maps that the distillation could compare.</exception>
    public static void CheckTeacher(TrainingOptions options, TrainingData data)
    {
        if (data.Teacher is { } teacher)
        {
            ChooseTaps(options, teacher, data);
        }
    }

    /// <summary>Where student and teacher are compared; nowhere but at their answers where the distillation asks for no more.</summary>
    private static FeatureTaps ChooseTaps(TrainingOptions options, Network student, TrainingData data)
    {
        if (data.Teacher is not { } teacher || !options.Distillation.ComparesFeatures)
        {
            return FeatureTaps.None;
        }

        FeatureMaps Maps(Network of) => new(of, InputShapes(of, data.Images.Dataset.Shape));
        return new FeatureMatching(Maps(student), Maps(teacher), data.TeacherChannels).Choose(options.Taps, options.Distillation);
    }

    /// <summary>All that decides the result: a checkpoint of a training that differs in any of it must not be taken up.</summary>
    private string Fingerprint(Network network, FeatureTaps taps) => string.Join(
        ' ',
        network.Name,
        NetworkHash.Of(network),
        JsonSerializer.Serialize(_options with { Precision = _precision }, CheckpointJson.Default.TrainingOptions),
        _data.Images.Dataset.ContentHash,
        _data.Images.IndexHash,
        FormattableString.Invariant($"{_data.Normalization}"),
        _data.Teacher is null ? "no teacher" : NetworkHash.Of(_data.Teacher),
        JsonSerializer.Serialize(taps, CheckpointJson.Default.FeatureTaps),
        string.Join(' ', _data.Hooks.Select(hook => hook.Settings)));
}
