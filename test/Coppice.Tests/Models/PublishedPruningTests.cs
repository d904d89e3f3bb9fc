using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Models;
using Coppice.Pruning;

namespace Coppice.Tests.Models;

/// <summary>The pruned networks of the literature: "Pruning Filters for Efficient ConvNets" (Li et al., 2017), network slimming and FPGM. The closed form must give their exact costs.</summary>
public sealed class PublishedPruningTests
{
    /// <summary>Kept filters of the first convolutions of all blocks, for an own percentage per stage, without the layers named by their number.</summary>
    public static TheoryData<string, int[], int[], long, long> FirstConvolutions => new()
    {
        { "resnet56", [10, 10, 10], [16, 20, 38, 54], 112_435_840, 773_336 },
        { "resnet56", [60, 30, 10], [16, 18, 20, 34, 38, 54], 90_907_264, 735_712 },
        { "resnet110", [50, 0, 0], [36], 212_779_648, 1_688_522 },
        { "resnet110", [50, 40, 30], [36, 38, 74], 155_124_352, 1_168_424 },
        { "resnet34", [30, 30, 30, 0], [2, 8, 14, 16, 26, 28, 30, 32], 3_100_184_576, 20_151_764 },
        { "resnet34", [50, 60, 40, 0], [2, 8, 14, 16, 26, 28, 30, 32], 2_782_269_440, 19_469_372 },
    };

    [Theory]
    [MemberData(nameof(FirstConvolutions))]
    public void Pruning_first_convolutions_of_a_ResNet_costs_the_published_integers(string name, int[] percentages, int[] skipped, long macs, long parameters)
    {
        var units = Analyze(name);
        string[] layers = FirstConvolutionsOf(units);
        var kept = layers
            .Select((layer, i) => (Layer: layer, Number: 2 + (2 * i)))
            .Where(layer => !skipped.Contains(layer.Number))
            .ToDictionary(layer => layer.Layer, layer => KeptByFloor(units, layer.Layer, percentages[layer.Layer["layer".Length] - '1']));

        AssertCost(macs, parameters, units, kept);
    }

    [Fact]
    public void Pruning_half_of_convolutions_1_and_8_to_13_of_VGG16_costs_the_published_integers()
    {
        var units = Analyze("vgg16-cifar-2fc");
        string[] convolutions = [.. units.Network.Nodes.Where(node => node.OperatorType == "Conv").Select(node => node.Name)];
        string[] pruned = [convolutions[0], .. convolutions[7..]];

        var cost = AssertCost(206_279_680, 5_397_034, units, pruned.ToDictionary(layer => layer, layer => KeptByFloor(units, layer, percentage: 50)));

        Assert.Equal(228_864, cost.BatchNormElements);
    }

    [Fact]
    public void Pruning_the_third_stage_of_ResNet34_costs_the_published_numbers_which_leave_out_projections()
    {
        var units = Analyze("resnet34");
        string stream = units.Groups.Single(group => group.Writers.Any(writer => writer.Name == "layer3.0.conv2")).Name;
        const long projections = (64 * 128 * 28 * 28) + (128 * 204 * 14 * 14) + (204 * 512 * 7 * 7);
        const long projectionParameters = (64 * 128) + (2 * 128) + (128 * 204) + (2 * 204) + (204 * 512) + (2 * 512);

        var cost = CostOf(units, new() { [stream] = KeptByFloor(units, stream, percentage: 20) });

        Assert.Equal(20_065_720, cost.Parameters - projectionParameters);
        Assert.Equal(3374.45, (cost.Macs - projections) / 1e6, tolerance: 0.005);
    }

    [Fact]
    public void Compact_VGG19_of_five_rounds_of_slimming_has_the_published_size()
    {
        int[] widths = [22, 62, 83, 119, 193, 168, 85, 40, 32, 32, 32, 32, 32, 32, 32, 38];
        var units = Analyze("vgg19-cifar");
        var convolutions = units.Network.Nodes.Where(node => node.OperatorType == "Conv").Select(node => node.Name);

        var cost = CostOf(units, convolutions.Zip(widths).ToDictionary(layer => layer.First, layer => layer.Second));

        Assert.Equal(885_934, cost.Parameters);
        Assert.Equal(90.662, cost.Macs / 1e6, tolerance: 0.0005);
    }

