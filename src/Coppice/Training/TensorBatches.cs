using System.Collections.Immutable;
using Coppice.Data;
using Coppice.Tensors;

namespace Coppice.Training;

/// <summary>
/// A set of images as tensors on the device, made once and evaluated on many times, also by several threads at once: what a search needs. Owns the tensors.
/// </summary>
public sealed class TensorBatches : IDisposable
{
    private readonly int[] _starts;
    private long _passed;

    private TensorBatches(ImmutableArray<TensorBatch> batches)
    {
        Batches = batches;
        _starts = new int[batches.Length];
        foreach (var (i, batch) in batches.Index())
        {
            _starts[i] = Count;
            Count += batch.Labels.Length;
        }
    }

    /// <summary>The batches, in order.</summary>
    public ImmutableArray<TensorBatch> Batches { get; }

    /// <summary>Number of images.</summary>
    public int Count { get; }

    /// <summary>Where the images of a batch lie in the set.</summary>
    /// <param name="batch">Position of the batch.</param>
    internal int[] PositionsOf(int batch) => [.. Enumerable.Range(_starts[batch], Batches[batch].Labels.Length)];

    /// <summary>Images that went through a network so far, each once per pass and network: what the counts of a search are held against.</summary>
    public long Passed => Interlocked.Read(ref _passed);

    /// <summary>The batches in order, for a network that they go through.</summary>
    /// <param name="cancellation">Stops between batches.</param>
    /// <param name="networks">How many networks they go through together.</param>
    public IEnumerable<TensorBatch> Pass(CancellationToken cancellation, int networks = 1) => PassFrom(0, networks, cancellation).Select(pass => pass.Batch);

    /// <summary>The images from one on, batch by batch in order, for networks that they go through; a batch in whose middle that one lies is given in part.</summary>
    /// <param name="first">Position of the first image.</param>
    /// <param name="networks">How many networks they go through together.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>Batches, lent until the next is asked for, and where their images lie in the set.</returns>
    internal IEnumerable<(TensorBatch Batch, int[] Positions)> PassFrom(int first, int networks, CancellationToken cancellation)
    {
        foreach (var (i, batch) in Batches.Index().Where(pair => _starts[pair.Index] + pair.Item.Labels.Length > first))
        {
            cancellation.ThrowIfCancellationRequested();
            int[] positions = [.. PositionsOf(i).Where(position => position >= first)];
            if (positions.Length < batch.Labels.Length)
            {
                using var part = Gather(positions, networks);
                yield return (part, positions);
                continue;
            }

            yield return (batch, positions);
            Interlocked.Add(ref _passed, (long)positions.Length * networks);
        }
    }

    /// <summary>Some of the images as one batch, which is the caller's, for networks that they go through.</summary>
    /// <param name="positions">Where they lie in the set, from 0.</param>
    /// <param name="networks">How many networks they go through.</param>
    internal TensorBatch Gather(int[] positions, int networks)
    {
        long[] labels = new long[positions.Length];
        using var scope = new TensorScope();
        var rows = new Tensor[positions.Length];
        for (int i = 0; i < positions.Length; i++)
        {
            int position = positions[i], batch = Array.FindLastIndex(_starts, start => start <= position);
            rows[i] = Batches[batch].Images.Narrow(0, position - _starts[batch], 1);
            labels[i] = Batches[batch].Labels[position - _starts[batch]];
        }

        Interlocked.Add(ref _passed, (long)positions.Length * networks);
        return new(scope.MoveToOuter(Tensor.Cat(rows)), [.. labels]);
    }

    /// <summary>Takes over tensors that exist already.</summary>
    internal static TensorBatches Of(ImmutableArray<TensorBatch> batches) => new(batches);

    /// <summary>Draws images to measure or estimate from, as many as are wanted or there are.</summary>
    /// <param name="images">Where they come from.</param>
    /// <param name="normalization">How pixels become inputs.</param>
    /// <param name="count">How many are wanted.</param>
    /// <param name="batchSize">Images per batch; a set with fewer is one batch, and a last batch that is not full is left out: one image has no variance.</param>
    /// <param name="seed">Seed of the choice.</param>
    /// <param name="device">Where the tensors live.</param>
    public static TensorBatches Draw(DataSubset images, Normalization normalization, int count, int batchSize, ulong seed, Device device)
    {
        count = Math.Min(count, images.Count);
        return Load(images.Take(count, seed), normalization, Math.Min(count, batchSize), device, dropLast: true, shuffleSeed: seed);
    }

    /// <summary>Loads all images of a set, without augmentation.</summary>
    /// <param name="images">The images.</param>
    /// <param name="normalization">How pixels become inputs.</param>
    /// <param name="batchSize">Images per batch.</param>
    /// <param name="device">Where the tensors live.</param>
    /// <param name="dropLast">Whether a last batch that is not full is left out.</param>
    /// <param name="shuffleSeed">Seed of a random order, which is needed where statistics are estimated from single batches, for data may come class by class; null for the order of the set.</param>
    public static TensorBatches Load(DataSubset images, Normalization normalization, int batchSize, Device device, bool dropLast = false, ulong? shuffleSeed = null)
    {
        var loader = new DataLoader(images, normalization, new() { BatchSize = batchSize, Shuffle = shuffleSeed is not null, Seed = shuffleSeed ?? 0, DropLast = dropLast });
        var batches = ImmutableArray.CreateBuilder<TensorBatch>();
        foreach (var batch in loader.Epoch(0))
        {
            using var scope = new TensorScope();
            batches.Add(new(Tensor.FromArray(batch.Images, batch.Shape.AsSpan()).To(device).Keep(), [.. batch.Labels]));
        }

        return new(batches.ToImmutable());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var batch in Batches)
        {
            batch.Dispose();
        }
    }
}

/// <summary>A batch of images on the device.</summary>
/// <param name="Images">[N, C, H, W], single precision.</param>
/// <param name="Labels">Class of each image.</param>
public sealed record TensorBatch(Tensor Images, ImmutableArray<long> Labels) : IDisposable
{
    /// <summary>Frees the images.</summary>
    public void Dispose() => Images.Dispose();
}
