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

    /// <summary>Networks with concatenations and depthwise convolutions, on images of 16 pixels, without kinks for the reason below.</summary>
    [Theory]
    [InlineData("googlenet-cifar")]
    [InlineData("densenet40")]
    [InlineData("mobilenetv1-cifar")]
    [InlineData("mobilenetv2-cifar")]
    [InlineData("mobilenetv2-cifar-kuangliu")]
    public void One_step_has_pytorchs_loss_and_gradients(string name)
    {
        var task = new Task(WithoutKinks(ModelCatalog.Build(name, new() { InputSize = 16, Seed = 1 })));
        using var program = NetworkProgram.Compile(task.Network, new() { Mode = ExecutionMode.Training });

        var expected = task.Oracle(program, steps: 1);

        var loss = program.Run(Tensor.FromArray(task.Inputs, task.Shape)).CrossEntropy(Tensor.FromArray(task.Labels, Images), Options.LabelSmoothing);
        loss.Backward();
        Assert.Equal(expected.Losses[0], loss.Item(), 1e-4);
        double largest = expected.Gradients.Values.Max(gradient => gradient.Max(Math.Abs));
        foreach (var (parameter, weight) in program.Learned)
        {
            float[] gradient = weight.Grad!.ToArray<float>();
            Assert.All(expected.Gradients[parameter].Zip(gradient), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * largest));
        }
    }

    /// <summary>clip(w · x) of −1, 3 and 7 between 0 and 6 with w = 1: only 3 is between them, so ∂ Σ y / ∂w = 3.</summary>
    [Fact]
    public void Clip_passes_gradients_between_its_bounds_alone()
    {
        var relu6 = new NetworkBuilder("clip", new(1, 1, 3), InitializationScheme.ResNet).Convolution("conv", filters: 1, kernel: 1).Relu6("relu6").Build();
        using var program = NetworkProgram.Compile(
            relu6.WithParameters(new Dictionary<string, HostTensor> { ["conv.weight"] = HostTensor.FromFloats(new(1, 1, 1, 1), [1]) }), new() { Mode = ExecutionMode.Training });

        var output = program.Run(Tensor.FromArray([-1f, 3, 7], 1, 1, 1, 3));
        output.Sum().Backward();

        Assert.Equal([0, 3, 6], output.ToArray<float>());
        Assert.Equal([3], program.Learned.Single().Value.Grad!.ToArray<float>());
    }

    /// <summary>
    /// Tanh in place of ReLU: where an activation lies within rounding of a kink, single precision takes the other branch now and then, and after some steps no tolerance
    /// would mean anything (PyTorch's own single precision is then off by a hundredth).
    /// </summary>
    [Fact]
    public void Steps_with_momentum_and_decay_go_where_pytorch_goes()
    {
        var task = new Task(WithoutKinks(ModelCatalog.Build("resnet20", new() { Seed = 1 })));
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

    /// <summary>Tanh for ReLU, ReLU6 and for max-pooling that keeps the size of its map, means of 2 × 2 for max-pooling that halves it.</summary>
    private static Network WithoutKinks(Network network) => network.With([.. network.Nodes.Select(WithoutKink)], network.Parameters);

    private static Node WithoutKink(Node node) => node.OperatorType switch
    {
        "Relu" or "Clip" => node with { OperatorType = "Tanh", Inputs = node.Inputs[..1] },
        "MaxPool" when node.Attributes.Integers("strides")![0] == 1 => node with { OperatorType = "Tanh", Attributes = NodeAttributes.None },
        "MaxPool" => node with { OperatorType = "AveragePool", Attributes = NodeAttributes.None.With("kernel_shape", [2, 2]).With("strides", [2, 2]) },
        _ => node,
    };

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
