using System.Collections.Immutable;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning;

/// <summary>How candidates are scored.</summary>
public sealed record FitnessOptions
{
    /// <summary>Images of the search split that a candidate's loss is measured on.</summary>
    public int SearchSamples { get; init; } = 2000;

    /// <summary>Batches of training images from which batch-norm statistics are estimated anew for each candidate.</summary>
    public int RecalibrationBatches { get; init; } = 8;

    /// <summary>Images per recalibration batch.</summary>
    public int RecalibrationBatchSize { get; init; } = 128;

    /// <summary>Seed of the choice of images.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>The images that candidates are scored on, loaded once for a whole search.</summary>
public sealed class FitnessImages : IDisposable
{
    private FitnessImages(TensorBatches recalibration, TensorBatches search)
    {
        Recalibration = recalibration;
        Search = search;
    }

    /// <summary>Training images for batch-norm statistics.</summary>
    public TensorBatches Recalibration { get; }

    /// <summary>Images of the search split for the loss.</summary>
    public TensorBatches Search { get; }

    /// <summary>Checks that the splits hold as many images as are asked for.</summary>
    /// <exception cref="CoppiceException">A split has too few.</exception>
    public static void Check(DataSplits splits, FitnessOptions options)
    {
        int calibration = options.RecalibrationBatches * options.RecalibrationBatchSize;
        if (options.SearchSamples < 1 || options.SearchSamples > splits.Search.Count || calibration < 1 || calibration > splits.Train.Count)
        {
            throw new CoppiceException(
                $"Cannot score candidates on {options.SearchSamples} search images after recalibration on {calibration} training images: the splits have {splits.Search.Count} and {splits.Train.Count}; change --search-samples or --bn-recalibrate.");
        }
    }

    /// <summary>Draws and loads the images; call it on the <see cref="ModelThread"/> that will score.</summary>
    /// <exception cref="CoppiceException">A split has too few images.</exception>
    public static FitnessImages Load(DataSplits splits, Normalization normalization, FitnessOptions options, Device device)
    {
        Check(splits, options);
        return new(
            TensorBatches.Load(splits.Train.Take(options.RecalibrationBatches * options.RecalibrationBatchSize, options.Seed), normalization, options.RecalibrationBatchSize, device),
            TensorBatches.Load(splits.Search.Take(options.SearchSamples, options.Seed), normalization, Classifier.BatchSize, device));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Recalibration.Dispose();
        Search.Dispose();
    }
}

/// <summary>
/// Scores pruned candidates by their loss on the search split after adaptive batch-norm: cut, re-estimate statistics, measure. The test split has no way in here.
/// A candidate that cannot be measured is a failed result, not an exception.
/// </summary>
/// <param name="space">What genomes mean.</param>
/// <param name="images">What candidates are scored on.</param>
/// <param name="precision">Arithmetic.</param>
/// <param name="device">Where to run.</param>
/// <param name="thread">The thread that runs networks.</param>
public sealed class PruningFitness(PruningSpace space, FitnessImages images, Precision precision, Device device, ModelThread thread) : IFitnessEvaluator<BitGenome>
{
    /// <summary>Told after each candidate, with how many of the batch are done and how many there are.</summary>
    public IProgress<(int Done, int Total)>? Progress { get; init; }

    /// <inheritdoc/>
    public async ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellationToken)
    {
        var results = ImmutableArray.CreateBuilder<Evaluation>(genomes.Length);
        foreach (var genome in genomes)
        {
            results.Add(await thread.RunAsync(() => Evaluate(genome, cancellationToken), cancellationToken));
            Progress?.Report((results.Count, genomes.Length));
        }

        return results.ToImmutable();
    }

    /// <summary>Scores one candidate on the caller's thread.</summary>
    public Evaluation Evaluate(BitGenome genome, CancellationToken cancellation)
    {
        try
        {
            var candidate = Pruner.Apply(space.Units, space.ToPlan(genome));
            return new CandidateEvaluation(Score(candidate, cancellation), space.CostOf(genome));
        }
        catch (Exception fault) when (fault is CoppiceException or TorchException)
        {
            return Evaluation.Failed(fault.Message);
        }
    }

    private ClassificationMetrics Score(Network candidate, CancellationToken cancellation)
    {
        var recalibrated = BatchNormRecalibration.Apply(candidate, images.Recalibration, precision, device, cancellation);
        return Classifier.Evaluate(recalibrated, images.Search, precision, device, cancellation);
    }
}
