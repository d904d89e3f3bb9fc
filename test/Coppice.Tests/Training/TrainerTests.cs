using Coppice.Data;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Tensors;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;
using Coppice.Training;
using Coppice.Training.Distillations;

namespace Coppice.Tests.Training;

public sealed class TrainerTests : LeakCheck
{
    private static readonly TrainingOptions Options = new()
    {
        Epochs = 2,
        BatchSize = 12,
        LearningRate = 0.05,
        Precision = Precision.Float32,
        Augmentation = new() { PadCrop = 1, HorizontalFlip = 0 },
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Same_seed_gives_the_same_bits_and_another_seed_others(bool dropout)
    {
        var network = ToyTask.Network(dropout: dropout);

        var first = Train(Options, network);
        TorchRuntime.Seed(99); // what else draws from libtorch's generator must not matter
        var second = Train(Options, network);
        var other = Train(Options with { Seed = 2 }, network);

        NetworkAssert.Equal(first, second);
        Assert.NotEqual(first.Parameters["conv1.weight"].Floats().ToArray(), other.Parameters["conv1.weight"].Floats().ToArray());
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void Task_is_learned(Precision precision)
    {
        var trained = Train(Options with { Epochs = 5, Precision = precision }, ToyTask.Network());

        Assert.InRange(Accuracy(trained), 0.95, 1);
        Assert.InRange(Accuracy(ToyTask.Network()), 0, 0.7);
    }

    [Fact]
    public void No_epochs_leave_the_network_as_it_is()
    {
        var network = ToyTask.Network();

        Assert.Same(network, Train(Options with { Epochs = 0 }, network));
    }

    /// <summary>All labels say 0, but the student listens to its teacher alone, who knows better.</summary>
    [Fact]
    public void Student_learns_from_its_teacher_what_the_labels_do_not_say()
    {
        var teacher = Train(Options with { Epochs = 5 }, ToyTask.Network());
        var right = ToyTask.Images(60);
        var wrong = new ImageDataset("wrong", right.Pixels.ToArray(), new int[60], right.Shape, right.ClassNames);
        var options = Options with { Epochs = 8, Distillation = new KnowledgeDistillation { Weight = 1, Temperature = 2 } };

        var student = new Trainer(options, new(DataSubset.All(wrong, Split.Train), ToyTask.Normalization) { Teacher = teacher })
            .Train(ToyTask.Network(seed: 2), progress: null, CancellationToken.None);

        Assert.InRange(Accuracy(student), 0.9, 1);
    }

    [Fact]
    public void Loss_that_is_no_number_stops_the_training_with_the_way_out()
    {
        var network = ToyTask.Network();
        network = network.WithParameters(new Dictionary<string, HostTensor> { ["logits.bias"] = HostTensor.FromFloats(new(3), [1, float.NaN, 1]) });

        var fault = Assert.Throws<CoppiceException>(() => Train(Options, network));

        Assert.Equal("Cannot go on training: the loss became NaN in epoch 1; lower --lr (it is 0.05) or check the data.", fault.Message);
    }

    /// <summary>60 images in batches of 12 make 5 iterations; the last one of an epoch ends it.</summary>
    [Fact]
    public void Progress_counts_iterations_and_epochs()
    {
        var reports = new List<TrainingProgress>();

        Train(Options with { Schedule = new StepSchedule([0.5]) }, ToyTask.Network(), new ActionProgress<TrainingProgress>(reports.Add));

        Assert.Equal(
            [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5)],
            reports.Select(report => (report.Epoch, report.Iteration)));
        Assert.Equal([5, 10], reports.Select((report, i) => report.IsEndOfEpoch ? i + 1 : 0).Where(i => i > 0));
        Assert.All(reports, report => Assert.Equal((2, 5), (report.Epochs, report.Iterations)));
        Assert.Equal([0.05, 0.005], reports.Select(report => Math.Round(report.LearningRate, 9)).Distinct());
        Assert.Equal(5, reports.FindIndex(report => report.LearningRate < 0.01));
        Assert.Equal(TimeSpan.Zero, reports[^1].Remaining);
        Assert.All(reports, report => Assert.True(report.ImagesPerSecond > 0 && double.IsFinite(report.Loss)));
    }

    [Fact]
    public void Options_out_of_range_are_refused_before_any_work() =>
        Assert.Throws<CoppiceException>(() => new Trainer(Options with { BatchSize = 0 }, new(ToyTask.Training(), ToyTask.Normalization)));

    private static Network Train(TrainingOptions options, Network network, IProgress<TrainingProgress>? progress = null) =>
        new Trainer(options, new(ToyTask.Training(), ToyTask.Normalization)).Train(network, progress, CancellationToken.None);

    private static double Accuracy(Network network) => Classifier.Evaluate(
        network, DataSubset.All(ToyTask.Images(90, seed: 7), Split.Test), ToyTask.Normalization, Precision.Float32, Device.Cpu, CancellationToken.None).Accuracy;
}
