using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Pruning;
using Coppice.Tensors;
using Coppice.Tests.Data;
using Coppice.Tests.Execution;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;
using Coppice.Training;
using Coppice.Training.Distillations;

namespace Coppice.Tests.Training.Distillations;

/// <summary>Whole trainings with a teacher, of a student that was cut out of it: what every distillation of the table does, also one that is added.</summary>
public sealed class DistilledTrainingTests : LeakCheck
{
    private static readonly TrainingOptions Options = new() { Epochs = 2, BatchSize = 12, LearningRate = 0.02, Precision = Precision.Float32, WeightDecay = 0.1 };

    private static readonly PruningPlan Plan = new("toy", [new("conv1", 6, [0, 2, 3, 5]), new("conv2", 8, [1, 2, 4, 7])]);

    private static readonly ChannelUnits Units = ChannelUnits.Analyze(ToyTask.Network(seed: 3));

    private static readonly TrainingData Data = new(ToyTask.Training(), ToyTask.Normalization) { Teacher = Units.Network, TeacherChannels = ChannelProvenance.Of(Units, Plan) };

    public static TheoryData<string> Sums => [.. DistillationTable.All.Select(entry => entry.Name), "kd+at", "fsp+kd+at"];

    [Theory]
    [MemberData(nameof(Sums))]
    public void Teacher_takes_part_and_an_interrupted_training_gives_the_bits_of_an_unbroken_one(string names)
    {
        using var folder = new TemporaryFolder();
        var options = Options with { Distillation = Sum(names) };
        var student = Pruner.Apply(Units, Plan);

        var alone = Train(Options, Data with { Teacher = null });
        var taught = Train(options, Data);
        var checkpointed = Data with { CheckpointPath = folder.File("checkpoint") };
        using var cancellation = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => new Trainer(options, checkpointed).Train(student, new ActionProgress<TrainingProgress>(_ => cancellation.Cancel()), cancellation.Token));

        NetworkAssert.Equal(taught, Train(options, checkpointed));
        Assert.NotEqual(alone.Parameters["conv1.weight"].Floats().ToArray(), taught.Parameters["conv1.weight"].Floats().ToArray());
        Assert.Equal(student.Outputs, taught.Outputs);
    }

    /// <summary>Nothing upstream of the two maps was cut, so the student computes there what its teacher does: no loss but by rounding, and some once the indices are wrong.</summary>
    [Fact]
    public void Student_that_only_lost_channels_has_no_loss_where_it_is_compared()
    {
        var plan = new PruningPlan("toy", [new("conv2", 8, [1, 2, 4, 7])]);
        var (student, kept) = (Pruner.Apply(Units, plan), ChannelProvenance.Of(Units, plan));

        var right = Flow(student, kept["relu2"]);
        var wrong = Flow(student, [0, 1, 2, 3]);

        Assert.Equal([1, 2, 4, 7], kept["relu2"].AsEnumerable());
        Assert.InRange(right, 0, 1e-10);
        Assert.InRange(wrong, 1e-4, double.PositiveInfinity);
    }

    /// <summary>10 iterations, the first half FSP alone: the layers behind the last map keep their values, decay included; the loss of the others falls.</summary>
    [Fact]
    public void First_stage_trains_what_the_maps_see_and_leaves_the_classifier()
    {
        var recorder = new Recorder();
        var reports = new List<TrainingProgress>();
        var fsp = new FspDistillation { FirstStageShare = 0.5, FirstStageRateFactor = 0.5 };
        var options = Options with { Distillation = fsp, Schedule = new StepSchedule([0.5]) };

        var trained = Train(options, Data with { Hooks = [recorder] }, new ActionProgress<TrainingProgress>(reports.Add));

        var (start, first) = (Pruner.Apply(Units, Plan), recorder.Epochs[0]);
        Assert.All(["hidden.weight", "logits.weight", "logits.bias"], name => Assert.Equal(Values(start, name), Values(first, name)));
        Assert.All(["conv1.weight", "bn3.weight"], name => Assert.NotEqual(Values(start, name), Values(first, name)));
        Assert.NotEqual(Values(start, "logits.weight"), Values(trained, "logits.weight"));
        Assert.Equal([0.01, 0.01, 0.01, 0.01, 0.01, 0.02, 0.02, 0.02, 0.002, 0.002], reports.Select(report => Math.Round(report.LearningRate, 9)));
    }

    /// <summary>5 iterations of each stage; in the first one nothing moves the classifier, and its end stops everything.</summary>
    [Fact]
    public void Second_stage_starts_without_the_momentum_of_the_first()
    {
        var recorder = new Recorder();

        Train(Options with { Distillation = new FspDistillation { FirstStageShare = 0.5 } }, Data with { Hooks = [recorder] });

        Assert.Equal([0, 1, 1, 1, 1, 0, 1, 1, 1, 1], recorder.Speeds("conv1.weight").Select(speed => speed > 0 ? 1 : 0));
        Assert.Equal([0, 0, 0, 0, 0, 0, 1, 1, 1, 1], recorder.Speeds("logits.weight").Select(speed => speed > 0 ? 1 : 0));
    }

    [Fact]
    public void Flows_alone_bring_the_student_nearer_to_its_teacher()
    {
        var losses = new List<double>();
        var options = Options with { Epochs = 12, LearningRate = 0.05, WeightDecay = 0, Distillation = new FspDistillation { FirstStageShare = 0.99, FirstStageRateFactor = 1 } };

        Train(options, Data, new ActionProgress<TrainingProgress>(report => losses.Add(report.Loss)));

        Assert.InRange(losses[54], 0, losses[4] / 2);
    }

    private static Distillation Sum(string names) => DistillationTable.Sum(DistillationTable.ParseNames(names).Select(name => DistillationTable.All.First(entry => entry.Name == name).Standard));

    private static Network Train(TrainingOptions options, TrainingData data, IProgress<TrainingProgress>? progress = null) =>
        new Trainer(options, data).Train(Pruner.Apply(Units, Plan), progress, CancellationToken.None);

    private static float[] Values(Network network, string name) => network.Parameters[name].Floats().ToArray();

    /// <summary>FSP between relu1 and relu2, both networks evaluated with stored statistics.</summary>
    private static double Flow(Network student, System.Collections.Immutable.ImmutableArray<int> kept)
    {
        var images = Executing.Images(student, count: 3);
        var taps = new FeatureTaps([], [new(new("relu1", "relu1"), new("relu2", "relu2") { Kept = kept })]);
        return new FspDistillation().Term(new(Answer(student, images), Answer(Units.Network, images), taps, new(true, 0))).Item();
    }

    private static NetworkAnswer Answer(Network network, Tensor images)
    {
        string[] maps = ["relu1", "relu2"];
        using var program = NetworkProgram.Compile(network.WithOutputs([.. network.Outputs, .. maps.Select(map => new NetworkValue(map, ElementType.Float32, default))], network.Nodes), new());
        var outputs = program.Run(new Dictionary<string, Tensor> { ["input"] = images });
        return new(outputs[0], maps.Zip(outputs.Skip(1)).ToDictionary(pair => pair.First, pair => pair.Second));
    }
}
