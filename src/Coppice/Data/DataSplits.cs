using System.Collections.Immutable;

namespace Coppice.Data;

/// <summary>
/// The data protocol of every run: weights are fitted on <see cref="Train"/>, candidates are compared on <see cref="Search"/>, and
/// <see cref="Test"/> is opened once, at the end. The search split is cut from the training images; the official test images are never
/// part of it.
/// </summary>
public sealed class DataSplits
{
    private DataSplits(DataSubset train, DataSubset search, ImageDataset test, ulong seed)
    {
        (Train, Search, Seed) = (train, search, seed);
        TrainAndSearch = DataSubset.All(train.Dataset, Split.Train);
        Test = new SealedSplit(DataSubset.All(test, Split.Test));
    }

    /// <summary>Training images left for fitting weights.</summary>
    public DataSubset Train { get; }

    /// <summary>Training images held back for the fitness.</summary>
    public DataSubset Search { get; }

    /// <summary>All training images: for a last fine-tuning when nothing is chosen any more, and for runs that repeat what authors did who held nothing back.</summary>
    public DataSubset TrainAndSearch { get; }

    /// <summary>The official test images, sealed.</summary>
    public SealedSplit Test { get; }

    /// <summary>What a reader of results must know of the images, such as that some could not be read; empty where all is well so far.</summary>
    public ImmutableArray<string> Caveats => [.. new[] { Train.Dataset.Caveat, Test.Caveat }.OfType<string>()];

    /// <summary>The seed that chose the search split.</summary>
    public ulong Seed { get; }

    /// <summary>Holds back a number of training images, each class in its proportion (largest remainder).</summary>
    /// <param name="train">All training images.</param>
    /// <param name="test">The official test images.</param>
    /// <param name="searchCount">Size of the search split, [1, N − 1]. Papers on CIFAR use 5,000 of 50,000.</param>
    /// <param name="seed">Same seed, same splits.</param>
    /// <exception cref="ArgumentException">A split would be empty, or the two sets differ in image size or classes.</exception>
    public static DataSplits Create(ImageDataset train, ImageDataset test, int searchCount, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        if (train.Shape != test.Shape || !train.ClassNames.AsSpan().SequenceEqual(test.ClassNames.AsSpan()))
            throw new ArgumentException($"Cannot split '{train.Name}': training and test images have one size and one list of classes, but they are {train.Shape} with {train.ClassCount} classes and {test.Shape} with {test.ClassCount} classes ('{test.Name}').", nameof(test));
        if (searchCount < 1 || searchCount >= train.Count)
            throw new ArgumentOutOfRangeException(nameof(searchCount), $"Cannot split '{train.Name}': the search split takes 1 to {train.Count - 1} of {train.Count} training images, but {searchCount} are asked for.");

        var (search, rest) = Stratification.Choose(
            train, DataSubset.All(train, Split.Train).Indices, searchCount, seed, RandomStream.Splitting);
        return new(new DataSubset(train, Split.Train, rest), new DataSubset(train, Split.Search, search), test, seed);
    }

    /// <summary>Holds back a fraction of the training images, rounded to the nearest number of images.</summary>
    /// <param name="train">All training images.</param>
    /// <param name="test">The official test images.</param>
    /// <param name="searchFraction">Share of the search split, (0, 1).</param>
    /// <param name="seed">Same seed, same splits.</param>
    /// <exception cref="ArgumentException">A split would be empty, or the two sets differ in image size or classes.</exception>
    public static DataSplits Create(ImageDataset train, ImageDataset test, double searchFraction, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(train);
        if (!(searchFraction is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(searchFraction), FormattableString.Invariant($"Cannot split '{train.Name}': the share of the search split lies between 0 and 1, but it is {searchFraction}."));
        return Create(train, test, (int)Math.Round(searchFraction * train.Count), seed);
    }
}
