using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Pruning.Reconstruction;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;
using Coppice.Training;

namespace Coppice.Tests.Pruning.Reconstruction;

/// <summary>The quadratic form against the error that it stands for: the layers' true outputs, before and after the channels are zeroed.</summary>
public sealed class LayerErrorTests : LeakCheck
{
    private static readonly MomentOptions AllPositions = new() { PositionsPerImage = null };

    /// <summary>
    /// Two channels, four images of one pixel: x = (1, 0), (0, 1), (1, 1), (2, 1); one output that reads 3 x₁ − x₂. n = 4, so G₁₁ = 9 (1 + 1 + 4) / 4 = 13.5, G₂₂ = 3 / 4 and
    /// G₁₂ = −3 (1 + 2) / 4 = −2.25; both gone: E = 13.5 + 0.75 − 4.5 = 9.75, the mean of 9, 1, 4 and 25.
    /// </summary>
    [Fact]
    public void G_is_the_mean_product_of_the_channels_parts()
    {
        var network = TwoChannels();
        float[] pixels = [1, 0, 0, 1, 1, 1, 2, 1];
        using var images = Load(pixels, count: 4);

        var error = LayerError.Measure(network, Group(network, "one"), images, AllPositions, Device.Cpu, CancellationToken.None);

        Assert.Equal([13.5, -2.25, -2.25, 0.75], new[] { error[0, 0], error[0, 1], error[1, 0], error[1, 1] });
        Assert.Equal(9.75, error.Whole, 1e-12);
        Assert.Equal(0.75, error.Of(BitString.Parse("10")), 1e-12);
        Assert.Equal(0, error.Of(BitString.Parse("11")));
    }

    [Theory]
    [MemberData(nameof(Readers))]
    public void Quadratic_form_is_the_true_error_of_the_layers_that_read_the_group(string network)
    {
        var whole = Build(network);
        var units = ChannelUnits.Analyze(whole);
        using var images = Noise(whole, count: 6);
        var rng = Rng.For(3);
        foreach (var group in units.PrunableGroups)
        {
            var error = LayerError.Measure(whole, group, images, AllPositions, Device.Cpu, CancellationToken.None);
            var kept = BitString.FromIndices(group.Size, rng.Sample(group.Size, Math.Max(1, group.Size / 2)));

            double expected = error.Moments.Sum(moment => TrueError(whole, units, group, kept, moment.Reader, images));

            Assert.InRange(error.Of(kept), expected * (1 - 1e-4), expected * (1 + 1e-4));
            Assert.True(expected > 0, group.Name);
        }
    }

    public static TheoryData<string> Readers => ["toy", "grouped", "lenet5", "strided"];

    [Fact]
    public void A_sample_of_positions_estimates_the_same_form()
    {
        var network = ToyTask.Network();
        var group = ChannelUnits.Analyze(network).PrunableGroups.First(group => group.Name == "conv2");
        using var images = Noise(network, count: 40);

        var all = LayerError.Measure(network, group, images, AllPositions, Device.Cpu, CancellationToken.None);
        var some = LayerError.Measure(network, group, images, new() { PositionsPerImage = 20 }, Device.Cpu, CancellationToken.None);

        Assert.Equal((40 * 81, 40 * 20), (all.Moments[0].Samples, some.Moments[0].Samples));
        Assert.InRange(some.Whole, 0.8 * all.Whole, 1.2 * all.Whole);
        Assert.NotEqual(some.Whole, all.Whole);
    }

