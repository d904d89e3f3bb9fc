using System.Collections.Immutable;

namespace Coppice.Models;

/// <summary>ResNet for ImageNet (He et al., 2016, table 1), with torchvision's names; shortcut option B where the shape changes.</summary>
internal static class ResNet
{
    public static IEnumerable<ModelRecipe> Models =>
    [
        Describe("resnet18", new(Block.Basic, [2, 2, 2, 2]), "18 layers, basic blocks"),
        Describe("resnet34", new(Block.Basic, [3, 4, 6, 3]), "34 layers, basic blocks"),
        Describe("resnet50", new(Block.Bottleneck, [3, 4, 6, 3]), "50 layers, bottlenecks, stride in the 3x3 convolution (torchvision)"),
        Describe("resnet101", new(Block.Bottleneck, [3, 4, 23, 3]), "101 layers, bottlenecks, stride in the 3x3 convolution (torchvision)"),
        Describe("resnet152", new(Block.Bottleneck, [3, 8, 36, 3]), "152 layers, bottlenecks, stride in the 3x3 convolution (torchvision)"),
        Describe("resnet50-v1", new(Block.BottleneckStrideFirst, [3, 4, 6, 3]), "50 layers, bottlenecks, stride in the first 1x1 convolution (the paper)"),
    ];

    private enum Block
    {
        /// <summary>Two 3×3 convolutions.</summary>
        Basic,

        /// <summary>1×1, 3×3 with the stride, 1×1 to four times the width.</summary>
        Bottleneck,

        /// <summary>1×1 with the stride, 3×3, 1×1 to four times the width.</summary>
        BottleneckStrideFirst,
    }

    private static ModelRecipe Describe(string name, Layout layout, string description) =>
        new(ModelDescription.ForImageNet(name, "ResNet", description), InitializationScheme.ResNet, (net, classes) => Append(net, layout, classes));

    private static void Append(NetworkBuilder net, Layout layout, int classes)
    {
        net.Convolution("conv1", filters: 64, kernel: 7, stride: 2, pad: 3).BatchNorm("bn1").Relu("relu").MaxPool("maxpool", kernel: 3, stride: 2, pad: 1);
        for (int stage = 1; stage <= 4; stage++)
        {
            for (int block = 0; block < layout.BlocksPerStage[stage - 1]; block++)
            {
                AppendBlock(net, $"layer{stage}.{block}", layout.Block, width: 64 << (stage - 1), stride: stage > 1 && block == 0 ? 2 : 1);
            }
        }

        net.GlobalAveragePool("avgpool").Flatten("flatten").Linear("fc", classes);
    }

    private static void AppendBlock(NetworkBuilder net, string name, Block block, int width, int stride)
    {
        string input = net.Current;
        int outputs = block == Block.Basic ? width : 4 * width;
        if (net.Shape[1] != outputs)
        {
            net.Convolution($"{name}.downsample.0", outputs, kernel: 1, stride).BatchNorm($"{name}.downsample.1");
        }

        string carried = net.Current;
        net.At(input);
        _ = block switch
        {
            Block.Basic => net
                .Convolution($"{name}.conv1", width, kernel: 3, stride, pad: 1).BatchNorm($"{name}.bn1").Relu($"{name}.relu1")
                .Convolution($"{name}.conv2", outputs, kernel: 3, pad: 1).BatchNorm($"{name}.bn2"),
            _ => net
                .Convolution($"{name}.conv1", width, kernel: 1, block == Block.Bottleneck ? 1 : stride).BatchNorm($"{name}.bn1").Relu($"{name}.relu1")
                .Convolution($"{name}.conv2", width, kernel: 3, block == Block.Bottleneck ? stride : 1, pad: 1).BatchNorm($"{name}.bn2").Relu($"{name}.relu2")
                .Convolution($"{name}.conv3", outputs, kernel: 1).BatchNorm($"{name}.bn3"),
        };
        net.Add($"{name}.add", carried).Relu($"{name}.relu");
    }

    private sealed record Layout(Block Block, ImmutableArray<int> BlocksPerStage);
}
