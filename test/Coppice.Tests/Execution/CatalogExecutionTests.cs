using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.Execution;

/// <summary>The networks of the catalog on small images, with batch-norm vectors as after a training.</summary>
public sealed class CatalogExecutionTests : LeakCheck
{
    [Theory]
    [InlineData("resnet20", 16)]
    [InlineData("resnet20-a-append", 16)]
    [InlineData("resnet20-a-average", 16)]
    [InlineData("resnet20-b", 16)]
    [InlineData("resnet56", 16)]
    [InlineData("resnet164", 16)]
    [InlineData("vgg16-cifar", 32)]
    [InlineData("vgg16-cifar-2fc-bias", 32)]
    [InlineData("googlenet-cifar", 16)]
    [InlineData("densenet40", 16)]
    [InlineData("mobilenetv1-cifar", 32)]
    [InlineData("mobilenetv2-cifar", 32)]
    [InlineData("mobilenetv2-cifar-kuangliu", 32)]
    [InlineData("mobilenetv2", 64)]
    [InlineData("lenet5", 28)]
    [InlineData("alexnet-caffe", 67)]
    public void Pruned_network_computes_what_the_zeroed_one_does_and_both_what_the_plain_interpreter_does(string name, int size)
    {
        var network = Executing.WithTrainedStatistics(ModelCatalog.Build(name, new() { InputSize = size, Seed = 1 }));
        var units = ChannelUnits.Analyze(network);
        var plan = NetworkGenerator.Plan(units, seed: 4);
        var zeroed = Pruner.ZeroOut(units, plan);
        var pruned = Pruner.Apply(units, plan);
        var images = Executing.Images(network);

        float[][] expected = Executing.RunPlainly(zeroed, images);

        Executing.AssertClose(expected, Executing.Run(zeroed, images), 1e-4);
        Executing.AssertClose(expected, Executing.Run(pruned, images), 1e-4);
    }

    /// <summary>Batch normalisations that read a part of a shared stream only.</summary>
    [Theory]
    [InlineData("resnet164")]
    [InlineData("densenet40")]
    public void Network_with_channel_selections_computes_what_the_zeroed_one_does(string name)
    {
        var network = Executing.WithTrainedStatistics(ModelCatalog.Build(name, new() { InputSize = 16, Seed = 1 }));
        var units = ChannelUnits.Analyze(network, selections: true);
        var plan = NetworkGenerator.Plan(units, seed: 4);
        var images = Executing.Images(network);

        float[][] expected = Executing.RunPlainly(Pruner.ZeroOut(units, plan), images);

        Executing.AssertClose(expected, Executing.Run(Pruner.Apply(units, plan), images), 1e-4);
    }

    /// <summary>Batch normalisation folded (what is evaluated) against not folded (what the file says).</summary>
    [Theory]
    [InlineData("resnet20")]
    [InlineData("resnet20-b")]
    [InlineData("resnet56")]
    public void Folded_evaluation_equals_the_unfolded_network(string name)
    {
        var network = Executing.WithTrainedStatistics(ModelCatalog.Build(name, new() { InputSize = 16, InputChannels = 1 }));
        var images = Executing.Images(network);

        Executing.AssertClose(Executing.RunPlainly(network, images), Executing.Run(network, images), 1e-5);
    }

    /// <summary>16 bits keep three digits; after 20 layers the class scores are off by a few of the last one.</summary>
    [Fact]
    public void Resnet20_in_bfloat16_keeps_two_digits_of_its_logits()
    {
        var network = Executing.WithTrainedStatistics(ModelCatalog.Build("resnet20", new() { InputSize = 16 }));
        var images = Executing.Images(network);

        Executing.AssertClose(Executing.RunPlainly(network, images), Executing.Run(network, images, new() { Precision = Precision.BFloat16 }), 0.03);
    }
}