    [Theory]
    [InlineData("toy")]
    [InlineData("grouped")]
    [InlineData("lenet5")]
    public void Repair_lowers_the_true_error_and_touches_nothing_that_stays_exact(string name)
    {
        var network = Build(name);
        var units = ChannelUnits.Analyze(network);
        var group = units.PrunableGroups.First();
        using var images = Noise(network, count: 30);
        var error = LayerError.Measure(network, group, images, AllPositions, Device.Cpu, CancellationToken.None);
        var kept = BitString.FromIndices(group.Size, [.. Enumerable.Range(0, group.Size / 2)]);

        var repaired = LeastSquaresRepair.Apply(network, error, group, kept);

        double before = error.Of(kept);
        double after = error.Moments.Sum(moment => TrueError(network, repaired, units, group, kept, moment.Reader, images));
        Assert.InRange(after, 0, 0.9 * before);
        Assert.Equal(
            error.Moments.Select(moment => moment.Reader.Parameter).Order(),
            network.Parameters.Where(entry => !entry.Value.Bytes.Span.SequenceEqual(repaired.Parameters[entry.Key].Bytes.Span)).Select(entry => entry.Key).Order());
    }

    /// <summary>A channel that is the sum of two others: the least-squares weights of those two take over all that it did.</summary>
    [Fact]
    public void Repair_of_a_redundant_channel_is_exact()
    {
        var network = new NetworkBuilder("sum", new(2, 1, 1), InitializationScheme.ResNet).Convolution("make", 3, kernel: 1).Convolution("read", 2, kernel: 1).Build();
        network = network.WithParameters(new Dictionary<string, HostTensor>
        {
            ["make.weight"] = HostTensor.FromFloats(new(3, 2, 1, 1), [1, 0, 0, 1, 1, 1]),
            ["read.weight"] = HostTensor.FromFloats(new(2, 3, 1, 1), [1, 2, 3, -1, 0, 2]),
        });
        var group = Group(network, "make");
        using var images = Load([1, 0, 0, 1, 1, 1, 2, 1, -1, 3], count: 5);
        var error = LayerError.Measure(network, group, images, AllPositions, Device.Cpu, CancellationToken.None);

        var repaired = LeastSquaresRepair.Apply(network, error, group, BitString.Parse("110"));

        float[] expected = [4, 5, 1, 2];
        float[] weight = repaired.Parameters["read.weight"].Floats().ToArray();
        Assert.Equal(expected, [weight[0], weight[1], weight[3], weight[4]], (a, b) => Math.Abs(a - b) < 2e-3);
    }

    /// <summary>Against every subset of eight channels: where no exchange helps, the error is near the least of all.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void Greedy_and_exchange_end_where_no_exchange_helps(int keep)
    {
        var network = ToyTask.Network();
        var group = ChannelUnits.Analyze(network).PrunableGroups.First(group => group.Name == "conv2");
        using var images = Noise(network, count: 10);
        var error = LayerError.Measure(network, group, images, AllPositions, Device.Cpu, CancellationToken.None);

        var chosen = GreedySwap.Choose(error, keep);

        Assert.Equal(keep, chosen.Count);
        double optimum = Subsets(group.Size, keep).Min(error.Of);
        Assert.All(Exchanges(chosen), other => Assert.True(error.Of(other) >= error.Of(chosen) - (1e-9 * error.Whole)));
        Assert.InRange(error.Of(chosen), optimum - (1e-9 * error.Whole), optimum * 1.1);
    }

    private static IEnumerable<BitString> Subsets(int size, int keep) => Enumerable.Range(0, 1 << size)
        .Where(bits => int.PopCount(bits) == keep)
        .Select(bits => BitString.FromIndices(size, [.. Enumerable.Range(0, size).Where(i => (bits >> i & 1) == 1)]));

    private static IEnumerable<BitString> Exchanges(BitString bits) =>
        from one in Enumerable.Range(0, bits.Length).Where(i => bits[i])
        from zero in Enumerable.Range(0, bits.Length).Where(i => !bits[i])
        select bits.With(one, false).With(zero, true);

    private static double TrueError(Network network, ChannelUnits units, ChannelGroup group, BitString kept, ParameterAxis reader, TensorBatches images) =>
        TrueError(network, network, units, group, kept, reader, images);

