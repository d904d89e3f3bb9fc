using Coppice.Data;
using Coppice.Graph;
using Coppice.Models;
using Coppice.Search;

namespace Coppice.Tests.Training;

/// <summary>A task that a network learns within a second: which third of a small grey image is bright.</summary>
internal static class ToyTask
{
    public const int Classes = 3;

    /// <summary>Pixels as they are, about −1 to 1.</summary>
    public static readonly Normalization Normalization = new([0.5f], [0.5f]);

    /// <summary>Images of C × 9 × 9 whose label-th band of three columns is brighter than the noise around it.</summary>
    public static ImageDataset Images(int count, ulong seed = 1, int channels = 1)
    {
        var rng = Rng.For(seed, 0x544F59);
        int[] labels = [.. Enumerable.Range(0, count).Select(i => i % Classes)];
        byte[] pixels = [.. labels.SelectMany(label => Enumerable.Range(0, channels * 81).Select(i => (byte)(rng.Next(120) + (i % 9 / 3 == label ? 100 : 0))))];
        return new("toy", pixels, labels, new(channels, 9, 9), ["left", "middle", "right"]);
    }

    public static DataSubset Training(int count = 60, ulong seed = 1) => DataSubset.All(Images(count, seed), Split.Train);

    /// <summary>Train, search and test images.</summary>
    public static DataSplits Splits(int channels = 1) => DataSplits.Create(Images(150, channels: channels), Images(30, seed: 2, channels), searchCount: 60, seed: 1);

    /// <summary>Two convolutions with batch normalisation, one residual block between them, a classifier.</summary>
    /// <param name="seed">Seed of the starting values.</param>
    /// <param name="dropout">Whether the classifier begins with dropout.</param>
    /// <param name="filters">Filters of the block's inner convolution.</param>
    /// <param name="normalised">Whether batch normalisation follows the hidden layer of the classifier too.</param>
    public static Network Network(ulong seed = 1, bool dropout = false, int filters = 8, bool normalised = false)
    {
        var net = new NetworkBuilder("toy", new(1, 9, 9), InitializationScheme.ResNet)
            .Convolution("conv1", filters: 6, kernel: 3, pad: 1).BatchNorm("bn1").Relu("relu1")
            .Convolution("conv2", filters, kernel: 3, pad: 1).BatchNorm("bn2").Relu("relu2")
            .Convolution("conv3", filters: 6, kernel: 3, pad: 1).BatchNorm("bn3").Add("add", "relu1").Relu("relu3")
            .MaxPool("pool", kernel: 3, stride: 3).Flatten("flatten");
        var hidden = (dropout ? net.Dropout("dropout") : net).Linear("hidden", 10);
        return (normalised ? hidden.BatchNorm("bn4") : hidden).Relu("relu4").Linear("logits", Classes).Build(seed: seed);
    }
}
