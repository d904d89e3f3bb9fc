using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Coppice.Data;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning;

/// <summary>How candidates are scored.</summary>
public sealed record FitnessOptions
{
    /// <summary>Images of the search split that a candidate's loss is measured on.</summary>
    public int SearchSamples { get; init; } = 2000;

    /// <summary>Where batch-norm statistics of candidates come from.</summary>
    public AdaptiveBatchNorm AdaptiveBatchNorm { get; init; }

    /// <summary>Batches of training images from which batch-norm statistics are estimated anew for each candidate; in one pass images that are scored take their place, as many, or 256 at most with <see cref="AdaptiveBatchNorm.Auto"/>. Criteria and repairs take their images here too.</summary>
    public int RecalibrationBatches { get; init; } = 8;

    /// <summary>Images per recalibration batch.</summary>
    public int RecalibrationBatchSize { get; init; } = 128;

    /// <summary>As published: about 10,000 images for the score (ABCPruner: all test images of CIFAR; EagleEye; CCEP: a fifth of CIFAR's), 100 batches for statistics (EagleEye).</summary>
    public static FitnessOptions Published { get; } = new() { SearchSamples = 10_000, RecalibrationBatches = 100, TakesLess = true };

    /// <summary>Whether fewer images do where the splits do not hold so many.</summary>
    public bool TakesLess { get; init; }

    /// <summary>Seed of the choice of images.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>The images that candidates are scored on, loaded once for a whole search.</summary>
public sealed class FitnessImages : IDisposable
{
    private string? _contentHash;

    private FitnessImages(TensorBatches recalibration, TensorBatches scored)
    {
        Recalibration = recalibration;
        Scored = scored;
    }

    /// <summary>Training images, in a random order: for batch-norm statistics in a pass of their own, for repairs and criteria.</summary>
    public TensorBatches Recalibration { get; }

    /// <summary>Images for the score, in a random order, so that the first of them are like all.</summary>
    public TensorBatches Scored { get; }

    /// <summary>Takes over images that are loaded already.</summary>
    internal static FitnessImages Of(TensorBatches recalibration, TensorBatches scored) => new(recalibration, scored);

    /// <summary>SHA-256 of all images as the networks see them, and of their labels, in lower-case hexadecimal.</summary>
    public string ContentHash => _contentHash ??= Hash([.. Recalibration.Batches, .. Scored.Batches]);

    /// <summary>The same options with as many images as there are, where fewer do.</summary>
    /// <param name="splits">Where training images come from.</param>
    /// <param name="options">How many are asked for.</param>
    /// <param name="available">Images that there are for the score.</param>
    /// <exception cref="CoppiceException">A split has too few.</exception>
    public static FitnessOptions Fit(DataSplits splits, FitnessOptions options, int available)
    {
        var fitted = !options.TakesLess ? options : options with
        {
            SearchSamples = Math.Min(options.SearchSamples, available),
            RecalibrationBatches = Math.Min(options.RecalibrationBatches, splits.Train.Count / options.RecalibrationBatchSize),
        };
        int calibration = fitted.RecalibrationBatches * fitted.RecalibrationBatchSize;
        return fitted.SearchSamples >= 1 && fitted.SearchSamples <= available && calibration >= 1 && calibration <= splits.Train.Count
            ? fitted
            : throw new CoppiceException(
                $"Cannot score candidates on {fitted.SearchSamples} search images after recalibration on {calibration} training images: the splits have {available} and {splits.Train.Count}; change --search-samples or --bn-recalibrate.");
    }

    /// <summary>Draws and loads the images, those for the score from the search split; call it on the <see cref="ModelThread"/> that will score.</summary>
    /// <exception cref="CoppiceException">A split has too few images.</exception>
    public static FitnessImages Load(DataSplits splits, Normalization normalization, FitnessOptions options, Device device) => Load(splits, splits.Search, normalization, options, device);

    /// <summary>Draws and loads the images; call it on the <see cref="ModelThread"/> that will score.</summary>
    /// <param name="splits">Where training images come from.</param>
    /// <param name="scored">Where the images for the score come from.</param>
    /// <param name="normalization">How pixels become inputs.</param>
    /// <param name="options">How many.</param>
    /// <param name="device">Where they live.</param>
    /// <exception cref="CoppiceException">A split has too few images.</exception>
    public static FitnessImages Load(DataSplits splits, DataSubset scored, Normalization normalization, FitnessOptions options, Device device)
    {
        options = Fit(splits, options, scored.Count);
        return new(
            TensorBatches.Load(splits.Train.Take(options.RecalibrationBatches * options.RecalibrationBatchSize, options.Seed), normalization, options.RecalibrationBatchSize, device, shuffleSeed: options.Seed),
            TensorBatches.Load(scored.Take(options.SearchSamples, options.Seed), normalization, Classifier.BatchSize, device, shuffleSeed: options.Seed));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Recalibration.Dispose();
        Scored.Dispose();
    }

    private static string Hash(IEnumerable<TensorBatch> batches)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var batch in batches)
        {
            hash.AppendData(MemoryMarshal.AsBytes(batch.Images.Shape.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(batch.Images.ToArray<float>().AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(batch.Labels.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
