using Coppice.Data;
using Coppice.Graph;
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
    public void One_step_of_resnet20_has_pytorchs_loss_and_gradients(int channels)
    {
        var task = new Task(ModelCatalog.Build("resnet20", new() { InputChannels = channels, InputSize = channels == 1 ? 28 : 32, Seed = 1 }));
        using var program = NetworkProgram.Compile(task.Network, new() { Mode = ExecutionMode.Training });

        var expected = task.Oracle(program, steps: 1);

        var loss = program.Run(Tensor.FromArray(task.Inputs, task.Shape)).CrossEntropy(Tensor.FromArray(task.Labels, Images), Options.LabelSmoothing);
        loss.Backward();
        Assert.Equal(expected.Losses[0], loss.Item(), 1e-4);
        foreach (var (name, weight) in program.Learned)
        {
            AssertClose(name, expected.Gradients[name], weight.Grad!.ToArray<float>());
        }
    }

    /// <summary>
    /// Tanh in place of ReLU: where an activation lies within rounding of a kink, single precision takes the other branch now and then, and after some steps no tolerance
    /// would mean anything (PyTorch's own single precision is then off by a hundredth).
    /// </summary>
    [Fact]
    public void Steps_with_momentum_and_decay_go_where_pytorch_goes()
    {
        var network = ModelCatalog.Build("resnet20", new() { Seed = 1 });
        var task = new Task(network.With([.. network.Nodes.Select(node => node.OperatorType == "Relu" ? node with { OperatorType = "Tanh" } : node)], network.Parameters));
        using var program = NetworkProgram.Compile(task.Network, new() { Mode = ExecutionMode.Training });

        var expected = task.Oracle(program, Steps);

        var losses = new List<double>();
        var trained = new Trainer(Options, new(DataSubset.All(task.Data, Split.Train), task.Normalization))
            .Train(task.Network, new ActionProgress<TrainingProgress>(report => losses.Add(report.Loss)), CancellationToken.None);
        Assert.Equal(Steps, losses.Count);
        Assert.All(expected.Losses.Zip(losses), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
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

    private static void AssertClose(string name, double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Max(Math.Abs);
        double worst = expected.Zip(actual).Max(pair => Math.Abs(pair.First - pair.Second));
        Assert.True(worst <= 1e-4 * largest, $"'{name}' differs from PyTorch's by {worst}; its largest number is {largest}.");
    }

    /// <summary>A network with a batch of noise to train it on.</summary>
    private sealed class Task
    {
        public Task(Network network)
        {
            Network = network;
            var input = network.Inputs[0].Dimensions;
            var (channels, size) = ((int)input[1].Extent!, (int)input[2].Extent!);
            Data = Batch(channels, size);
            Normalization = new([.. Enumerable.Repeat(0.5f, channels)], [.. Enumerable.Repeat(0.25f, channels)]);
            Inputs = [.. Data.Pixels.ToArray().Select((pixel, i) => Normalization.Apply(i / (size * size) % channels, pixel))];
            Labels = [.. Data.Labels.ToArray().Select(label => (long)label)];
            Shape = [Images, channels, size, size];
        }

        public Network Network { get; }

        public ImageDataset Data { get; }

        public Normalization Normalization { get; }

        public float[] Inputs { get; }

        public long[] Labels { get; }

        public long[] Shape { get; }

        public TrainingOracle Oracle(NetworkProgram program, int steps) => TrainingOracle.Run(
            Network, Inputs, Shape, Labels, [.. program.Learned.Select(entry => entry.Key)], [.. program.Statistics.Select(entry => entry.Key)], Options, steps);

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
    }
}
