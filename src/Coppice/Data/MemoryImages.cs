using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Coppice.Data;

/// <summary>Images in memory, one after the other: [N, C, H, W].</summary>
internal sealed class MemoryImages(byte[] pixels, ImageShape shape) : IImageStore
{
    /// <inheritdoc/>
    public int Count => pixels.Length / shape.PixelCount;

    /// <inheritdoc/>
    public ImageShape Shape => shape;

    /// <inheritdoc/>
    public bool IsDecoded => false;

    /// <inheritdoc/>
    public string? Caveat => null;

    /// <summary>[N, C, H, W].</summary>
    public ReadOnlySpan<byte> Pixels => pixels;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Read(int index, Span<byte> scratch) => pixels.AsSpan(index * shape.PixelCount, shape.PixelCount);

    /// <inheritdoc/>
    public void AppendContent(IncrementalHash hash) => hash.AppendData(pixels);

    /// <inheritdoc/>
    public IImageStore Select(ImmutableArray<int> indices)
    {
        byte[] selected = new byte[indices.Length * shape.PixelCount];
        for (int i = 0; i < indices.Length; i++) Read(indices[i], []).CopyTo(selected.AsSpan(i * shape.PixelCount));
        return new MemoryImages(selected, shape);
    }
}
