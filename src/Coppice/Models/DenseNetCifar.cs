namespace Coppice.Models;

/// <summary>
/// DenseNet for small images without bottleneck (Huang et al., 2017), 40 layers with growth rate 12: three blocks of twelve layers BN, ReLU, 3×3 convolution, each of which is
/// concatenated to its input; transitions of the same width (θ = 1). Starting values are those of network slimming (γ = 0.5).
/// </summary>
internal static class DenseNetCifar
{
    private const int Growth = 12;
    private const int LayersPerBlock = 12;

    public static IEnumerable<ModelRecipe> Models =>
        from variant in ((string Suffix, int Stem, string Source)[])[("", 2 * Growth, "HRank, slimming's PyTorch port"), ("-16", 16, "the network-slimming paper")]
        select new ModelRecipe(
            ModelDescription.ForCifar($"densenet40{variant.Suffix}", "DenseNet (CIFAR)", $"40 layers, growth rate 12, first convolution of {variant.Stem} filters ({variant.Source})"),
            InitializationScheme.Slimming,
            (net, classes) => Append(net, variant.Stem, classes));

    private static void Append(NetworkBuilder net, int stem, int classes)
    {
        net.Convolution("conv1", stem, kernel: 3, pad: 1);
        for (int block = 1; block <= 3; block++)
        {
            for (int layer = 0; layer < LayersPerBlock; layer++)
            {
                AppendLayer(net, $"dense{block}.{layer}");
            }

            if (block < 3)
            {
                AppendTransition(net, $"trans{block}");
            }
        }

        net.BatchNorm("bn").Relu("relu").GlobalAveragePool("avgpool").Flatten("flatten").Linear("fc", classes);
    }

    /// <summary>y = [x, conv(ReLU(BN x))].</summary>
    private static void AppendLayer(NetworkBuilder net, string name)
    {
        string input = net.Current;
        net.BatchNorm($"{name}.bn1").Relu($"{name}.relu").Convolution($"{name}.conv1", Growth, kernel: 3, pad: 1).ConcatAfter($"{name}.cat", input);
    }

    private static void AppendTransition(NetworkBuilder net, string name)
    {
        int width = (int)net.Shape[1];
        net.BatchNorm($"{name}.bn1").Relu($"{name}.relu").Convolution($"{name}.conv1", width, kernel: 1).AveragePool($"{name}.pool", kernel: 2, stride: 2);
    }
}
