using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Tests.Oracles;

namespace Coppice.Tests.Graph;

public class BatchNormFoldingTests
{
    /// <summary>γ = 3, β = 1, μ = 2, σ² + ε = 4: s = 1.5. Weight 2 becomes 3, bias 4 becomes (4 − 2) · 1.5 + 1 = 4.</summary>
    [Fact]
    public void Folding_scales_weight_and_bias_by_hand_worked_numbers()
    {
        var network = OneChannel(bias: 4);

        var folded = BatchNormFolding.Apply(network);

        var node = Assert.Single(folded.Nodes);
        Assert.Equal(("Conv", "y"), (node.OperatorType, node.Outputs[0]));
        Assert.Equal([3f], folded.Parameters["w"].Floats().ToArray());
        Assert.Equal([4f], folded.Parameters["b"].Floats().ToArray());
        Assert.Equal(["w", "b"], folded.Parameters.Keys);
        Assert.Equal([2f], network.Parameters["w"].Floats().ToArray());
    }

    /// <summary>Without a bias: (0 − 2) · 1.5 + 1 = −2, in a parameter of a name that nobody has.</summary>
    [Fact]
    public void Convolution_without_bias_gets_one_under_a_free_name()
    {
        var folded = BatchNormFolding.Apply(OneChannel(bias: null, KeyValuePair.Create("conv.bias", HostTensor.Vector(7))));

        Assert.Equal(["x", "w", "conv.bias.folded"], folded.Nodes[0].Inputs.ToArray());
        Assert.Equal([-2f], folded.Parameters["conv.bias.folded"].Floats().ToArray());
        Assert.Equal([7L], folded.Parameters["conv.bias"].Longs());
    }

    [Fact]
    public void Folded_network_computes_what_the_original_does()
    {
        var draw = new Draw(channels: 4, rows: 4, columns: 4);
        string plain = draw.BatchNorm("bn1", draw.Conv("plain", "x", filters: 6, kernel: 3));
        string grouped = draw.BatchNorm("bn2", draw.Conv("grouped", plain, filters: 4, groups: 2, bias: true));
        string depthwise = draw.BatchNorm("bn3", draw.Conv("depthwise", grouped, filters: 8, kernel: 3, groups: 4));
        string again = draw.BatchNorm("bn4", depthwise);
        var network = draw.Build(again);

        var folded = BatchNormFolding.Apply(network);

        Assert.Equal(["plain", "grouped", "depthwise"], folded.Nodes.Select(node => node.Name));
        AssertSame(network, folded);
    }

    [Theory]
    [InlineData(true, 2, 2)]
    [InlineData(false, 2, 2)]
    [InlineData(true, 0, 1)]
    public void Fully_connected_layer_is_folded_with_its_beta(bool transposed, float beta, float after)
    {
        var draw = new Draw(channels: 2, rows: 1, columns: 1);
        draw.Input("features", 5);
        string gemm = draw.Node("fc", "Gemm", ["features", draw.Weight("w", transposed ? [3, 5] : [5, 3]), draw.Weight("c", 3)], attributes => attributes
            .With("transB", transposed ? 1 : 0).With("alpha", 0.5f).With("beta", beta));
        var network = draw.Build(draw.BatchNorm("bn", gemm));

        var folded = BatchNormFolding.Apply(network);

        Assert.Equal(["fc"], folded.Nodes.Select(node => node.Name));
        Assert.Equal((0.5f, after), (folded.Nodes[0].Attributes.Float("alpha", 1), folded.Nodes[0].Attributes.Float("beta", 1)));
        AssertSame(network, folded);
    }

    /// <summary>Two networks with a layer in common and one of their own: each is what it is when folded alone, and what they have in common is one object.</summary>
    [Fact]
    public void Several_networks_share_what_they_fold_alike()
    {
        var draw = new Draw();
        var one = draw.Build(draw.BatchNorm("bn2", draw.Conv("second", draw.BatchNorm("bn1", draw.Conv("first", "x", filters: 4)), filters: 3)));
        string gamma = one.Nodes.Single(node => node.Name == "bn2").Inputs[1];
        var other = one.WithParameters(new Dictionary<string, HostTensor> { [gamma] = HostTensor.FromFloats(one.Parameters[gamma].Shape, [.. one.Parameters[gamma].Floats().ToArray().Select(value => 2 * value)]) });

        var folded = BatchNormFolding.Apply([one, other]);

        Assert.All(folded.Zip([one, other]), pair => AssertSame(pair.Second, pair.First));
        HostTensor Weight(int network, string layer) => folded[network].Parameters[folded[network].Nodes.Single(node => node.Name == layer).Inputs[1]];
        Assert.Same(Weight(0, "first"), Weight(1, "first"));
        Assert.NotEqual(Weight(0, "second").Floats().ToArray(), Weight(1, "second").Floats().ToArray());
    }

