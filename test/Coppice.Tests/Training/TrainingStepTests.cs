using Coppice.Data;
using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Tests.Oracles;
using Coppice.Tests.Tensors;
using Coppice.Training;

namespace Coppice.Tests.Training;

/// <summary>Training against PyTorch: the same weights, the same batch, the same numbers.</summary>
public sealed class TrainingStepTests : LeakCheck
{
    private const int Images = 8;
    private const int Steps = 3;

    private static readonly TrainingOptions Options = new()
    {
        Epochs = Steps,
        BatchSize = Images,
        LearningRate = 0.01,
        Schedule = new StepSchedule([]),
        WeightDecay = 0.01,
        LabelSmoothing = 0.1,
        Precision = Precision.Float32,
    };

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    public void Resnet20_trains_as_in_pytorch(int channels)
    {
        var network = ModelCatalog.Build("resnet20", new() { InputChannels = channels, InputSize = channels == 1 ? 28 : 32, Seed = 1 });
        var data = Batch(channels, channels == 1 ? 28 : 32);
        var normalization = new Normalization([.. Enumerable.Repeat(0.5f, channels)], [.. Enumerable.Repeat(0.25f, channels)]);
        using var program = NetworkProgram.Compile(network, new() { Mode = ExecutionMode.Training });
        string[] learned = [.. program.Learned.Select(entry => entry.Key)];
        string[] statistics = [.. program.Statistics.Select(entry => entry.Key)];
        float[] images = [.. data.Pixels.ToArray().Select((pixel, i) => normalization.Apply(i / (data.Height * data.Width) % channels, pixel))];
        long[] shape = [Images, channels, data.Height, data.Width];
        long[] labels = [.. data.Labels.ToArray().Select(label => (long)label)];

        var expected = TrainingOracle.Run(network, images, shape, labels, learned, statistics, Options, Steps);

        var loss = program.Run(Tensor.FromArray(images, shape)).CrossEntropy(Tensor.FromArray(labels, Images), Options.LabelSmoothing);
        loss.Backward();
        Assert.Equal(expected.Losses[0], loss.Item(), 1e-4);
        foreach (var (name, weight) in program.Learned)
        {
            AssertClose(name, expected.Gradients[name], weight.Grad!.ToArray<float>());
        }

        var losses = new List<double>();
        var trained = new Trainer(Options, new(DataSubset.All(data, Split.Train), normalization))
            .Train(network, new ActionProgress<TrainingProgress>(report => losses.Add(report.Loss)), CancellationToken.None);
        Assert.All(expected.Losses.Zip(losses), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        Assert.Equal(Steps, losses.Count);
        foreach (var (name, values) in expected.Parameters)
        {
            AssertClose(name, values, trained.Parameters[name].Floats().ToArray());
        }
    }

    /// <summary>
    /// w = 2 (two axes), b = 1 (one axis), both with gradient 1, lr 0.1, μ 0.5, wd 0.1, twice. For w: g = 1 + 0.2 = 1.2 and v = 1.2; without Nesterov w = 2 − 0.12 = 1.88;
    /// then g = 1.188, v = 0.6 + 1.188 = 1.788, w = 1.7012. For b there is no decay: v = 1, b = 0.9; v = 1.5, b = 0.75.
    /// </summary>
    [Fact]
    public void Plain_momentum_follows_the_formula_and_decays_matrices_alone()
    {
        var weight = Tensor.FromArray([2f], 1, 1);
        var bias = Tensor.FromArray([1f], 1);
        (weight.RequiresGrad, bias.RequiresGrad) = (true, true);
        using var sgd = new Sgd([new("w", weight), new("b", bias)], new() { Momentum = 0.5, WeightDecay = 0.1, Nesterov = false });

        for (int step = 0; step < 2; step++)
        {
            sgd.ZeroGradients();
            weight.Sum().Add(bias.Sum()).Backward();
            sgd.Step(0.1);
        }

        Assert.Equal(1.7012, weight.Item(), 1e-6);
        Assert.Equal(0.75, bias.Item(), 1e-6);
        Assert.Equal([1.788, 1.5], sgd.Velocities.Select(entry => Math.Round(entry.Value.Item(), 6)));
    }

    private static ImageDataset Batch(int channels, int size)
    {
        var rng = Rng.For(1, 2);
        return new(
            "batch",
            [.. Enumerable.Range(0, Images * channels * size * size).Select(_ => (byte)rng.Next(256))],
            [.. Enumerable.Range(0, Images).Select(i => i * 3 % 10)],
            new(channels, size, size),
            [.. Enumerable.Range(0, 10).Select(i => $"{i}")]);
    }

    private static void AssertClose(string name, double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Max(Math.Abs);
        double worst = expected.Zip(actual).Max(pair => Math.Abs(pair.First - pair.Second));
        Assert.True(worst <= 1e-4 * largest, $"'{name}' differs from PyTorch's by {worst}; its largest number is {largest}.");
    }
}
