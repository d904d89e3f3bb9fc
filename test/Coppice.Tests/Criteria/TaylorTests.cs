using System.Globalization;
using Coppice.Criteria;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Tensors;
using Coppice.Tests.Graph;
using Coppice.Tests.Oracles;
using Coppice.Tests.PruningMethods;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;

namespace Coppice.Tests.Criteria;

/// <summary>Squared gradients of gates (Molchanov et al., 2019).</summary>
public sealed class TaylorTests() : LeakCheck(scoped: false)
{
    /// <summary>
    /// γ = (2, 3), β = (1, −1), gradients (0.5, 1) and (4, 2): gates 2 · ½ + 1 · 4 = 5 and 3 · 1 − 1 · 2 = 1. Filters in front of a batch normalisation do not count;
    /// those of the layer without one do, with its bias: 1 · 10 + 2 · 20 + 3 · 30 = 140.
    /// </summary>
    [Fact]
    public void Gate_behind_a_batch_normalisation_is_gamma_and_beta_times_their_gradients()
    {
        var draw = new Draw(channels: 1);
        string first = draw.BatchNorm("bn", draw.Conv("conv", "x", filters: 2));
        var units = Scoring.Units(
            draw.Build(draw.Conv("next", first, filters: 1, bias: true)), ("bn.scale", [2, 3]), ("bn.shift", [1, -1]), ("next.weight", [1, 2]), ("next.bias", [3]));
        var gradients = new Dictionary<string, float[]>
        {
            ["conv.weight"] = [100, 100],
            ["bn.scale"] = [0.5f, 1],
            ["bn.shift"] = [4, 2],
            ["next.weight"] = [10, 20],
            ["next.bias"] = [30],
        };

        double[] gates = GateGradients.OfBatch(units, gradients);

        Assert.Equal([5, 1], units.Group("conv").Units.Select(unit => gates[unit]));
        Assert.Equal([140], units.Group("next").Units.Select(unit => gates[unit]));
    }

    /// <summary>(3² + 1²) / 2 and (0² + 4²) / 2: squares are averaged, gradients of different signs do not cancel.</summary>
    [Fact]
    public void Score_is_the_mean_over_batches_of_squared_gates()
    {
        var draw = new Draw(channels: 1);
        var units = Scoring.Units(draw.Build(draw.Conv("next", draw.Conv("conv", "x", filters: 2), filters: 1)));
        var (first, second) = (new double[units.UnitCount], new double[units.UnitCount]);
        int[] channels = [.. units.Group("conv").Units];
        (first[channels[0]], first[channels[1]]) = (3, 0);
        (second[channels[0]], second[channels[1]]) = (-1, 4);

        double[] scores = new Taylor().Score(new(units) { Gates = new([first, second]) }, units.Group("conv"));

        Assert.Equal([5, 8], scores);
    }

    [Fact]
    public void Score_without_gradients_says_what_is_missing()
    {
        var draw = new Draw();
        var units = Scoring.Units(draw.Build(draw.Conv("next", draw.Conv("conv", "x", filters: 2), filters: 1)));

        Assert.Equal(
            "Cannot score by taylor without data: it needs gradients of the loss on images; give --data.",
            Assert.Throws<CoppiceException>(() => new Taylor().Score(units, "conv")).Message);
    }

    [Fact]
    public async Task Method_without_data_says_how_to_give_them()
    {
        var fault = await Assert.ThrowsAsync<CoppiceException>(
            () => PruningMethodTable.Find("taylor", new()).RunAsync(new() { Network = ToyTask.Network(), Target = MacTarget.Parse("50%") }, CancellationToken.None));

        Assert.Equal("Cannot score by 'taylor' without data: it needs gradients of the loss on images; give --data, as in --data fashion-mnist.", fault.Message);
    }

    /// <summary>The gates that parameters' gradients tell are those that autograd finds where a gate is really put behind each batch normalisation, or layer without one.</summary>
    [Fact]
    public void Gates_are_those_of_pytorch()
    {
        using var scope = new TensorScope();
        var network = ToyTask.Network();
        var units = ChannelUnits.Analyze(network);
        long[] shape = [4, 1, 9, 9];
        long[] labels = [0, 1, 2, 1];

        double[] gates = GateGradients.OfBatch(units, Gradients(network, shape, labels));

        double[][] expected = Oracle(network, shape, labels, "bn2", "hidden");
        AssertClose(expected[0], units.Group("conv2").Units.Select(unit => gates[unit]));
        AssertClose(expected[1], units.Group("hidden").Units.Select(unit => gates[unit]));
    }

    /// <summary>conv1 and conv3 meet in an addition: one gate stands for those behind both of their batch normalisations.</summary>
    [Fact]
    public void Gate_of_channels_that_meet_in_an_addition_is_the_sum_of_their_gates()
    {
        using var scope = new TensorScope();
        var network = ToyTask.Network();
        var units = ChannelUnits.Analyze(network);
        long[] shape = [4, 1, 9, 9];
        long[] labels = [2, 1, 0, 0];

        double[] gates = GateGradients.OfBatch(units, Gradients(network, shape, labels));

        double[][] expected = Oracle(network, shape, labels, "bn1", "bn3");
        AssertClose([.. expected[0].Zip(expected[1], (first, second) => first + second)], units.Group("conv1").Units.Select(unit => gates[unit]));
    }

    /// <summary>The pass over data gives one number per batch and leaves the network as it was.</summary>
    [Fact]
    public async Task Pass_over_images_gives_a_gate_for_each_batch()
    {
        using var small = new SmallProblem();
        var units = ChannelUnits.Analyze(small.Problem.Network);
        var before = small.Problem.Network.Parameters.ToDictionary(entry => entry.Key, entry => NetworkAssert.Describe(entry.Value));

        var first = await small.Problem.ScoringAsync(new Taylor(), units, CancellationToken.None);
        var second = await small.Problem.ScoringAsync(new Taylor(), units, CancellationToken.None);

        Assert.Equal(2, first.Gates!.Batches.Length);
        Assert.Equal(first.Gates.Batches.SelectMany(batch => batch), second.Gates!.Batches.SelectMany(batch => batch));
        Assert.NotEqual(first.Gates.Batches[0], first.Gates.Batches[1]);
        Assert.Equal(before, small.Problem.Network.Parameters.ToDictionary(entry => entry.Key, entry => NetworkAssert.Describe(entry.Value)));
    }

    private static Dictionary<string, float[]> Gradients(Network network, long[] shape, long[] labels)
    {
        using var program = NetworkProgram.Compile(network, new() { Mode = ExecutionMode.Training });
        float[] images = [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(i => (float)Math.Sin(0.37 * i))];
        program.Run(Tensor.FromArray(images, shape)).CrossEntropy(Tensor.FromArray(labels, labels.Length)).Backward();
        return program.Learned.ToDictionary(entry => entry.Key, entry => entry.Value.Grad!.ToArray<float>());
    }

    private static double[][] Oracle(Network network, long[] shape, long[] labels, params string[] gated)
    {
        using var folder = new TemporaryFolder();
        OnnxWriter.Write(network, folder.File("model.onnx"));
        string output = TrainingOracle.Python3("taylor_oracle.py", [folder.File("model.onnx"), string.Join('x', shape), string.Join(',', labels), .. gated]);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray())];
    }

    private static void AssertClose(double[] expected, IEnumerable<double> actual)
    {
        double largest = expected.Max(Math.Abs);
        Assert.True(largest > 1e-3, $"The oracle's gates are all below {largest}: they would tell nothing.");
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * largest));
        Assert.Equal(expected.Length, actual.Count());
    }
}
