using System.Collections.Immutable;

namespace Coppice.Models;

/// <summary>
/// MobileNetV2 (Sandler et al., 2018, table 2) with torchvision's names: inverted residuals with linear bottlenecks and ReLU6; no convolution expands where t = 1.
/// The form for small images has stride 1 in the stem and in the second stage.
/// </summary>
/// <remarks>The CIFAR repositories' variant (kuangliu), which differs in more than strides, is <see cref="MobileNetV2Kuangliu"/>.</remarks>
internal static class MobileNetV2
{
    /// <summary>The stages for ImageNet.</summary>
    public static readonly ImmutableArray<Stage> Stages =
        [new(1, 16, 1, 1), new(6, 24, 2, 2), new(6, 32, 3, 2), new(6, 64, 4, 2), new(6, 96, 3, 1), new(6, 160, 3, 2), new(6, 320, 1, 1)];

    /// <summary>The stages for small images: the second one keeps the size of its map.</summary>
    public static readonly ImmutableArray<Stage> SmallStages = Stages.SetItem(1, Stages[1] with { Stride = 1 });

    public static IEnumerable<ModelRecipe> Models =>
    [
        new(
            ModelDescription.ForCifar("mobilenetv2-cifar", "MobileNetV2", "inverted residuals, ReLU6; torchvision's blocks with stride 1 in stem and second stage, no dropout"),
            InitializationScheme.Vgg,
            (net, classes) => AppendSmallHead(AppendFeatures(net, stemStride: 1, SmallStages), classes)),
        new(
            ModelDescription.ForImageNet("mobilenetv2", "MobileNetV2", "inverted residuals, ReLU6, dropout, width 1.0 (torchvision)"),
            InitializationScheme.Vgg,
            (net, classes) => AppendHead(AppendFeatures(net, stemStride: 2, Stages), classes)),
    ];

    private static NetworkBuilder AppendFeatures(NetworkBuilder net, int stemStride, ImmutableArray<Stage> stages)
    {
        net.Convolution("features.0.0", filters: 32, kernel: 3, stemStride, pad: 1).BatchNorm("features.0.1").Relu6("features.0.2");
        int block = 1;
        foreach (var stage in stages)
        {
            for (int i = 0; i < stage.Blocks; i++)
            {
                Block(net, $"features.{block++}", stage, stride: i == 0 ? stage.Stride : 1);
            }
        }

        return net.Convolution($"features.{block}.0", filters: 1280, kernel: 1).BatchNorm($"features.{block}.1").Relu6($"features.{block}.2");
    }

    /// <summary>y = BN(1×1(ReLU6(BN(depthwise(ReLU6(BN(1×1 to t · C)))))), plus x where the shape allows; the first convolution is absent for t = 1.</summary>
    private static void Block(NetworkBuilder net, string name, Stage stage, int stride)
    {
        string input = net.Current;
        int channels = (int)net.Shape[1], hidden = channels * stage.Expansion;
        int part = 0;
        if (stage.Expansion > 1)
        {
            net.Convolution($"{name}.conv.0.0", hidden, kernel: 1).BatchNorm($"{name}.conv.0.1").Relu6($"{name}.conv.0.2");
            part = 1;
        }

        net.Convolution($"{name}.conv.{part}.0", hidden, kernel: 3, stride, pad: 1, groups: hidden).BatchNorm($"{name}.conv.{part}.1").Relu6($"{name}.conv.{part}.2")
            .Convolution($"{name}.conv.{part + 1}", stage.Filters, kernel: 1).BatchNorm($"{name}.conv.{part + 2}");
        if (stride == 1 && channels == stage.Filters)
        {
            net.Add($"{name}.add", input);
        }
    }

    private static void AppendSmallHead(NetworkBuilder net, int classes) =>
        net.GlobalAveragePool("avgpool").Flatten("flatten").Linear("classifier", classes);

    private static void AppendHead(NetworkBuilder net, int classes) =>
        net.GlobalAveragePool("avgpool").Flatten("flatten").Dropout("classifier.0", ratio: 0.2f).Linear("classifier.1", classes);

    /// <summary>A row of the paper's table 2.</summary>
    /// <param name="Expansion">t: how many times wider a block is inside than at its input.</param>
    /// <param name="Filters">c: channels that each block writes.</param>
    /// <param name="Blocks">n: how often the block is repeated.</param>
    /// <param name="Stride">s: stride of the first of them.</param>
    internal sealed record Stage(int Expansion, int Filters, int Blocks, int Stride);
}
