namespace Coppice.Models;

/// <summary>
/// ResNet for small images (He et al., 2016, section 4.2), depth 6n + 2: a 3×3 stem with 16 filters, three stages of n basic blocks with 16, 32 and 64 channels,
/// global average pooling and one fully connected layer.
/// </summary>
internal static class ResNetCifar
{
    /// <summary>How a block passes its input on where the number of channels doubles and the map halves.</summary>
    private enum Shortcut
    {
        /// <summary>Option A as in the akamaster and HRank code: every second pixel, zeros in front of and behind the channels.</summary>
        PadBothSides,

        /// <summary>Option A as in the soft-filter-pruning and FPGM code: every second pixel, zeros behind the channels.</summary>
        Append,

        /// <summary>Option A as in the rethinking code: 2×2 average pooling, zeros behind the channels.</summary>
        AverageAppend,

        /// <summary>Option B: 1×1 convolution with stride 2 and batch normalisation.</summary>
        Project,
    }

    public static IEnumerable<ModelRecipe> Models =>
        from depth in (int[])[20, 32, 44, 56, 110]
        from variant in ((string Suffix, Shortcut Shortcut, string Text)[])
        [
            ("", Shortcut.PadBothSides, "shortcut option A: every second pixel, zeros on both sides"),
            ("-a-append", Shortcut.Append, "shortcut option A: every second pixel, zeros appended"),
            ("-a-average", Shortcut.AverageAppend, "shortcut option A: 2x2 average pooling, zeros appended"),
            ("-b", Shortcut.Project, "shortcut option B: 1x1 projection"),
        ]
        select new ModelRecipe(
            ModelDescription.ForCifar($"resnet{depth}{variant.Suffix}", "ResNet (CIFAR)", $"{depth} layers, basic blocks; {variant.Text}"),
            InitializationScheme.ResNet,
            (net, classes) => Append(net, blocksPerStage: (depth - 2) / 6, variant.Shortcut, classes));

    private static void Append(NetworkBuilder net, int blocksPerStage, Shortcut shortcut, int classes)
    {
        net.Convolution("conv1", filters: 16, kernel: 3, pad: 1).BatchNorm("bn1").Relu("relu");
        for (int stage = 1; stage <= 3; stage++)
        {
            int width = 16 << (stage - 1);
            for (int block = 0; block < blocksPerStage; block++)
            {
                Block(net, $"layer{stage}.{block}", width, shortcut);
            }
        }

        net.GlobalAveragePool("avgpool").Flatten("flatten").Linear("fc", classes);
    }

    /// <summary>y = ReLU(BN2(conv2(ReLU(BN1(conv1 x)))) + shortcut(x)).</summary>
    private static void Block(NetworkBuilder net, string name, int width, Shortcut shortcut)
    {
        string input = net.Current;
        bool narrows = net.Shape[1] != width;
        if (narrows)
        {
            AppendShortcut(net, $"{name}.downsample", width, shortcut);
        }

        string carried = net.Current;
        net.At(input)
            .Convolution($"{name}.conv1", width, kernel: 3, stride: narrows ? 2 : 1, pad: 1).BatchNorm($"{name}.bn1").Relu($"{name}.relu1")
            .Convolution($"{name}.conv2", width, kernel: 3, pad: 1).BatchNorm($"{name}.bn2")
            .Add($"{name}.add", carried).Relu($"{name}.relu2");
    }

    private static NetworkBuilder AppendShortcut(NetworkBuilder net, string name, int width, Shortcut shortcut)
    {
        int missing = width - (int)net.Shape[1];
        return shortcut switch
        {
            Shortcut.PadBothSides => net.Subsample($"{name}.slice", step: 2).PadChannels($"{name}.pad", missing / 2, missing - (missing / 2)),
            Shortcut.Append => net.Subsample($"{name}.slice", step: 2).PadChannels($"{name}.pad", before: 0, after: missing),
            Shortcut.AverageAppend => net.AveragePool($"{name}.pool", kernel: 2, stride: 2).PadChannels($"{name}.pad", before: 0, after: missing),
            _ => net.Convolution($"{name}.0", width, kernel: 1, stride: 2).BatchNorm($"{name}.1"),
        };
    }
}
