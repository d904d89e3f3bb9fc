using System.Collections.Immutable;

namespace Coppice.Models;

/// <summary>
/// MobileNet (Howard et al., 2017, table 1): a 3×3 stem, then thirteen pairs of a 3×3 depthwise and a 1×1 convolution, batch normalisation and ReLU after each.
/// The form for small images is the one of the CIFAR repositories (kuangliu): the stem has stride 1.
/// </summary>
internal static class MobileNetV1
{
    /// <summary>Filters of each 1×1 convolution, with the stride of the depthwise convolution before it.</summary>
    private static readonly ImmutableArray<(int Filters, int Stride)> Pairs =
        [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1)];

    public static IEnumerable<ModelRecipe> Models =>
    [
        new(
            ModelDescription.ForCifar("mobilenetv1-cifar", "MobileNetV1", "depthwise-separable convolutions, stem of stride 1 (kuangliu)"),
            InitializationScheme.PyTorchDefault,
            (net, classes) => Append(net, stemStride: 1, classes)),
        new(
            ModelDescription.ForImageNet("mobilenetv1", "MobileNetV1", "depthwise-separable convolutions, width 1.0 (the paper)"),
            InitializationScheme.PyTorchDefault,
            (net, classes) => Append(net, stemStride: 2, classes)),
    ];

    private static void Append(NetworkBuilder net, int stemStride, int classes)
    {
        net.Convolution("conv1", filters: 32, kernel: 3, stemStride, pad: 1).BatchNorm("bn1").Relu("relu1");
        for (int i = 0; i < Pairs.Length; i++)
        {
            int channels = (int)net.Shape[1];
            net
                .Convolution($"layers.{i}.conv1", channels, kernel: 3, Pairs[i].Stride, pad: 1, groups: channels).BatchNorm($"layers.{i}.bn1").Relu($"layers.{i}.relu1")
                .Convolution($"layers.{i}.conv2", Pairs[i].Filters, kernel: 1).BatchNorm($"layers.{i}.bn2").Relu($"layers.{i}.relu2");
        }

        net.GlobalAveragePool("avgpool").Flatten("flatten").Linear("linear", classes);
    }
}
