using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Pruning.Reconstruction;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;
using Coppice.Training;

namespace Coppice.Tests.Pruning.Reconstruction;

public sealed class NetworkRepairTests : LeakCheck
{
    private static readonly MomentOptions AllPositions = new() { PositionsPerImage = null };

    /// <summary>
    /// a = (x₁, x₂), b = (x₁ + x₂, x₂), and 1 a₁ + 2 a₂ + 3 b₁ + 4 b₂ = 4 x₁ + 9 x₂ behind them. Without a₂ and b₁ the same is 4 a₁ + 9 b₂; a group by itself could not know.
    /// </summary>
    [Fact]
    public void Channels_of_two_groups_that_a_layer_reads_are_repaired_together()
    {
        var network = new NetworkBuilder("two", new(2, 1, 1), InitializationScheme.ResNet)
            .Convolution("a", 2, kernel: 1).At("input").Convolution("b", 2, kernel: 1).ConcatAfter("both", "a").Convolution("read", 1, kernel: 1).Build();
        network = network.WithParameters(new Dictionary<string, HostTensor>
        {
            ["a.weight"] = HostTensor.FromFloats(new(2, 2, 1, 1), [1, 0, 0, 1]),
            ["b.weight"] = HostTensor.FromFloats(new(2, 2, 1, 1), [1, 1, 0, 1]),
            ["read.weight"] = HostTensor.FromFloats(new(1, 4, 1, 1), [1, 2, 3, 4]),
        });
        var space = PruningSpace.Create(ChannelUnits.Analyze(network), GroupScope.Inner);
        using var images = Load([1, 0, 0, 1, 1, 1, 2, 1, -1, 3], count: 5);

        var repaired = NetworkRepair.Measure(space, images, AllPositions, Device.Cpu, CancellationToken.None).Cut(new([BitString.Parse("10"), BitString.Parse("01")]));

        float[] weight = repaired.Parameters["read.weight"].Floats().ToArray();
        Assert.Equal(["a", "b"], space.Groups.Select(group => group.Name));
        Assert.Equal(2, weight.Length);
        Assert.Equal(4, weight[0], 0.01);
        Assert.Equal(9, weight[1], 0.01);
    }

    [Fact]
    public void Only_layers_that_read_what_goes_are_changed_and_as_for_their_group_alone()
    {
        var network = ToyTask.Network();
        var space = PruningSpace.Create(ChannelUnits.Analyze(network), GroupScope.Inner);
        using var images = TensorBatches.Load(ToyTask.Training(), ToyTask.Normalization, 30, Device.Cpu);
        var repair = NetworkRepair.Measure(space, images, AllPositions, Device.Cpu, CancellationToken.None);
        int index = space.Groups.ToList().FindIndex(group => group.Name == "conv2");
        var kept = BitString.Parse("11001010");
        var error = LayerError.Measure(network, space.Groups[index], images, AllPositions, Device.Cpu, CancellationToken.None);

        var genome = BitGenome.AllOnes(space.Sizes.AsSpan()).Replace(index, kept);
        var repaired = repair.Cut(genome);

        var alone = Pruner.Apply(LeastSquaresRepair.Apply(network, error, space.Groups[index], kept), space.ToPlan(genome));
        NetworkAssert.Equal(alone, repaired);
        Assert.Equal(["conv3.weight"], Changed(Pruner.Apply(network, space.ToPlan(genome)), repaired));
        Assert.Empty(Changed(network, repair.Cut(BitGenome.AllOnes(space.Sizes.AsSpan()))));
    }

    /// <summary>
    /// Five samples, 64 columns: the data say nothing of most directions, and there the weights that stay must stay as they are. With the plain form they would be projected onto five directions.
    /// </summary>
    [Fact]
    public void Directions_that_the_sample_does_not_show_keep_their_weights()
    {
        var network = new NetworkBuilder("wide", new(2, 4, 4), InitializationScheme.ResNet).Convolution("make", 4, kernel: 1).Flatten("flatten").Linear("logits", 3).Build();
        var space = PruningSpace.Create(ChannelUnits.Analyze(network), GroupScope.Inner);
        using var images = Load([.. Enumerable.Range(0, 5 * 32).Select(i => (float)Math.Sin(i * i))], count: 5, side: 4);

        var repaired = NetworkRepair.Measure(space, images, AllPositions, Device.Cpu, CancellationToken.None).Cut(new([BitString.Parse("1110")]));

        float[] before = Pruner.Apply(network, space.ToPlan(new([BitString.Parse("1110")]))).Parameters["logits.weight"].Floats().ToArray();
        float[] after = repaired.Parameters["logits.weight"].Floats().ToArray();
        double kept = Math.Sqrt(before.Sum(value => (double)value * value)), change = Math.Sqrt(before.Zip(after).Sum(pair => Math.Pow(pair.First - pair.Second, 2)));
        Assert.InRange(change, 1e-3 * kept, 0.7 * kept);
        Assert.True(Math.Sqrt(after.Sum(value => (double)value * value)) > 0.9 * kept);
    }

