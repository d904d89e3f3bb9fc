using System.Collections.Concurrent;
using Coppice.Search;

namespace Coppice.Data;

/// <summary>
/// Makes the batches of an epoch, ahead of the consumer and in a fixed order. The order follows from (seed, epoch) and the augmentation of an
/// image from (seed, epoch, its index in the data set), so that the batches are the same for any number of workers and
/// when an epoch is resumed in the middle.
/// </summary>
public sealed class DataLoader
{
    private const int MostDecoders = 4;
    private readonly DataSubset _subset;
    private readonly DataLoaderOptions _options;
    private readonly float[] _table;
    private readonly ConcurrentBag<BatchBuffer> _buffers = [];

    /// <summary>Creates a loader. No thread runs before an epoch is read.</summary>
    /// <param name="subset">The images.</param>
    /// <param name="normalization">How bytes become the network's input.</param>
    /// <param name="options">Batch size, order, augmentation, workers.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or they do not suit the images; names all faults.</exception>
    public DataLoader(DataSubset subset, Normalization normalization, DataLoaderOptions options)
    {
        ArgumentNullException.ThrowIfNull(subset);
        ArgumentNullException.ThrowIfNull(normalization);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(subset, normalization);
        (_subset, _options, _table) = (subset, options, normalization.Table());
    }

    /// <summary>The images that it reads.</summary>
    public DataSubset Subset => _subset;

    /// <summary>Batches in one epoch.</summary>
    public int IterationsPerEpoch =>
        _options.DropLast ? _subset.Count / _options.BatchSize : (int)(((long)_subset.Count + _options.BatchSize - 1) / _options.BatchSize);

    private ImageShape Shape => _subset.Dataset.Shape;

    /// <summary>Decoding takes milliseconds an image, so one thread would keep a fast network waiting; each thread costs the memory of a batch.</summary>
    private int Workers => _subset.Dataset.IsDecoded && _options.Workers > 0
        ? Math.Max(_options.Workers, Math.Min(MostDecoders, Environment.ProcessorCount))
        : _options.Workers;

    /// <summary>
    /// The batches of one epoch. Each is lent until the next is asked for. Ending the loop, early or not, stops and joins the workers; a
    /// fault in a worker is thrown where its batch would have come.
    /// </summary>
    /// <param name="epoch">Number of the epoch, from 0.</param>
    /// <param name="startIteration">First batch to give, [0, <see cref="IterationsPerEpoch"/>]: for resuming in the middle.</param>
    /// <param name="cancellation">Ends the wait for a batch.</param>
    /// <exception cref="ArgumentOutOfRangeException">Epoch or start is out of range.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, thrown by the loop.</exception>
    public IEnumerable<Batch> Epoch(int epoch, int startIteration = 0, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(startIteration);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(startIteration, IterationsPerEpoch);
        return Batches(epoch, startIteration, cancellation);
    }

    private IEnumerable<Batch> Batches(int epoch, int startIteration, CancellationToken cancellation)
    {
        int[] order = Order(epoch);
        using var prefetcher = new Prefetcher<Batch>(
            (iteration, stop) => MakeBatch(order, epoch, iteration, stop),
            startIteration, IterationsPerEpoch, Workers, Math.Max(Workers, _options.Prefetch));

        for (int iteration = startIteration; iteration < IterationsPerEpoch; iteration++)
        {
            var batch = prefetcher.Next(cancellation);
            try
            {
                yield return batch;
            }
            finally
            {
                _buffers.Add(batch.Reclaim());
            }
        }
    }

    private int[] Order(int epoch)
    {
        int[] order = [.. _subset.Indices];
        if (_options.Shuffle) Rng.For(_options.Seed, RandomStream.Order, (ulong)epoch).Shuffle<int>(order);
        return order;
    }

    private Batch MakeBatch(int[] order, int epoch, int iteration, CancellationToken stop)
    {
        var images = order.AsSpan(iteration * _options.BatchSize);
        images = images[..Math.Min(images.Length, _options.BatchSize)];
        if (!_buffers.TryTake(out var buffer)) buffer = new BatchBuffer(_options.BatchSize, Shape.PixelCount, _subset.Dataset.ScratchBytes);

        var dataset = _subset.Dataset;
        for (int n = 0; n < images.Length; n++)
        {
            stop.ThrowIfCancellationRequested();
            int image = images[n];
            buffer.Indices[n] = image;
            buffer.Labels[n] = dataset.Labels[image];
            _options.Augmentation.Sample(_options.Seed, epoch, image)
                .Write(dataset.Image(image, buffer.Scratch), Shape, _table, buffer.Images.AsSpan(n * Shape.PixelCount, Shape.PixelCount));
        }

        return new Batch(buffer, Shape, iteration, images.Length);
    }
}
