using Coppice.Graph;
using Coppice.Models;

namespace Coppice.Tests.Models;

public sealed class NetworkBuilderTests
{
    private static readonly TensorShape Image = new(4, 8, 8);

    [Fact]
    public void Network_has_one_input_and_one_output_with_open_batch()
    {
        var network = NewBuilder().Flatten("flatten").Linear("fc", 3).Build();

        Assert.Equal(["input: Float32 [N, 4, 8, 8]", "logits: Float32 [N, 3]"], network.Inputs.Concat(network.Outputs).Select(value => value.ToString()));
        Assert.Equal(17, network.OperatorSet);
    }

    [Fact]
    public void Convolution_writes_its_window_and_sizes_its_parameters_by_the_channels_before_it()
    {
        var builder = NewBuilder().Convolution("conv", filters: 6, kernel: 3, stride: 2, pad: 1, groups: 2, bias: true);
        var network = builder.Build();

        var node = Assert.Single(network.Nodes);
        Assert.Equal(["input", "conv.weight", "conv.bias"], node.Inputs.ToArray());
        Assert.Equal([3, 3], node.Attributes.Integers("kernel_shape")!);
        Assert.Equal([2, 2], node.Attributes.Integers("strides")!);
        Assert.Equal([1, 1, 1, 1], node.Attributes.Integers("pads")!);
        Assert.Equal(2, node.Attributes.Integer("group", 1));
        Assert.Equal(new TensorShape(6, 2, 3, 3), network.Parameters["conv.weight"].Shape);
        Assert.Equal(new TensorShape(6), network.Parameters["conv.bias"].Shape);
        Assert.Equal(new TensorShape(1, 6, 4, 4), builder.Shape);
    }

    [Fact]
    public void Batch_normalisation_reads_scale_shift_mean_and_variance_and_keeps_nine_tenths_of_old_statistics()
    {
        var node = Assert.Single(NewBuilder().BatchNorm("bn").Build().Nodes);

        Assert.Equal(["input", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"], node.Inputs.ToArray());
        Assert.Equal((1e-5f, 0.9f), (node.Attributes.Float("epsilon", 0), node.Attributes.Float("momentum", 0)));
    }

    [Fact]
    public void Branches_start_at_an_earlier_value_and_meet_in_an_addition()
    {
        var network = NewBuilder().Relu("left").At("input").Relu("right").Add("sum", "left").Build();

        Assert.Equal(["left(input)", "right(input)", "sum(right, left)"], network.Nodes.Select(node => $"{node.Name}({string.Join(", ", node.Inputs)})"));
        Assert.Equal("logits", network.Nodes[^1].Outputs[0]);
    }

    [Fact]
    public void Subsampling_and_padded_channels_have_the_shape_of_the_strided_branch()
    {
        var builder = NewBuilder().Subsample("slice", step: 2).PadChannels("pad", before: 1, after: 3);

        Assert.Equal(new TensorShape(1, 8, 4, 4), builder.Shape);
    }

    [Fact]
    public void Layers_that_do_not_fit_are_rejected_when_they_are_added()
    {
        Assert.Throws<UnsupportedModelException>(() => NewBuilder().Linear("fc", 3));
        Assert.Throws<UnsupportedModelException>(() => NewBuilder().MaxPool("pool", kernel: 9, stride: 1));
        Assert.Throws<UnsupportedModelException>(() => NewBuilder().Convolution("conv", filters: 6, kernel: 1).Add("sum", "input"));
        Assert.Throws<UnsupportedModelException>(() => NewBuilder().Convolution("conv", filters: 6, kernel: 1, groups: 3));
        Assert.Throws<ArgumentException>(() => NewBuilder().Relu("relu").Relu("relu"));
    }

    [Fact]
    public void Build_needs_a_last_layer_that_is_the_current_value()
    {
        Assert.Throws<InvalidOperationException>(() => NewBuilder().Build());
        Assert.Throws<InvalidOperationException>(() => NewBuilder().Relu("relu").At("input").Build());
        Assert.Throws<ArgumentException>(() => NewBuilder().At("nowhere"));
        Assert.Throws<ArgumentException>(() => new NetworkBuilder("test", new(8, 8), InitializationScheme.ResNet));
    }

    private static NetworkBuilder NewBuilder() => new("test", Image, InitializationScheme.ResNet);
}
