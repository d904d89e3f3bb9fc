namespace Coppice.Models;

/// <summary>
/// Pre-activation ResNet with bottlenecks for small images (He et al., 2016, "Identity mappings"), depth 9n + 2, as the network-slimming code writes it (Liu et al., 2017):
/// the first block of each stage projects its raw input by a 1×1 convolution without batch normalisation; γ starts at 0.5.
/// </summary>
internal static class PreActivationResNet
{
    private const int Expansion = 4;

    public static IEnumerable<ModelRecipe> Models =>
    [
        new(
            ModelDescription.ForCifar("resnet164", "ResNet (pre-activation)", "164 layers, pre-activation bottlenecks, as in network slimming"),
            InitializationScheme.Slimming,
            (net, classes) => Append(net, blocksPerStage: 18, classes)),
    ];

    private static void Append(NetworkBuilder net, int blocksPerStage, int classes)
    {
        net.Convolution("conv1", filters: 16, kernel: 3, pad: 1);
        for (int stage = 1; stage <= 3; stage++)
        {
            for (int block = 0; block < blocksPerStage; block++)
            {
                Block(net, $"layer{stage}.{block}", width: 16 << (stage - 1), stride: stage > 1 && block == 0 ? 2 : 1);
            }
        }

        net.BatchNorm("bn").Relu("relu").GlobalAveragePool("avgpool").Flatten("flatten").Linear("fc", classes);
    }

    /// <summary>y = conv3(ReLU(BN3(conv2(ReLU(BN2(conv1(ReLU(BN1 x)))))))) + shortcut(x).</summary>
    private static void Block(NetworkBuilder net, string name, int width, int stride)
    {
        string input = net.Current;
        if (net.Shape[1] != width * Expansion)
        {
            net.Convolution($"{name}.downsample.0", width * Expansion, kernel: 1, stride);
        }

        string carried = net.Current;
        net.At(input)
            .BatchNorm($"{name}.bn1").Relu($"{name}.relu1").Convolution($"{name}.conv1", width, kernel: 1)
            .BatchNorm($"{name}.bn2").Relu($"{name}.relu2").Convolution($"{name}.conv2", width, kernel: 3, stride, pad: 1)
            .BatchNorm($"{name}.bn3").Relu($"{name}.relu3").Convolution($"{name}.conv3", width * Expansion, kernel: 1)
            .Add($"{name}.add", carried);
    }
}
