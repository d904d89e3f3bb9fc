using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Pruning;
using Coppice.Tensors;
using Coppice.Tests.Graph;
using Coppice.Tests.Pruning;
using Coppice.Tests.Tensors;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Coppice.Tests.Execution;

/// <summary>What holds for every network, on generated ones.</summary>
[Properties(Arbitrary = [typeof(TangledNetworks)], Replay = "314159265358979323,84626433832795029")]
public sealed class NetworkProgramPropertyTests : LeakCheck
{
    [Property(MaxTest = 300)]
    public void Program_computes_what_the_plain_interpreter_does(int[] choices)
    {
        using var scope = new TensorScope();
        var network = TangledNetworks.FromChoices(choices);
        var images = Executing.Images(network);

        float[][] expected = Executing.RunPlainly(network, images);

        Executing.AssertClose(expected, Executing.Run(network, images), 1e-5);
    }

    /// <summary>Without folding, with fused batch normalisations, on the statistics of the batch, which magnify rounding where a channel hardly varies.</summary>
    [Property(MaxTest = 150)]
    public void Program_for_training_computes_what_the_plain_interpreter_does(int[] choices)
    {
        using var scope = new TensorScope();
        var network = TangledNetworks.FromChoices(choices);
        var images = Executing.Images(network, count: 3);

        float[][] expected = Executing.RunPlainly(network, images, batchStatistics: true);

        Executing.AssertClose(expected, Executing.Run(network, images, new() { Mode = ExecutionMode.Recalibration }), 1e-3);
    }

    /// <summary>Neither the input nor a parameter is overwritten: the second run gives the same bits.</summary>
    [Property(MaxTest = 100)]
    public void Second_run_gives_the_bits_of_the_first(int[] choices)
    {
        using var scope = new TensorScope();
        var network = TangledNetworks.FromChoices(choices);
        var inputs = new Dictionary<string, Tensor> { ["x"] = Executing.Images(network) };
        float[] before = inputs["x"].ToArray<float>();
        using var program = NetworkProgram.Compile(network, new());

        float[][] first = [.. program.Run(inputs).Select(output => output.ToArray<float>())];
        float[][] second = [.. program.Run(inputs).Select(output => output.ToArray<float>())];

        Assert.Equal(first, second);
        Assert.Equal(before, inputs["x"].ToArray<float>());
    }

    /// <summary>While a program runs it holds what it still needs, and afterwards its outputs alone.</summary>
    [Property(MaxTest = 50)]
    public void Run_leaves_its_outputs_and_nothing_else(int[] choices)
    {
        using var scope = new TensorScope();
        var network = TangledNetworks.FromChoices(choices);
        var inputs = new Dictionary<string, Tensor> { ["x"] = Executing.Images(network) };
        using var program = NetworkProgram.Compile(network, new());
        long before = TorchRuntime.LiveTensors;

        var outputs = program.Run(inputs);

        Assert.Equal(before + outputs.Length, TorchRuntime.LiveTensors);
    }
}

/// <summary>The promise of pruning: the smaller network computes what the original does with the removed channels zeroed.</summary>
[Properties(Arbitrary = [typeof(NetworkChoices)], Replay = "161803398874989484,82045868343656381")]
public sealed class MaskedEqualsSlicedTests : LeakCheck
{
    [Property(MaxTest = 250)]
    public void Sliced_network_computes_what_the_masked_one_does(int[] choices, int seed, bool selections)
    {
        using var scope = new TensorScope();
        var units = ChannelUnits.Analyze(Executing.Softened(NetworkGenerator.FromChoices(choices)), selections: selections);
        var plan = NetworkGenerator.Plan(units, seed);
        var images = Executing.Images(units.Network);

        float[][] masked = Executing.Run(Pruner.ZeroOut(units, plan), images);
        float[][] sliced = Executing.Run(Pruner.Apply(units, plan), images);

        Executing.AssertClose(masked, sliced, 1e-5);
    }

    /// <summary>Weights of −1, 0 and 1 and batch normalisations without a root: every sum is exact, so the order of summation makes no difference.</summary>
    [Fact]
    public void Sliced_network_computes_the_same_numbers_exactly_where_all_weights_are_small_integers()
    {
        int[] exactBlocks = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15];
        int[][] pairs = [.. exactBlocks.SelectMany(first => exactBlocks.Select(second => new[] { first, second }))];
        var (compared, telling) = (0, 0);
        foreach (var (choices, seed) in pairs.Select((choices, i) => (choices, i + 1)))
        {
            using var scope = new TensorScope();
            var network = WithoutRoots(Executing.Map(NetworkGenerator.FromChoices(choices), Ternary));
            var units = ChannelUnits.Analyze(network, selections: seed % 2 == 0);
            var plan = NetworkGenerator.Plan(units, seed);
            var images = Tensor.FromArray(Enumerable.Range(0, 2 * 3 * 8 * 8).Select(i => (float)((i * 5 % 7 % 3) - 1)).ToArray(), 2, 3, 8, 8);
            if (LargestSum(network, images) >= 1 << 18)
            {
                continue;
            }

            compared++;
            float[][] masked = Executing.Run(Pruner.ZeroOut(units, plan), images);
            telling += masked[0].Distinct().Count() > 3 ? 1 : 0;
            Assert.Equal(masked, Executing.Run(Pruner.Apply(units, plan), images));
        }

        Assert.True(compared >= 100, $"Only {compared} of {pairs.Length} networks have sums that single precision holds exactly.");
        Assert.True(telling >= 50, $"Only {telling} of {compared} networks tell images apart.");
    }

    /// <summary>One weight in three is not 0, so that sums stay small.</summary>
    private static float Ternary(string name, float value) => name switch
    {
        _ when name.EndsWith(".var", StringComparison.Ordinal) => 1,
        _ when name.EndsWith(".scale", StringComparison.Ordinal) => 2,
        _ when name.EndsWith(".min", StringComparison.Ordinal) || name.EndsWith(".max", StringComparison.Ordinal) => value,
        _ => value is -3 or 4 ? 1 : value is -4 ? -1 : 0,
    };

    /// <summary>With variance 1 and ε = 3 the root is 2, and the scale of 2 makes the normalisation a subtraction and an addition.</summary>
    private static Network WithoutRoots(Network network) => network.With(
        [.. network.Nodes.Select(node => node.OperatorType == "BatchNormalization" ? node with { Attributes = node.Attributes.With("epsilon", 3f) } : node)],
        network.Parameters);

    /// <summary>
    /// The largest sum of absolute terms anywhere in the network. Below 2^18, 24 bits of mantissa leave 6 for the means over 8 × 8 positions.
    /// </summary>
    private static double LargestSum(Network network, Tensor images)
    {
        var absolute = Executing.Map(network, (name, value) => name.EndsWith(".mean", StringComparison.Ordinal) ? -Math.Abs(value) : Math.Abs(value));
        using var scope = new TensorScope();
        var values = PlainInterpreter.Run(absolute, new Dictionary<string, Tensor> { ["x"] = images.Abs() });
        return values.Values.Max(value => value.Max().Item());
    }
}
