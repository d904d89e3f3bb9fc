namespace Coppice.Models;

/// <summary>
/// GoogLeNet for small images (after Szegedy et al., 2015), as the pruning literature uses it (kuangliu, HRank, ABCPruner): convolutions with bias, batch normalisation and ReLU,
/// no auxiliary classifiers, and two 3×3 convolutions in place of each 5×5 one.
/// </summary>
internal static class GoogLeNetCifar
{
    public static IEnumerable<ModelRecipe> Models =>
    [
        new(
            ModelDescription.ForCifar("googlenet-cifar", "GoogLeNet (CIFAR)", "nine inception blocks, convolutions with bias and batch normalisation (kuangliu, HRank)"),
            InitializationScheme.PyTorchDefault,
            Append),
    ];

    private static void Append(NetworkBuilder net, int classes)
    {
        Unit(net, "pre_layers", first: 0, filters: 192, kernel: 3);
        Inception(net, "a3", new(64, 96, 128, 16, 32, 32));
        Inception(net, "b3", new(128, 128, 192, 32, 96, 64));
        net.MaxPool("maxpool1", kernel: 3, stride: 2, pad: 1);
        Inception(net, "a4", new(192, 96, 208, 16, 48, 64));
        Inception(net, "b4", new(160, 112, 224, 24, 64, 64));
        Inception(net, "c4", new(128, 128, 256, 24, 64, 64));
        Inception(net, "d4", new(112, 144, 288, 32, 64, 64));
        Inception(net, "e4", new(256, 160, 320, 32, 128, 128));
        net.MaxPool("maxpool2", kernel: 3, stride: 2, pad: 1);
        Inception(net, "a5", new(256, 160, 320, 32, 128, 128));
        Inception(net, "b5", new(384, 192, 384, 48, 128, 128));
        net.GlobalAveragePool("avgpool").Flatten("flatten").Linear("linear", classes);
    }

    /// <summary>Four branches over one input, concatenated: 1×1; 1×1, 3×3; 1×1, 3×3, 3×3; 3×3 max-pooling, 1×1.</summary>
    private static void Inception(NetworkBuilder net, string name, Widths widths)
    {
        string input = net.Current;
        string branch1 = Unit(net, $"{name}.b1", first: 0, widths.One, kernel: 1);

        Unit(net.At(input), $"{name}.b2", first: 0, widths.ReduceThree, kernel: 1);
        string branch2 = Unit(net, $"{name}.b2", first: 3, widths.Three, kernel: 3);

        Unit(net.At(input), $"{name}.b3", first: 0, widths.ReduceFive, kernel: 1);
        Unit(net, $"{name}.b3", first: 3, widths.Five, kernel: 3);
        string branch3 = Unit(net, $"{name}.b3", first: 6, widths.Five, kernel: 3);

        net.At(input).MaxPool($"{name}.b4.0", kernel: 3, stride: 1, pad: 1);
        Unit(net, $"{name}.b4", first: 1, widths.Pool, kernel: 1);
        net.ConcatAfter($"{name}.cat", branch1, branch2, branch3);
    }

    /// <summary>Convolution of unchanged size, batch normalisation and ReLU at positions <paramref name="first"/> to <paramref name="first"/> + 2 of a branch.</summary>
    /// <returns>Name of the value written.</returns>
    private static string Unit(NetworkBuilder net, string branch, int first, int filters, int kernel) => net
        .Convolution($"{branch}.{first}", filters, kernel, pad: kernel / 2, bias: true)
        .BatchNorm($"{branch}.{first + 1}")
        .Relu($"{branch}.{first + 2}")
        .Current;

    /// <summary>Filters of an inception block, in the order of table 1 of the paper.</summary>
    private sealed record Widths(int One, int ReduceThree, int Three, int ReduceFive, int Five, int Pool);
}
