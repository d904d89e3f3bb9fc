using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Models;

namespace Coppice.Tests.Models;

public sealed class ModelStructureTests
{
    /// <summary>Name, widths of the groups that one layer writes, widths of the groups in which several layers meet; in topological order as width x times.</summary>
    public static TheoryData<string, string, string> GroupWidths => new()
    {
        { "lenet5", "6x1 16x1 120x1 84x1", "" },
        { "alexnet", "64x1 192x1 384x1 256x2 4096x2", "" },
        { "vgg11", "64x1 128x1 256x2 512x4 4096x2", "" },
        { "vgg16-bn", "64x2 128x2 256x3 512x6 4096x2", "" },
        { "vgg13-cifar", "64x2 128x2 256x2 512x4", "" },
        { "vgg16-cifar", "64x2 128x2 256x3 512x6", "" },
        { "vgg16-cifar-2fc", "64x2 128x2 256x3 512x7", "" },
        { "vgg19-cifar-bias", "64x2 128x2 256x4 512x8", "" },
        { "resnet20", "16x3 32x3 64x3", "16x2 32x1" },
        { "resnet20-a-append", "16x3 32x3 64x3", "16x2 32x1" },
        { "resnet20-a-average", "16x3 32x3 64x3", "16x2 32x1" },
        { "resnet20-b", "16x3 32x3 64x3", "16x1 32x1 64x1" },
        { "resnet56", "16x9 32x9 64x9", "16x2 32x1" },
        { "resnet110", "16x18 32x18 64x18", "16x2 32x1" },
        { "resnet164", "16x37 32x36 64x36", "64x1 128x1 256x1" },
        { "googlenet-cifar", "192x4 64x12 96x4 128x14 16x2 32x7 208x1 48x3 160x3 112x2 224x1 24x2 256x3 144x1 288x1 320x2 384x2", "" },
        { "densenet40", "24x1 12x36 168x1 312x1", "" },
        { "densenet40-16", "16x1 12x36 160x1 304x1", "" },
        { "mobilenetv1-cifar", "32x1 64x1 128x2 256x2 512x6 1024x2", "" },
        { "mobilenetv2", "32x1 16x1 96x1 144x2 192x3 384x4 576x3 960x3 320x1 1280x1", "24x1 32x1 64x1 96x1 160x1" },
        { "resnet18", "64x2 128x2 256x2 512x2", "64x1 128x1 256x1 512x1" },
        { "resnet50", "64x7 128x8 256x12 512x6", "256x1 512x1 1024x1 2048x1" },
    };

    [Theory]
    [MemberData(nameof(GroupWidths))]
    public void Prunable_groups_are_those_of_the_architecture(string name, string inner, string shared)
    {
        var units = Analyze(name);

        Assert.Equal(inner, Runs(units.PrunableGroups.Where(group => group.IsInner)));
        Assert.Equal(shared, Runs(units.PrunableGroups.Where(group => !group.IsInner)));
    }

    [Fact]
    public void Only_the_classifier_is_locked_in_every_network_without_local_response_normalisation()
    {
        foreach (var model in ModelCatalog.All.Where(model => model.Name != "alexnet-caffe"))
        {
            var units = Analyze(model.Name);

            var locked = Assert.Single(units.Groups, group => !group.IsPrunable);
            Assert.Equal(("it is an output of the network", model.Classes), (locked.LockReason, locked.Size));
            Assert.Empty(units.Barriers);
        }
    }

    [Fact]
    public void Filters_of_a_grouped_AlexNet_go_in_pairs_and_those_before_a_normalisation_stay()
    {
        var units = Analyze("alexnet-caffe");

        Assert.Equal(["conv1", "conv2", "fc8"], units.Groups.Where(group => !group.IsPrunable).Select(group => group.Name));
        Assert.Equal([("conv3", 192), ("conv4", 192), ("conv5", 128), ("fc6", 4096), ("fc7", 4096)], units.PrunableGroups.Select(group => (group.Name, group.Size)));
    }

    [Theory]
    [InlineData("resnet20", 8)]
    [InlineData("resnet20-a-append", 0)]
    [InlineData("resnet20-a-average", 0)]
    public void Shortcut_of_option_A_carries_input_channels_at_the_offset_of_its_variant(string name, int offset)
    {
        var units = Analyze(name);

        int[] input = units.ValueUnits("layer1.2.relu2")!;
        int[] output = units.ValueUnits("layer2.0.relu2")!;

        Assert.Equal(input, output[offset..(offset + 16)]);
        Assert.Equal(16, output.Except(input).Count());
    }

