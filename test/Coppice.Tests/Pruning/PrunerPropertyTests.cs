using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Tests.Graph;
using Coppice.Tests.Oracles;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Coppice.Tests.Pruning;

/// <summary>What holds for every network and plan, on generated ones.</summary>
[Properties(Arbitrary = [typeof(NetworkChoices)], MaxTest = 60, Replay = "271828182845904523,60287471352662497")]
public class PrunerPropertyTests
{
    [Property]
    public void Cost_model_equals_the_cost_counted_on_the_pruned_network(int[] choices, int seed, bool selections)
    {
        var units = ChannelUnits.Analyze(NetworkGenerator.FromChoices(choices), selections: selections);
        var plan = NetworkGenerator.Plan(units, seed);

        var pruned = Pruner.Apply(units, plan);

        Assert.Equal(Recount(pruned), CostModel.Create(units).Of(plan.Widths(units)));
    }

    [Property]
    public void Applying_two_plans_equals_applying_their_composition(int[] choices, int seed, bool selections)
    {
        var units = ChannelUnits.Analyze(NetworkGenerator.FromChoices(choices), selections: selections);
        var first = NetworkGenerator.Plan(units, seed, atLeast: 2);
        var pruned = ChannelUnits.Analyze(Pruner.Apply(units, first), selections: selections);
        var second = NetworkGenerator.Plan(pruned, seed + 1, atLeast: 2);

        var inTwoSteps = Pruner.Apply(pruned, second);
        var inOne = Pruner.Apply(units, first.Then(second));

        Assert.Equal(NetworkAssert.WithoutNames(inTwoSteps), NetworkAssert.WithoutNames(inOne));
    }

    [Property]
    public void Original_network_is_not_touched(int[] choices, int seed)
    {
        var network = NetworkGenerator.FromChoices(choices);
        var units = ChannelUnits.Analyze(network);
        byte[] before = OnnxWriter.ToBytes(network);

        Pruner.Apply(units, NetworkGenerator.Plan(units, seed));
        Pruner.ZeroOut(units, NetworkGenerator.Plan(units, seed));

        Assert.Equal(before, OnnxWriter.ToBytes(network));
    }

    [Property]
    public void Zeroed_network_has_zeros_exactly_where_the_pruned_one_has_nothing(int[] choices, int seed, bool selections)
    {
        var units = ChannelUnits.Analyze(NetworkGenerator.FromChoices(choices), selections: selections);
        var plan = NetworkGenerator.Plan(units, seed);

        var zeroed = Pruner.ZeroOut(units, plan);

        // Every weight the generator draws for the layers differs from 0, so what is 0 was zeroed; running means and shifts likewise.
        var pruned = Pruner.Apply(units, plan);
        foreach (var (name, tensor) in zeroed.Parameters.Where(entry => entry.Value.Type == ElementType.Float32))
        {
            float[] remaining = [.. tensor.Floats().ToArray().Where(value => value != 0)];
            Assert.Equal(pruned.Parameters[name].Floats().ToArray(), remaining);
        }
    }

    [Property]
    public void Written_network_is_read_back_equal(int[] choices, int seed, bool selections)
    {
        var units = ChannelUnits.Analyze(NetworkGenerator.FromChoices(choices), selections: selections);
        var pruned = Pruner.Apply(units, NetworkGenerator.Plan(units, seed));

        var read = OnnxReader.Read(OnnxWriter.ToBytes(pruned));

        NetworkAssert.Equal(Rewritten(pruned), Rewritten(read));
        Assert.Equal(OnnxWriter.ToBytes(pruned), OnnxWriter.ToBytes(read));
    }

    /// <summary>The promise of pruning, judged by PyTorch in double precision on what we write: the smaller network computes what the zeroed one does.</summary>
    [Fact]
    public void Pruned_network_computes_what_the_zeroed_one_does()
    {
        // All kinds of blocks on their own, then mixed.
        int[][] networks = [.. Enumerable.Range(0, 26).Select(block => new[] { block }), .. Gen.Sample(NetworkChoices.Arrays().Generator, 6, 30)];
        var pairs = networks.SelectMany((choices, seed) =>
        {
            var units = ChannelUnits.Analyze(NetworkGenerator.FromChoices(choices), selections: seed % 2 == 0);
            var plan = NetworkGenerator.Plan(units, seed + 1);
            return new[] { Pruner.ZeroOut(units, plan), Pruner.Apply(units, plan) };
        });

        double[][] outputs = OnnxOracle.Evaluate(pairs);

        Assert.Equal(2 * networks.Length, outputs.Length);
        foreach (var pair in outputs.Chunk(2))
        {
            double largest = pair[0].Max(Math.Abs);
            Assert.All(pair[0].Zip(pair[1]), values => Assert.Equal(values.First, values.Second, 1e-11 * largest));
        }
    }

    [Fact]
    public void Pruned_networks_pass_the_checker_and_shape_inference_of_onnx()
    {
        var pruned = Gen.Sample(NetworkChoices.Arrays().Generator, 6, 24).Select((choices, seed) =>
        {
            var units = ChannelUnits.Analyze(NetworkGenerator.FromChoices(choices), selections: seed % 2 == 0);
            return Pruner.Apply(units, NetworkGenerator.Plan(units, seed));
        });

        OnnxOracle.AssertValid(pruned);
    }

    /// <summary>Cost from shapes alone: convolutions filters · channels / groups · kernel · positions, fully connected layers in · out.</summary>
    private static Cost Recount(Network network)
    {
        var shapes = ShapeInference.Infer(network);
        long macs = 0, elements = 0;
        var learned = new HashSet<string>();
        foreach (var node in network.Nodes)
        {
            var output = shapes[node.Outputs[0]];
            switch (node.OperatorType)
            {
                case "Conv":
                    macs += output.Length * shapes[node.Inputs[1]].Product(1, 4);
                    learned.UnionWith(node.Inputs.Skip(1));
                    break;
                case "Gemm":
                    macs += shapes[node.Inputs[1]].Length;
                    learned.UnionWith(node.Inputs.Skip(1));
                    break;
                case "BatchNormalization":
                    elements += output.Length;
                    learned.UnionWith(node.Inputs.Skip(1).Take(2));
                    break;
            }
        }

        return new(macs, learned.Sum(name => network.Parameters[name].Shape.Length), elements);
    }

    /// <summary>A network without what only a file has.</summary>
    private static Network Rewritten(Network network) => new(network.Name, network.Inputs, network.Outputs, network.Nodes, network.Parameters) { OperatorSet = network.OperatorSet };
}

/// <summary>Where FsCheck finds the generator.</summary>
public static class NetworkChoices
{
    public static Arbitrary<int[]> Arrays() => NetworkGenerator.Choices();
}
