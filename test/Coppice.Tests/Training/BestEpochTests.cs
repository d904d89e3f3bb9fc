using Coppice.Graph.Execution;
using Coppice.Tensors;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;
using Coppice.Training;

namespace Coppice.Tests.Training;

public sealed class BestEpochTests : LeakCheck
{
    /// <summary>A rate at which accuracy goes up and down; every epoch measured anew, the first of the best ones must be what is kept.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void First_of_the_epochs_with_the_highest_accuracy_is_kept(ulong seed)
    {
        using var images = TensorBatches.Load(ToyTask.Training(90, seed: 7), ToyTask.Normalization, 30, Device.Cpu);
        var best = new BestEpoch(images, Device.Cpu, CancellationToken.None);
        var recorder = new Recorder();
        var options = new TrainingOptions { Epochs = 6, BatchSize = 12, LearningRate = 0.3, Schedule = new StepSchedule([]), Precision = Precision.Float32, Seed = seed };

        new Trainer(options, new(ToyTask.Training(), ToyTask.Normalization) { Hooks = [best, recorder] }).Train(ToyTask.Network(seed), progress: null, CancellationToken.None);

        double[] accuracies = [.. recorder.Epochs.Select(network => Classifier.Evaluate(network, images, Precision.Float32, Device.Cpu, CancellationToken.None).Accuracy)];
        Assert.True(accuracies.Distinct().Count() > 1, "All epochs are alike: the test would show nothing.");
        NetworkAssert.Equal(recorder.Epochs[accuracies.IndexOf(accuracies.Max())], best.Network!);
    }
}
