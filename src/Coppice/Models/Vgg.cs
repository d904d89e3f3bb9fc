namespace Coppice.Models;

/// <summary>VGG for ImageNet (Simonyan &amp; Zisserman, 2015) with torchvision's names, plain and with batch normalisation.</summary>
/// <remarks>
/// torchvision's adaptive pooling to 7×7 is the identity for images of 224 × 224 and left out: for other sizes the first fully connected layer is as wide as the last map needs.
/// </remarks>
internal static class Vgg
{
    public static IEnumerable<ModelRecipe> Models =>
        from layout in VggLayout.Depths
        from batchNorm in (bool[])[false, true]
        select new ModelRecipe(
            ModelDescription.ForImageNet(
                $"vgg{layout.Depth}{(batchNorm ? "-bn" : "")}",
                "VGG",
                $"{layout.Depth} layers, {(batchNorm ? "batch normalisation" : "no batch normalisation")}, dropout (torchvision)"),
            InitializationScheme.Vgg,
            (net, classes) => AppendHead(VggLayout.AppendFeatures(net, layout.Convolutions, bias: true, batchNorm, poolLast: true), classes));

    private static void AppendHead(NetworkBuilder net, int classes) => net
        .Flatten("flatten")
        .Linear("classifier.0", 4096).Relu("classifier.1").Dropout("classifier.2")
        .Linear("classifier.3", 4096).Relu("classifier.4").Dropout("classifier.5")
        .Linear("classifier.6", classes);
}