    [Fact]
    public void ResNet56_with_six_tenths_of_its_first_convolutions_kept_has_the_size_that_FPGM_is_compared_with()
    {
        var units = Analyze("resnet56");
        var kept = FirstConvolutionsOf(units).ToDictionary(layer => layer, layer => KeptByFloor(units, layer, percentage: 40));

        var cost = CostOf(units, kept);

        Assert.Equal(506_446, cost.Parameters);
        Assert.Equal(73.36, cost.Macs / 1e6, tolerance: 0.005);
    }

    /// <summary>
    /// FPGM's own count: all convolutions lose the same share, the residual stream stays whole (blocks scatter into it), and shares are not rounded to filters. The stem's share counts
    /// once, a block's second convolution twice, its first once as it reads the whole stream; only the very first block reads the pruned stem.
    /// </summary>
    [Theory]
    [InlineData("resnet20", 0.6, 18.668, 53.96)]
    [InlineData("resnet32", 0.6, 32.257, 53.16)]
    [InlineData("resnet56", 0.6, 59.437, 52.63)]
    [InlineData("resnet110", 0.6, 120.59, 52.31)]
    [InlineData("resnet20", 0.7, 23.431, 42.22)]
    [InlineData("resnet32", 0.7, 40.276, 41.51)]
    [InlineData("resnet56", 0.7, 73.967, 41.06)]
    [InlineData("resnet110", 0.7, 149.771, 40.78)]
    public void Soft_pruning_of_all_convolutions_costs_what_FPGM_published(string name, double keep, double millions, double cut)
    {
        var units = Analyze(name);
        var convolutions = units.Network.Nodes.Where(node => node.OperatorType == "Conv")
            .ToDictionary(node => node.Name, node => units.Shapes[node.Outputs[0]].Length * units.Shapes[node.Inputs[1]].Product(1, 4));

        double Share(string layer) => layer == "layer1.0.conv1" || layer.EndsWith("conv2", StringComparison.Ordinal) ? keep * keep : keep;
        double left = convolutions.Sum(layer => Share(layer.Key) * layer.Value);

        Assert.Equal(millions, left / 1e6, tolerance: 0.0006);
        Assert.Equal(cut, 100 * (1 - (left / convolutions.Values.Sum())), tolerance: 0.0051);
    }

    private static Cost AssertCost(long macs, long parameters, ChannelUnits units, Dictionary<string, int> kept)
    {
        var cost = CostOf(units, kept);
        Assert.Equal((macs, parameters), (cost.Macs, cost.Parameters));
        return cost;
    }

    /// <summary>Cost in closed form, after checking that the network that surgery makes costs the same.</summary>
    private static Cost CostOf(ChannelUnits units, Dictionary<string, int> kept)
    {
        PruningPlan plan = new("", [.. kept.Select(layer => new GroupPlan(layer.Key, Size(units, layer.Key), [.. Enumerable.Range(0, layer.Value)]))]);
        var cost = CostModel.Create(units).Of(plan.Widths(units));

        Assert.Equal(cost, CostModel.Create(ChannelUnits.Analyze(Pruner.Apply(units, plan))).Full);
        return cost;
    }

    private static ChannelUnits Analyze(string name) => ChannelUnits.Analyze(ModelCatalog.Build(name, new() { Initialization = WeightInitialization.Zero }));

    private static string[] FirstConvolutionsOf(ChannelUnits units) =>
        [.. units.Network.Nodes.Select(node => node.Name).Where(name => name.StartsWith("layer", StringComparison.Ordinal) && name.EndsWith(".conv1", StringComparison.Ordinal))];

    private static int Size(ChannelUnits units, string group) => units.Groups.Single(found => found.Name == group).Size;

    /// <summary>The paper's rule: kept = floor(C · (1 − p)).</summary>
    private static int KeptByFloor(ChannelUnits units, string group, int percentage) => Size(units, group) * (100 - percentage) / 100;
}
