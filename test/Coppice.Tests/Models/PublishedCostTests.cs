using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Models;

namespace Coppice.Tests.Models;

/// <summary>Exact integers of the literature, worked out from the definitions by integer arithmetic and checked against published figures.</summary>
public sealed class PublishedCostTests
{
    /// <summary>Name, parameters, MACs, elements that enter batch normalisations.</summary>
    public static TheoryData<string, long, long, long> Published => new()
    {
        { "lenet5", 61_706, 416_520, 0 },
        { "alexnet", 61_100_840, 714_188_480, 0 },
        { "alexnet-caffe", 60_965_224, 724_406_816, 0 },
        { "vgg11", 132_863_336, 7_609_090_048, 0 },
        { "vgg11-bn", 132_868_840, 7_609_090_048, 7_426_048 },
        { "vgg16", 138_357_544, 15_470_264_320, 0 },
        { "vgg16-bn", 138_365_992, 15_470_264_320, 13_547_520 },
        { "vgg16-cifar", 14_724_042, 313_201_664, 276_480 },
        { "vgg16-cifar-bias", 14_728_266, 313_201_664, 276_480 },
        { "vgg16-cifar-2fc", 14_987_722, 313_463_808, 276_992 },
        { "vgg16-cifar-2fc-bias", 14_991_946, 313_463_808, 276_992 },
        { "vgg19-cifar", 20_035_018, 398_136_320, 303_104 },
        { "resnet20", 269_722, 40_551_040, 188_416 },
        { "resnet20-a-append", 269_722, 40_551_040, 188_416 },
        { "resnet20-a-average", 269_722, 40_551_040, 188_416 },
        { "resnet20-b", 272_474, 40_813_184, 200_704 },
        { "resnet32", 464_154, 68_862_592, 303_104 },
        { "resnet32-a-append", 464_154, 68_862_592, 303_104 },
        { "resnet32-a-average", 464_154, 68_862_592, 303_104 },
        { "resnet32-b", 466_906, 69_124_736, 315_392 },
        { "resnet44", 658_586, 97_174_144, 417_792 },
        { "resnet44-a-append", 658_586, 97_174_144, 417_792 },
        { "resnet44-a-average", 658_586, 97_174_144, 417_792 },
        { "resnet44-b", 661_338, 97_436_288, 430_080 },
        { "resnet56", 853_018, 125_485_696, 532_480 },
        { "resnet56-a-append", 853_018, 125_485_696, 532_480 },
        { "resnet56-a-average", 853_018, 125_485_696, 532_480 },
        { "resnet56-b", 855_770, 125_747_840, 544_768 },
        { "resnet110", 1_727_962, 252_887_680, 1_048_576 },
        { "resnet110-a-append", 1_727_962, 252_887_680, 1_048_576 },
        { "resnet110-a-average", 1_727_962, 252_887_680, 1_048_576 },
        { "resnet110-b", 1_730_714, 253_149_824, 1_060_864 },
        { "resnet164", 1_703_258, 247_646_720, 3_149_824 },
        { "googlenet-cifar", 6_166_250, 1_521_756_160, 2_554_880 },
        { "densenet40", 1_059_298, 282_917_328, 2_396_160 },
        { "densenet40-16", 1_019_722, 264_812_928, 2_256_384 },
        { "mobilenetv1", 4_231_976, 568_740_352, 5_042_688 },
        { "mobilenetv2", 3_504_872, 300_774_272, 6_678_112 },
        { "resnet18", 11_689_512, 1_814_073_344, 2_483_712 },
        { "resnet34", 21_797_672, 3_663_761_408, 3_738_112 },
        { "resnet50", 25_557_032, 4_089_184_256, 11_113_984 },
        { "resnet101", 44_549_160, 7_801_405_440, 16_231_936 },
        { "resnet152", 60_192_808, 11_513_626_624, 22_554_112 },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void Cost_of_a_network_is_the_published_integer(string name, long parameters, long macs, long batchNormElements)
    {
        var cost = CostOf(name);

        Assert.Equal(new Cost(macs, parameters, batchNormElements), cost);
    }

    [Theory]
    [InlineData("vgg19-cifar", 20_081_188)]
    [InlineData("resnet56", 858_868)]
    [InlineData("resnet110", 1_733_812)]
    [InlineData("resnet164", 1_726_388)]
    [InlineData("densenet40", 1_100_428)]
    public void Parameters_are_the_published_integer_for_100_classes(string name, long parameters) =>
        Assert.Equal(parameters, CostOf(name, classes: 100).Parameters);

    /// <summary>Networks of which the literature gives MACs in thousands only.</summary>
    [Theory]
    [InlineData("mobilenetv1-cifar", 3_217_226, 46.354)]
    [InlineData("mobilenetv2-cifar", 2_236_682, 87.976)]
    [InlineData("mobilenetv2-cifar-kuangliu", 2_296_922, 91.155)]
    [InlineData("resnet34", 21_797_672, 3663.761)]
    public void Cost_of_a_network_is_the_published_one_in_thousands_of_MACs(string name, long parameters, double millions)
    {
        var cost = CostOf(name);

        Assert.Equal((parameters, millions), (cost.Parameters, Math.Round(cost.Macs / 1e6, 3)));
    }

    /// <summary>Some sources leave out the scale and shift of batch normalisations: 2 per channel.</summary>
    [Theory]
    [InlineData("googlenet-cifar", 6_150_442)]
    [InlineData("densenet40", 1_040_578)]
    [InlineData("vgg16-cifar-2fc-bias", 14_982_474)]
    public void Parameters_without_those_of_batch_normalisations_are_the_published_integer(string name, long parameters) =>
        Assert.Equal(parameters, CostOf(name).Parameters - (2 * BatchNormChannels(name)));

    /// <summary>Scale factors that network slimming sorts.</summary>
    [Theory]
    [InlineData("vgg19-cifar", 5_504)]
    [InlineData("densenet40", 9_360)]
    [InlineData("resnet164", 12_112)]
    public void Scale_factors_are_as_many_as_network_slimming_sorts(string name, long channels) => Assert.Equal(channels, BatchNormChannels(name));

    /// <summary>Other counts that circulate: with the biases of all layers and 2 per batch-norm element, and beside these with 1 per ReLU element of a map.</summary>
    [Theory]
    [InlineData("resnet56", 126.551, 127.083)]
    [InlineData("resnet110", 254.985, 256.033)]
    [InlineData("vgg16-cifar-2fc", 314.018, 314.295)]
    [InlineData("googlenet-cifar", 1529.421, 1531.976)]
    [InlineData("resnet50", 4111.41, 4121.02)]
    [InlineData("mobilenetv2", 314.13, 320.24)]
    [InlineData("vgg16", 15483.82, 15497.37)]
    public void Counts_with_biases_and_elements_are_the_published_ones(string name, double withNormalisation, double withRelu)
    {
        var network = ModelCatalog.Build(name, new() { Initialization = WeightInitialization.Zero });
        var shapes = ShapeInference.Infer(network);
        long biases = network.Nodes.Where(node => node.OperatorType is "Conv" or "Gemm" && node.Inputs.Length > 2).Sum(node => shapes[node.Outputs[0]].Length);
        long activations = network.Nodes.Where(node => node.OperatorType is "Relu" or "Clip").Sum(node => shapes[node.Outputs[0]] is { Rank: 4 } map ? map.Length : 0);
        var cost = CostOf(name);

        double normalised = (cost.Macs + biases + (2 * cost.BatchNormElements)) / 1e6;

        // Published with three digits, or two for the large networks.
        int digits = withNormalisation >= 2000 || name == "mobilenetv2" ? 2 : 3;
        Assert.Equal((withNormalisation, withRelu), (Math.Round(normalised, digits), Math.Round(normalised + (activations / 1e6), digits)));
    }

    [Fact]
    public void Stride_in_the_first_1x1_convolution_costs_as_many_parameters_and_fewer_MACs()
    {
        var cost = CostOf("resnet50-v1");

        Assert.Equal((25_557_032L, 3_857_973_248L), (cost.Parameters, cost.Macs));
    }

    [Theory]
    [InlineData("resnet56", 127_615_616)]
    [InlineData("resnet110", 257_081_984)]
    [InlineData("vgg16-cifar-2fc", 314_571_776)]
    [InlineData("resnet50", 4_133_640_192)]
    [InlineData("vgg16", 15_470_264_320)]
    [InlineData("googlenet-cifar", 1_531_975_680)]
    [InlineData("mobilenetv2", 327_486_720)]
    public void Thop_counts_four_more_per_element_of_a_batch_normalisation(string name, long macs) => Assert.Equal(macs, CostOf(name).ThopMacs);

    [Fact]
    public void Closed_form_agrees_with_a_count_of_the_parameters_that_are_stored_for_every_network_of_the_catalog()
    {
        foreach (var model in ModelCatalog.All)
        {
            var network = ModelCatalog.Build(model.Name, new() { Initialization = WeightInitialization.Zero });

            long learned = network.Parameters
                .Where(entry => entry.Value.Type == ElementType.Float32 && entry.Value.Shape.Rank > 0 && !entry.Key.Contains(".running_", StringComparison.Ordinal))
                .Sum(entry => entry.Value.Shape.Length);

            Assert.Equal(learned, CostModel.Create(ChannelUnits.Analyze(network)).Full.Parameters);
        }
    }

    private static long BatchNormChannels(string name)
    {
        var network = ModelCatalog.Build(name, new() { Initialization = WeightInitialization.Zero });
        return network.Nodes.Where(node => node.OperatorType == "BatchNormalization").Sum(node => network.Parameters[node.Inputs[1]].Shape.Length);
    }

    private static Cost CostOf(string name, int? classes = null)
    {
        var network = ModelCatalog.Build(name, new() { Classes = classes, Initialization = WeightInitialization.Zero });
        return CostModel.Create(ChannelUnits.Analyze(network)).Full;
    }
}
