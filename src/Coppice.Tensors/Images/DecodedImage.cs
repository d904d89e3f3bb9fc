using System.Buffers;

namespace Coppice.Tensors.Images;

/// <summary>A picture as it was decoded: rows of pixels of red, green and blue. Its memory comes from a pool: dispose it.</summary>
public sealed class DecodedImage : IDisposable
{
    private byte[]? _pixels;

    internal DecodedImage(int width, int height)
    {
        (Width, Height) = (width, height);
        _pixels = ArrayPool<byte>.Shared.Rent(3 * width * height);
    }

    /// <summary>W, in pixels.</summary>
    public int Width { get; }

    /// <summary>H, in pixels.</summary>
    public int Height { get; }

    /// <summary>[H, W, 3]: red, green, blue, 0 = black.</summary>
    /// <exception cref="ObjectDisposedException">Its memory has gone back to the pool.</exception>
    public ReadOnlySpan<byte> Pixels => Buffer;

    /// <summary>The same, for the decoder.</summary>
    internal Span<byte> Buffer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pixels is null, this);
            return _pixels.AsSpan(0, 3 * Width * Height);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _pixels, null) is { } pixels) ArrayPool<byte>.Shared.Return(pixels);
    }
}
