using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Pruning.Hooks;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;
using Coppice.Training;
using Coppice.Training.Distillations;
using TemporaryFolder = Coppice.Tests.Data.TemporaryFolder;

namespace Coppice.Tests.Training;

/// <summary>Training that is interrupted and goes on.</summary>
public sealed class CheckpointTests : LeakCheck, IDisposable
{
    private static readonly TrainingOptions Options = new()
    {
        Epochs = 3,
        BatchSize = 12,
        LearningRate = 0.05,
        Precision = Precision.Float32,
        Augmentation = new() { PadCrop = 1 },
        Schedule = new StepSchedule([0.5]) { WarmUp = 0.1 },
    };

    private readonly TemporaryFolder _folder = new();

    /// <summary>In addition to what the base class does.</summary>
    void IDisposable.Dispose()
    {
        _folder.Dispose();
        Dispose();
    }

    private string CheckpointFile => _folder.File("training.checkpoint");

    private TrainingData Data => new(ToyTask.Training(), ToyTask.Normalization) { CheckpointPath = CheckpointFile, Hooks = [new NetworkSlimming(1e-4)] };

    /// <summary>5 iterations an epoch: in the middle, at the end of an epoch, and in the last iteration but one. Dropout draws by chance.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(10)]
    [InlineData(14)]
    public void Interrupted_and_resumed_training_gives_the_bits_of_an_unbroken_one(int iterations)
    {
        var network = ToyTask.Network(dropout: true);
        var unbroken = new Trainer(Options, Data with { CheckpointPath = null }).Train(network, progress: null, CancellationToken.None);

        var losses = new List<double>();
        InterruptAfter(iterations, network, losses);
        var resumed = new Trainer(Options, Data).Train(network, new ActionProgress<TrainingProgress>(report => losses.Add(report.Loss)), CancellationToken.None);

        NetworkAssert.Equal(unbroken, resumed);
        Assert.Equal(15, losses.Count);
    }

    /// <summary>What a training whose result could not be written goes on from: nothing is left to do.</summary>
    [Fact]
    public void Checkpoint_of_a_finished_training_holds_its_result()
    {
        var network = ToyTask.Network();
        var finished = new Trainer(Options, Data).Train(network, progress: null, CancellationToken.None);

        var again = new Trainer(Options, Data).Train(network, new ActionProgress<TrainingProgress>(report => Assert.Fail($"Iteration {report.Iteration} was trained again.")), CancellationToken.None);

        NetworkAssert.Equal(finished, again);
    }

    [Fact]
    public void Training_interrupted_again_and_again_still_gives_the_same_bits()
    {
        var network = ToyTask.Network();
        var unbroken = new Trainer(Options, Data with { CheckpointPath = null }).Train(network, progress: null, CancellationToken.None);

        for (int i = 0; i < 4; i++)
        {
            InterruptAfter(3, network, []);
        }

        NetworkAssert.Equal(unbroken, new Trainer(Options, Data).Train(network, progress: null, CancellationToken.None));
    }

    public static TheoryData<string> Differences => ["learning rate", "milestones", "images", "pixels", "weights", "normalisation", "teacher", "momentum", "distillation", "taps", "hook", "hook settings"];

    [Theory]
    [MemberData(nameof(Differences))]
    public void Checkpoint_of_another_training_is_refused(string difference)
    {
        var network = ToyTask.Network();
        InterruptAfter(2, network, []);
        byte[] before = File.ReadAllBytes(CheckpointFile);
        var (options, data, other) = difference switch
        {
            "learning rate" => (Options with { LearningRate = 0.06 }, Data, network),
            "milestones" => (Options with { Schedule = new StepSchedule([0.6]) { WarmUp = 0.1 } }, Data, network),
            "momentum" => (Options with { Momentum = 0.8 }, Data, network),
            "images" => (Options, Data with { Images = ToyTask.Training().Take(59, seed: 1) }, network),
            "pixels" => (Options, Data with { Images = ToyTask.Training(seed: 2) }, network),
            "weights" => (Options, Data, ToyTask.Network(seed: 2)),
            "normalisation" => (Options, Data with { Normalization = new([0.5f], [0.4f]) }, network),
            "distillation" => (Options with { Distillation = new AttentionTransfer() }, Data, network),
            "taps" => (Options with { Taps = TapSelection.Parse("sections") }, Data, network),
            "hook" => (Options, Data with { Hooks = [] }, network),
            "hook settings" => (Options, Data with { Hooks = [new NetworkSlimming(2e-4)] }, network),
            _ => (Options, Data with { Teacher = network }, network),
        };

        var fault = Assert.Throws<CoppiceException>(() => new Trainer(options, data).Train(other, progress: null, CancellationToken.None));

        Assert.Equal($"Cannot resume from '{CheckpointFile}': it belongs to a training with other settings; repeat those, or delete the file to start anew.", fault.Message);
        Assert.Equal(before, File.ReadAllBytes(CheckpointFile));
    }

    [Fact]
    public void Checkpoint_that_is_cut_short_is_refused()
    {
        var network = ToyTask.Network();
        InterruptAfter(2, network, []);
        File.WriteAllBytes(CheckpointFile, File.ReadAllBytes(CheckpointFile)[..^1]);

        var fault = Assert.Throws<CoppiceException>(() => new Trainer(Options, Data).Train(network, progress: null, CancellationToken.None));

        Assert.StartsWith($"Cannot read '{CheckpointFile}': it is no whole safetensors file (", fault.Message, StringComparison.Ordinal);
        Assert.EndsWith("delete it to start anew.", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("no json")]
    [InlineData("null")]
    public void File_of_tensors_without_a_position_is_no_checkpoint(string? position)
    {
        var metadata = position is null ? [] : new Dictionary<string, string> { ["coppice"] = position };
        SafeTensors.Save(CheckpointFile, new Dictionary<string, SafeTensor>(), metadata);

        var fault = Assert.Throws<CoppiceException>(() => Checkpoint.Load(CheckpointFile));

        Assert.Equal($"Cannot resume from '{CheckpointFile}': it is no checkpoint of a training; delete it to start anew.", fault.Message);
    }

    /// <summary>A training of three epochs of five iterations cannot stand there.</summary>
    [Theory]
    [InlineData(4, 0)]
    [InlineData(0, 6)]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    public void Position_outside_of_the_training_is_refused(int epoch, int iteration)
    {
        var network = ToyTask.Network();
        InterruptAfter(2, network, []);
        var checkpoint = Checkpoint.Load(CheckpointFile);
        (checkpoint with { Position = checkpoint.Position with { Epoch = epoch, Iteration = iteration } }).Save(CheckpointFile);

        var fault = Assert.Throws<CoppiceException>(() => new Trainer(Options, Data).Train(network, progress: null, CancellationToken.None));

        Assert.StartsWith($"Cannot resume from '{CheckpointFile}': it stands at epoch {epoch}, iteration {iteration}, of a training with ", fault.Message, StringComparison.Ordinal);
    }

    private void InterruptAfter(int iterations, Network network, List<double> losses)
    {
        using var cancellation = new CancellationTokenSource();
        int count = 0;
        var progress = new ActionProgress<TrainingProgress>(report =>
        {
            losses.Add(report.Loss);
            if (++count == iterations)
            {
                cancellation.Cancel();
            }
        });

        Assert.ThrowsAny<OperationCanceledException>(() => new Trainer(Options, Data).Train(network, progress, cancellation.Token));
        Assert.True(File.Exists(CheckpointFile));
    }
}
