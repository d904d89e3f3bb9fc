using Coppice.Graph.Channels;
using Coppice.Pruning;
using Coppice.Pruning.Reconstruction;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;
using Coppice.Training;

namespace Coppice.Tests.Pruning.Reconstruction;

public sealed class ReaderLayerTests : LeakCheck
{
    /// <summary>Kernel, strides, dilations, pads and blocks that differ in every direction; the slow twin takes all patches and chooses.</summary>
    [Theory]
    [InlineData(new[] { 3L, 2L }, new[] { 2L, 1L }, new[] { 1L, 2L }, new[] { 1L, 0L, 2L, 1L }, 1)]
    [InlineData(new[] { 2L, 3L }, new[] { 1L, 3L }, new[] { 2L, 1L }, new[] { 0L, 2L, 1L, 0L }, 3)]
    public void Patches_of_drawn_positions_are_those_among_all(long[] kernel, long[] strides, long[] dilations, long[] pads, int groups)
    {
        var draw = new Draw(channels: 6, rows: 9, columns: 7);
        draw.Node("conv", "Conv", ["x", draw.Weight("w", 6, 6 / groups, kernel[0], kernel[1])], a => a
            .With("strides", strides).With("dilations", dilations).With("pads", pads).With("group", groups));
        var network = draw.Build("conv");
        var layer = ReaderLayer.Of(network, new(network.Nodes[0], "w", 1, ChannelRole.Read, [.. Enumerable.Range(0, 6 / groups)]));
        var input = Noise.Normal(3, [2, 6, 9, 7]);
        const int Count = 4;

        var some = layer.Patches(input, Count, Rng.For(5));
        var all = layer.Patches(input, null, null);

        long positions = all[0].Size(1) / 2;
        int[] drawn = Rng.For(5).Sample((int)positions, Count);
        long[] chosen = [.. from image in Enumerable.Range(0, 2) from position in drawn select (image * positions) + position];
        Assert.Equal(groups, some.Length);
        Assert.All(some.Zip(all), pair => Assert.Equal(pair.Second.IndexSelect(1, Tensor.FromArray(chosen, chosen.Length)).ToArray<float>(), pair.First.ToArray<float>()));
    }

    /// <summary>[N, C, L], kernel 3 over 1 to 5 without pads: patches 1 2 3, 2 3 4 and 3 4 5, a column each.</summary>
    [Fact]
    public void Convolution_over_one_axis_reads_windows_of_it()
    {
        var draw = new Draw(channels: 1, rows: 1, columns: 5);
        string rows = draw.Node("rows", "Reshape", ["x", draw.Constant("shape", 0, 1, 5)]);
        draw.Node("conv", "Conv", [rows, draw.Weight("w", 2, 1, 3)]);
        var network = draw.Build("conv");
        var layer = ReaderLayer.Of(network, new(network.Nodes[1], "w", 1, ChannelRole.Read, [0]));

        var patches = layer.Patches(Tensor.FromArray([1f, 2, 3, 4, 5], 1, 1, 5), null, null);

        Assert.Equal([1f, 2, 3, 2, 3, 4, 3, 4, 5], Assert.Single(patches).ToArray<float>());
    }

    /// <summary>
    /// A group whose layers read it at two places, before its normalisation and behind it: in front of the one that stands alone nothing else would keep the value. Measured together they
    /// are what they are alone, to rounding.
    /// </summary>
    [Fact]
    public void Layers_measured_together_have_the_moments_that_they_have_alone()
    {
        var network = new Coppice.Models.NetworkBuilder("pre", new(1, 6, 6), Coppice.Models.InitializationScheme.ResNet)
            .Convolution("conv1", filters: 4, kernel: 3, pad: 1).BatchNorm("bn1").Relu("relu1").Convolution("inner", filters: 4, kernel: 3, pad: 1)
            .At("conv1").Convolution("shortcut", filters: 4, kernel: 1).Add("add", "inner").Flatten("flatten").Linear("logits", 2).Build();
        var group = ChannelUnits.Analyze(network).Groups.Single(known => known.Name == "conv1");
        ParameterAxis[] readers = [.. group.Axes.Where(axis => axis.Role == ChannelRole.Read)];
        using var images = TensorBatches.Of([new(Noise.Normal(1, [3, 1, 6, 6]).Keep(), [0L, 1, 0])]);

        var together = ReaderMoments.Measure(network, [.. readers], images, new(), Device.Cpu, CancellationToken.None);

        Assert.Equal(["inner", "shortcut"], readers.Select(reader => reader.Node.Name).Order());
        Assert.All(together, moments =>
        {
            var alone = Assert.Single(ReaderMoments.Measure(network, [moments.Reader], images, new(), Device.Cpu, CancellationToken.None));
            Assert.Equal(alone.Samples, moments.Samples);
            Assert.All(alone.Blocks[0].Zip(moments.Blocks[0]), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
            Assert.Contains(moments.Blocks[0], product => product > 0.01);
        });
    }

    [Fact]
    public void All_layers_are_measured_in_one_pass()
    {
        var network = Coppice.Models.ModelCatalog.Build("resnet20");
        var space = PruningSpace.Create(ChannelUnits.Analyze(network), GroupScope.All);
        using var images = TensorBatches.Of([new(Noise.Normal(1, [2, 3, 32, 32]).Keep(), [0L, 1])]);

        var repair = NetworkRepair.Measure(space, images, new(), Device.Cpu, CancellationToken.None);

        Assert.Equal(19, repair.LayerCount);
        Assert.Equal(2, images.Passed);
    }
}