    [Fact]
    public void Normalisation_that_cannot_be_folded_leaves_the_network_as_it_is()
    {
        var first = new Draw();
        string shared = first.Conv("conv", "x", filters: 2);
        var twoReaders = first.Build(first.Add("add", first.BatchNorm("bn", shared), shared));
        var second = new Draw();
        var alone = second.Build(second.BatchNorm("bn", second.Relu("relu", second.Conv("conv", "x", filters: 2))));
        var third = new Draw();
        string output = third.Conv("conv", "x", filters: 2);
        var isOutput = third.Build(third.BatchNorm("bn", output), output);

        Assert.Same(twoReaders, BatchNormFolding.Apply(twoReaders));
        Assert.Same(alone, BatchNormFolding.Apply(alone));
        Assert.Same(isOutput, BatchNormFolding.Apply(isOutput));
    }

    [Fact]
    public void Shared_weight_is_scaled_for_each_layer_on_its_own()
    {
        var draw = new Draw(channels: 2, rows: 2, columns: 2);
        string first = draw.BatchNorm("bn1", draw.Conv("first", "x", filters: 2));
        string second = draw.BatchNorm("bn2", draw.Node("second", "Conv", [first, "first.weight"]));
        var network = draw.Build(second);

        var folded = BatchNormFolding.Apply(network);

        Assert.Equal(["first.weight.folded", "first.weight.folded2"], folded.Nodes.Select(node => node.Inputs[1]));
        Assert.DoesNotContain("first.weight", folded.Parameters.Keys);
        AssertSame(network, folded);
    }

    /// <summary>Two layers of one weight and one set of statistics: the second adds a bias that is computed, so it is not folded, though the first has shown what would come of it without.</summary>
    [Fact]
    public void Layer_with_a_computed_bias_is_not_taken_for_one_without()
    {
        var draw = new Draw(channels: 2, rows: 2, columns: 2);
        string first = draw.BatchNorm("bn1", draw.Conv("first", "x", filters: 2));
        string bias = draw.Node("computed", "Relu", [draw.Weight("bias", 2)]);
        string second = draw.Node("bn2", "BatchNormalization", [draw.Node("second", "Conv", ["x", "first.weight", bias]), "bn1.scale", "bn1.shift", "bn1.mean", "bn1.var"]);
        var network = draw.Build(draw.Add("add", first, second));

        var folded = BatchNormFolding.Apply(network);

        Assert.Equal(["first", "computed", "second", "bn2", "add"], folded.Nodes.Select(node => node.Name));
        AssertSame(network, folded);
    }

    private static void AssertSame(Network original, Network folded)
    {
        double[][] outputs = OnnxOracle.Evaluate(original, folded);
        double largest = outputs[0].Max(Math.Abs);
        Assert.Equal(outputs[0].Length, outputs[1].Length);
        Assert.InRange(largest, 0.1, 1e9);
        Assert.All(outputs[0].Zip(outputs[1]), pair => Assert.Equal(pair.First, pair.Second, 2e-6 * largest));
    }

    private static Network OneChannel(float? bias, params KeyValuePair<string, HostTensor>[] others)
    {
        var parameters = new List<KeyValuePair<string, HostTensor>>
        {
            new("w", HostTensor.FromFloats(new(1, 1, 1, 1), [2])),
            new("gamma", HostTensor.FromFloats(new(1), [3])),
            new("beta", HostTensor.FromFloats(new(1), [1])),
            new("mean", HostTensor.FromFloats(new(1), [2])),
            new("variance", HostTensor.FromFloats(new(1), [3.5f])),
        };
        if (bias is { } value)
        {
            parameters.Add(new("b", HostTensor.FromFloats(new(1), [value])));
        }

        ImmutableArray<Dimension> shape = [Dimension.Batch, 1, 2, 2];
        return new(
            "one",
            [new("x", ElementType.Float32, shape)],
            [new("y", ElementType.Float32, shape)],
            [
                new("conv", "Conv", bias is null ? ["x", "w"] : ["x", "w", "b"], ["z"], NodeAttributes.None),
                new("bn", "BatchNormalization", ["z", "gamma", "beta", "mean", "variance"], ["y"], NodeAttributes.None.With("epsilon", 0.5f)),
            ],
            [.. parameters, .. others]);
    }
}
