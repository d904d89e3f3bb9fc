namespace Coppice.Models;

/// <summary>
/// VGG for small images, as the pruning literature uses it: batch normalisation after each 3×3 convolution, one pooling of the whole last map, and one or two fully
/// connected layers without dropout. The starting values are those of network slimming (γ = 0.5).
/// </summary>
/// <remarks>The whole last map is 2×2 for images of 32 × 32. Pooling all of it keeps the classifier the same for other sizes.</remarks>
internal static class VggCifar
{
    public static IEnumerable<ModelRecipe> Models =>
        from layout in VggLayout.Depths
        from variant in ((string Suffix, Variant Variant, string Text)[])
        [
            ("", new(), "one fully connected layer, convolutions without bias (network slimming)"),
            ("-bias", new() { Bias = true, EndsWithMaximum = true }, "one fully connected layer, convolutions with bias, ends with max-pooling (ABCPruner)"),
            ("-2fc", new() { HiddenLayer = true }, "two fully connected layers, convolutions without bias (L1 filter pruning, FPGM)"),
            ("-2fc-bias", new() { Bias = true, HiddenLayer = true }, "two fully connected layers, convolutions with bias (HRank)"),
        ]
        select new ModelRecipe(
            ModelDescription.ForCifar($"vgg{layout.Depth}-cifar{variant.Suffix}", "VGG (CIFAR)", $"{layout.Depth} layers; {variant.Text}"),
            InitializationScheme.Slimming,
            (net, classes) => AppendHead(VggLayout.AppendFeatures(net, layout.Convolutions, variant.Variant.Bias, batchNorm: true, poolLast: false), variant.Variant, classes));

    private static void AppendHead(NetworkBuilder net, Variant variant, int classes)
    {
        _ = variant.EndsWithMaximum ? net.GlobalMaxPool("pool") : net.GlobalAveragePool("pool");
        net.Flatten("flatten");
        _ = variant.HiddenLayer
            ? net.Linear("classifier.0", 512).BatchNorm("classifier.1").Relu("classifier.2").Linear("classifier.3", classes)
            : net.Linear("classifier", classes);
    }

    /// <param name="Bias">Whether convolutions have biases.</param>
    /// <param name="HiddenLayer">Whether a fully connected layer of 512 with batch normalisation precedes the last one.</param>
    /// <param name="EndsWithMaximum">Whether the last map is reduced to its largest element instead of its mean.</param>
    private sealed record Variant(bool Bias = false, bool HiddenLayer = false, bool EndsWithMaximum = false);
}
