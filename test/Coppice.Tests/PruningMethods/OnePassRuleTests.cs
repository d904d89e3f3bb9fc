using Coppice.Models;
using Coppice.Pruning;
using Coppice.Tests.Graph;

namespace Coppice.Tests.PruningMethods;

public sealed class OnePassRuleTests
{
    /// <summary>
    /// ResNet-20 on 32 × 32 holds three values of 16 channels at its peak, 192 KiB an image. ResNet-18 on 224 × 224 holds two of 64 channels at 112 × 112, 6.1 MiB: 83 images fit into 512 MiB.
    /// </summary>
    [Theory]
    [InlineData("resnet20", AdaptiveBatchNorm.Auto, 8, 2000, 256)]
    [InlineData("resnet20", AdaptiveBatchNorm.Auto, 8, 256, 256)]
    [InlineData("resnet20", AdaptiveBatchNorm.Auto, 8, 255, 0)]
    [InlineData("resnet20", AdaptiveBatchNorm.Auto, 1, 255, 128)]
    [InlineData("resnet20", AdaptiveBatchNorm.OnePass, 24, 5000, 3072)]
    [InlineData("resnet20", AdaptiveBatchNorm.OnePass, 8, 300, 300)]
    [InlineData("resnet20", AdaptiveBatchNorm.TwoPass, 8, 2000, 0)]
    [InlineData("resnet18", AdaptiveBatchNorm.Auto, 1, 2000, 0)]
    public void One_pass_is_taken_where_a_batch_of_all_images_is_there_and_fits(string network, AdaptiveBatchNorm asked, int batches, int scored, int expected)
    {
        var options = new FitnessOptions { AdaptiveBatchNorm = asked, RecalibrationBatches = batches, SearchSamples = scored };

        Assert.Equal(expected, OnePassRule.ImagesFor(options, ModelCatalog.Build(network, new() { Initialization = WeightInitialization.Zero }), inputShapes: null));
    }

    [Fact]
    public void Network_that_cannot_be_scored_in_one_pass_is_refused_where_that_is_asked_for()
    {
        var draw = new Draw(channels: 1, rows: 4, columns: 4);
        string first = draw.BatchNorm("bn", draw.Conv("conv", "x", filters: 2)), second = draw.Conv("other", "x", filters: 2);
        var network = draw.Build(first, second);

        var error = Assert.Throws<CoppiceException>(() => OnePassRule.ImagesFor(new() { AdaptiveBatchNorm = AdaptiveBatchNorm.OnePass }, network, inputShapes: null));

        Assert.Contains("--adaptive-bn", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, OnePassRule.ImagesFor(new(), network, inputShapes: null));
    }
}