    /// <summary>A channel that is zero everywhere takes nothing with it, so nothing is to be made up for.</summary>
    [Fact]
    public void Zero_channel_goes_without_a_trace()
    {
        var network = new NetworkBuilder("dead", new(2, 4, 4), InitializationScheme.ResNet).Convolution("make", 3, kernel: 1).Convolution("read", 4, kernel: 3).Flatten("flatten").Linear("logits", 2).Build();
        network = network.WithParameters(new Dictionary<string, HostTensor> { ["make.weight"] = HostTensor.FromFloats(new(3, 2, 1, 1), [1, 2, 0, 0, 3, 1]) });
        var space = PruningSpace.Create(ChannelUnits.Analyze(network), GroupScope.Inner);
        using var images = Load([.. Enumerable.Range(0, 96).Select(i => (float)Math.Sin(i * i))], count: 3, side: 4);
        var genome = BitGenome.AllOnes(space.Sizes.AsSpan()).Replace(0, BitString.Parse("101"));

        var repaired = NetworkRepair.Measure(space, images, AllPositions, Device.Cpu, CancellationToken.None).Cut(genome);

        NetworkAssert.Equal(Pruner.Apply(network, space.ToPlan(genome)), repaired);
    }

    [Fact]
    public void Layer_with_too_many_inputs_is_named_and_left_alone()
    {
        var network = new NetworkBuilder("huge", new(1, 8, 8), InitializationScheme.ResNet).Convolution("make", 37, kernel: 1).Flatten("flatten").Linear("logits", 2).Build();
        var space = PruningSpace.Create(ChannelUnits.Analyze(network), GroupScope.Inner);
        using var images = TensorBatches.Of([new(Tensor.FromArray([.. Enumerable.Range(0, 64).Select(i => (float)i)], 1, 1, 8, 8).Keep(), [0L])]);
        var genome = new BitGenome([BitString.FromIndices(37, [0, 1])]);

        var repair = NetworkRepair.Measure(space, images, AllPositions, Device.Cpu, CancellationToken.None);

        Assert.Equal(["logits"], NetworkRepair.TooWide(space));
        Assert.Equal(0, repair.LayerCount);
        NetworkAssert.Equal(Pruner.Apply(network, space.ToPlan(genome)), repair.Cut(genome));
    }

    /// <summary>What suits one of the two nodes would harm the other.</summary>
    [Fact]
    public void Weight_that_two_layers_share_is_left_alone()
    {
        var network = new NetworkBuilder("shared", new(2, 4, 4), InitializationScheme.ResNet)
            .Convolution("first", 3, kernel: 1).Relu("relu1").Convolution("second", 3, kernel: 1).Relu("relu2").Convolution("third", 3, kernel: 1).Relu("relu3")
            .Flatten("flatten").Linear("logits", 2).Build();
        var shared = network.With([.. network.Nodes.Select(node => node.Name == "third" ? new Node(node.Name, node.OperatorType, ["relu2", "second.weight"], node.Outputs, node.Attributes) : node)], network.Parameters.Where(entry => entry.Key != "third.weight"));
        var space = PruningSpace.Create(ChannelUnits.Analyze(shared), GroupScope.All);
        using var images = Load([.. Enumerable.Range(0, 64).Select(i => (float)Math.Sin(i))], count: 2, side: 4);

        var repair = NetworkRepair.Measure(space, images, AllPositions, Device.Cpu, CancellationToken.None);

        var genome = new BitGenome([.. space.Groups.Select(group => BitString.FromIndices(group.Size, [0]))]);
        Assert.DoesNotContain("second.weight", Changed(Pruner.Apply(shared, space.ToPlan(genome)), repair.Cut(genome)));
        Assert.Equal(1, repair.LayerCount);
    }

    private static IEnumerable<string> Changed(Network network, Network other) =>
        network.Parameters.Where(entry => !entry.Value.Bytes.Span.SequenceEqual(other.Parameters[entry.Key].Bytes.Span)).Select(entry => entry.Key);

    private static TensorBatches Load(float[] pixels, int count, int side = 1) =>
        TensorBatches.Of([new(Tensor.FromArray(pixels, count, 2, side, side).Keep(), [.. Enumerable.Repeat(0L, count)])]);
}
