using Coppice.Data;

namespace Coppice.Tests.Data;

/// <summary>The real data set, from Debian's package dataset-fashion-mnist.</summary>
public sealed class FashionMnistTests(FashionMnistTests.Fixture data) : IClassFixture<FashionMnistTests.Fixture>
{
    [Fact]
    public void Fashion_MNIST_has_the_published_sizes_labels_and_names()
    {
        Assert.Equal(60_000, data.Train.Count);
        Assert.Equal(10_000, data.Test.Count);
        Assert.Equal(new ImageShape(1, 28, 28), data.Train.Shape);
        Assert.Equal<int>([9, 0, 0, 3, 0], data.Train.Labels[..5].ToArray());
        Assert.Equal<int>([9, 2, 1, 1, 6], data.Test.Labels[..5].ToArray());
        Assert.Equal(Enumerable.Repeat(6_000, 10), DataSubset.All(data.Train, Split.Train).CountByClass());
        Assert.Equal(Enumerable.Repeat(1_000, 10), DataSubset.All(data.Test, Split.Test).CountByClass());
        Assert.Equal("Ankle boot", data.Train.ClassNames[9]);
    }

    [Fact]
    public void Fashion_MNIST_normalisation_is_mean_and_deviation_of_its_training_pixels()
    {
        double sum = 0, squares = 0;
        foreach (byte pixel in data.Train.Pixels)
        {
            double x = pixel / 255.0;
            sum += x;
            squares += x * x;
        }

        double mean = sum / data.Train.Pixels.Length;
        double deviation = Math.Sqrt((squares / data.Train.Pixels.Length) - (mean * mean));

        Assert.Equal(Normalization.FashionMnist.Mean[0], mean, tolerance: 1e-3);
        Assert.Equal(Normalization.FashionMnist.Std[0], deviation, tolerance: 1e-3);
    }

    [Fact]
    public void Fashion_MNIST_splits_into_exactly_balanced_classes()
    {
        var splits = DataSplits.Create(data.Train, data.Test, searchFraction: 0.1, seed: 1);

        Assert.Equal(Enumerable.Repeat(5_400, 10), splits.Train.CountByClass());
        Assert.Equal(Enumerable.Repeat(600, 10), splits.Search.CountByClass());
        Assert.Equal(Enumerable.Repeat(200, 10), splits.Search.Take(2_000, seed: 1).CountByClass());
    }

    public sealed class Fixture
    {
        public Fixture() => (Train, Test) = DataSource.Parse("fashion-mnist").Load();

        public ImageDataset Train { get; }

        public ImageDataset Test { get; }
    }
}