    /// <summary>Mean over positions of the squared difference between the reader's output in the network and in the other one with the channels zeroed.</summary>
    private static double TrueError(
        Network network, Network changed, ChannelUnits units, ChannelGroup group, BitString kept, ParameterAxis reader, TensorBatches images)
    {
        var masked = Pruner.ZeroOut(ChannelUnits.Analyze(changed), new(network.Name, [new(group.Name, group.Size, [.. kept.Indices])]));
        string output = reader.Node.Outputs[0];

        // Only the reader is masked: what feeds it must be the same, or another error is measured.
        var fed = network.WithParameters(new Dictionary<string, HostTensor> { [reader.Parameter] = masked.Parameters[reader.Parameter] });
        double sum = 0, positions = 0;
        foreach (var batch in images.Batches)
        {
            using var scope = new TensorScope();
            using var before = NetworkProgram.Compile(NetworkPart.UpTo(network, output), new());
            using var after = NetworkProgram.Compile(NetworkPart.UpTo(fed, output), new());
            var z = before.Run(batch.Images);
            sum += z.Subtract(after.Run(batch.Images)).To(DType.Float64).Power(2).Sum().Item();
            positions += (double)z.Shape.Aggregate(1L, (product, extent) => product * extent) / z.Size(1);
        }

        Assert.Same(units.Network, network);
        return sum / positions;
    }

    private static Network Build(string name) => name switch
    {
        "toy" => ToyTask.Network(),
        "lenet5" => ModelCatalog.Build("lenet5"),
        "grouped" => new NetworkBuilder("grouped", new(3, 8, 8), InitializationScheme.ResNet)
            .Convolution("conv1", 8, kernel: 3, pad: 1).Relu("relu1").Convolution("conv2", 4, kernel: 3, groups: 2).Relu("relu2").Flatten("flatten").Linear("logits", 3).Build(),
        _ => new NetworkBuilder("strided", new(1, 9, 9), InitializationScheme.ResNet)
            .Convolution("conv1", 5, kernel: 3, pad: 1).BatchNorm("bn1").Relu("relu1").Convolution("conv2", 4, kernel: 3, stride: 2, pad: 1).Relu("relu2").Flatten("flatten").Linear("logits", 3).Build(),
    };

    private static Network TwoChannels()
    {
        var network = new NetworkBuilder("two", new(2, 1, 1), InitializationScheme.ResNet).Convolution("one", 2, kernel: 1).Convolution("two", 1, kernel: 1).Build();
        return network.WithParameters(new Dictionary<string, HostTensor>
        {
            ["one.weight"] = HostTensor.FromFloats(new(2, 2, 1, 1), [1, 0, 0, 1]),
            ["two.weight"] = HostTensor.FromFloats(new(1, 2, 1, 1), [3, -1]),
        });
    }

    private static ChannelGroup Group(Network network, string name) => ChannelUnits.Analyze(network).Groups.Single(group => group.Name == name);

    /// <summary>Images of two channels and one pixel.</summary>
    private static TensorBatches Load(float[] pixels, int count) =>
        TensorBatches.Of([new(Tensor.FromArray(pixels, count, 2, 1, 1).Keep(), [.. Enumerable.Repeat(0L, count)])]);

    private static TensorBatches Noise(Network network, int count)
    {
        var dimensions = network.Inputs[0].Dimensions;
        long[] shape = [count, .. dimensions[1..].Select(dimension => dimension.Extent!.Value)];
        var rng = Rng.For(5);
        float[] values = [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (product, extent) => product * extent)).Select(_ => (float)rng.NextGaussian())];
        int half = count / 2;
        long rest = values.Length / count;
        return TensorBatches.Of(
        [
            new(Tensor.FromArray(values[..(int)(half * rest)], [half, .. shape[1..]]).Keep(), [.. Enumerable.Repeat(0L, half)]),
            new(Tensor.FromArray(values[(int)(half * rest)..], [count - half, .. shape[1..]]).Keep(), [.. Enumerable.Repeat(0L, count - half)]),
        ]);
    }
}
