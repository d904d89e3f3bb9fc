using System.Collections.Immutable;

namespace Coppice.Data;

/// <summary>
/// Images ready for the network. It is lent: the spans are good until the loader is asked for the next batch, whose numbers may be written
/// into the same memory. Reading it later throws.
/// </summary>
public sealed class Batch
{
    private readonly ImageShape _shape;
    private BatchBuffer? _buffer;

    internal Batch(BatchBuffer buffer, ImageShape shape, int iteration, int count) =>
        (_buffer, _shape, Iteration, Count) = (buffer, shape, iteration, count);

    /// <summary>Position in the epoch, from 0.</summary>
    public int Iteration { get; }

    /// <summary>N, the number of images; the last batch of an epoch may be smaller.</summary>
    public int Count { get; }

    /// <summary>N, C, H, W.</summary>
    public ImmutableArray<long> Shape => [Count, _shape.Channels, _shape.Height, _shape.Width];

    /// <summary>[N, C, H, W], normalised.</summary>
    /// <exception cref="ObjectDisposedException">The loader has gone on.</exception>
    public ReadOnlySpan<float> Images => Buffer.Images.AsSpan(0, Count * _shape.PixelCount);

    /// <summary>[N], class of each image.</summary>
    /// <exception cref="ObjectDisposedException">The loader has gone on.</exception>
    public ReadOnlySpan<long> Labels => Buffer.Labels.AsSpan(0, Count);

    /// <summary>[N], position of each image in its <see cref="ImageDataset"/>.</summary>
    /// <exception cref="ObjectDisposedException">The loader has gone on.</exception>
    public ReadOnlySpan<int> Indices => Buffer.Indices.AsSpan(0, Count);

    private BatchBuffer Buffer => _buffer ?? throw new ObjectDisposedException(
        nameof(Batch), $"Cannot read batch {Iteration}: it was lent until the next one was asked for; copy what must last longer.");

    /// <summary>Ends the loan.</summary>
    internal BatchBuffer Reclaim()
    {
        var buffer = Buffer;
        _buffer = null;
        return buffer;
    }
}