    [Fact]
    public void Every_network_infers_its_logits_from_its_published_input()
    {
        foreach (var model in ModelCatalog.All)
        {
            var network = Build(model.Name);

            Assert.Equal(new TensorShape([1, .. model.Input.Extents]), ShapeInference.InputShape(network.Inputs[0]));
            Assert.Equal(new TensorShape(1, model.Classes), ShapeInference.Infer(network)[NetworkBuilder.OutputName]);
        }
    }

    [Fact]
    public void Every_network_for_small_images_and_every_ResNet_takes_grey_images_of_28_pixels()
    {
        string[] names = [.. ModelCatalog.All.Where(model => model.Family is not ("VGG" or "AlexNet")).Select(model => model.Name)];
        Assert.Equal(ModelCatalog.All.Length - 10, names.Length);

        foreach (string name in names)
        {
            var network = Build(name, new() { InputChannels = 1, InputSize = 28, Classes = 7 });

            Assert.Equal(new TensorShape(1, 7), ShapeInference.Infer(network)[NetworkBuilder.OutputName]);
        }
    }

    [Fact]
    public void Cost_of_ResNet20_for_grey_images_of_28_pixels_is_the_one_worked_out_by_hand()
    {
        // maps 28, 14, 7: stem 784·9·16; six of 784·2304; 196·4608 and five of 196·9216; 49·18432 and five of 49·36864; 64·10
        const long macs = 112_896 + (6 * 1_806_336) + (6 * 1_806_336) - 903_168 + (6 * 1_806_336) - 903_168 + 640;

        var cost = CostModel.Create(ChannelUnits.Analyze(Build("resnet20", new() { InputChannels = 1, InputSize = 28 }))).Full;

        Assert.Equal((macs, 269_722L - (2 * 9 * 16)), (cost.Macs, cost.Parameters));
    }

    [Fact]
    public void Parameters_and_nodes_have_the_names_of_PyTorch()
    {
        var network = Build("resnet20-b");

        Assert.Equal(
            ["conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "layer1.0.conv1.weight"], network.Parameters.Keys.Take(6));
        Assert.Equal(["conv1", "bn1", "relu", "layer1.0.conv1", "layer1.0.bn1", "layer1.0.relu1"], network.Nodes.Take(6).Select(node => node.Name));
        Assert.Equal(new TensorShape(32, 16, 1, 1), network.Parameters["layer2.0.downsample.0.weight"].Shape);
        Assert.Equal(["features.0", "features.3", "features.7", "features.10", "features.14"], Convolutions("vgg16-cifar").Take(5));
        Assert.Equal(["features.0", "features.2", "features.5", "features.7", "features.10"], Convolutions("vgg16").Take(5));
    }

    [Theory]
    [InlineData("resnet50", 1, 2)]
    [InlineData("resnet50-v1", 2, 1)]
    public void Bottleneck_has_its_stride_where_its_version_says(string name, long first, long second)
    {
        var nodes = Build(name).Nodes.ToDictionary(node => node.Name);

        Assert.Equal([first, first], nodes["layer2.0.conv1"].Attributes.Integers("strides")!);
        Assert.Equal([second, second], nodes["layer2.0.conv2"].Attributes.Integers("strides")!);
    }

    [Theory]
    [InlineData("vgg16-cifar", "GlobalAveragePool")]
    [InlineData("vgg16-cifar-bias", "MaxPool")]
    public void Last_map_of_a_small_VGG_is_pooled_as_its_variant_says(string name, string operatorType) =>
        Assert.Equal(operatorType, Build(name).Nodes.Single(node => node.Name == "pool").OperatorType);

    private static Network Build(string name, ModelOptions? options = null) =>
        ModelCatalog.Build(name, (options ?? new()) with { Initialization = WeightInitialization.Zero });

    private static ChannelUnits Analyze(string name) => ChannelUnits.Analyze(Build(name));

    private static IEnumerable<string> Convolutions(string name) => Build(name).Nodes.Where(node => node.OperatorType == "Conv").Select(node => node.Name);

    /// <summary>Number of groups of each width, in the order in which the widths first appear.</summary>
    private static string Runs(IEnumerable<ChannelGroup> groups) => string.Join(' ', groups.GroupBy(group => group.Size).Select(run => $"{run.Key}x{run.Count()}"));
}
