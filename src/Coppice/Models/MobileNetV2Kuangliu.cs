namespace Coppice.Models;

/// <summary>
/// MobileNetV2 as the CIFAR repositories write it (kuangliu). Differs from <see cref="MobileNetV2"/>: plain ReLU, a convolution expands even where t = 1, and where a block keeps the
/// size of its map but not its width, a 1×1 convolution with batch normalisation is its shortcut.
/// </summary>
internal static class MobileNetV2Kuangliu
{
    public static IEnumerable<ModelRecipe> Models =>
    [
        new(
            ModelDescription.ForCifar("mobilenetv2-cifar-kuangliu", "MobileNetV2", "inverted residuals, ReLU, projected shortcuts at equal size, expansion also for t = 1 (kuangliu)"),
            InitializationScheme.PyTorchDefault,
            Append),
    ];

    private static void Append(NetworkBuilder net, int classes)
    {
        net.Convolution("conv1", filters: 32, kernel: 3, pad: 1).BatchNorm("bn1").Relu("relu1");
        int block = 0;
        foreach (var stage in MobileNetV2.SmallStages)
        {
            for (int i = 0; i < stage.Blocks; i++)
            {
                Block(net, $"layers.{block++}", stage.Expansion, stage.Filters, stride: i == 0 ? stage.Stride : 1);
            }
        }

        net.Convolution("conv2", filters: 1280, kernel: 1).BatchNorm("bn2").Relu("relu2").GlobalAveragePool("avgpool").Flatten("flatten").Linear("linear", classes);
    }

    private static void Block(NetworkBuilder net, string name, int expansion, int filters, int stride)
    {
        string input = net.Current;
        int channels = (int)net.Shape[1], hidden = channels * expansion;
        if (stride == 1 && channels != filters)
        {
            net.Convolution($"{name}.shortcut.0", filters, kernel: 1).BatchNorm($"{name}.shortcut.1");
        }

        string carried = net.Current;
        net.At(input)
            .Convolution($"{name}.conv1", hidden, kernel: 1).BatchNorm($"{name}.bn1").Relu($"{name}.relu1")
            .Convolution($"{name}.conv2", hidden, kernel: 3, stride, pad: 1, groups: hidden).BatchNorm($"{name}.bn2").Relu($"{name}.relu2")
            .Convolution($"{name}.conv3", filters, kernel: 1).BatchNorm($"{name}.bn3");
        if (stride == 1)
        {
            net.Add($"{name}.add", carried);
        }
    }
}
