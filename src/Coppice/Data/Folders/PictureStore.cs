using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Coppice.Tensors.Images;

namespace Coppice.Data.Folders;

/// <summary>
/// Pictures that are decoded when they are asked for; as many as fit into <see cref="ImageOptions.CacheBytes"/> are kept. In the place of one that cannot be read stands the next of
/// its class that can, whatever thread asks first, so the same files always give the same images.
/// </summary>
internal sealed class PictureStore : IImageStore
{
    private const int MaxFileBytes = 1 << 28;

    private readonly PictureList _pictures;
    private readonly PicturePreparation _preparation;
    private readonly UnreadablePictures _unreadable;
    private readonly byte[]?[] _kept;
    private long _freeBytes;

    /// <summary>A store of images of one size; reads no picture.</summary>
    public PictureStore(PictureList pictures, PicturePreparation preparation, ImageShape shape)
    {
        (_pictures, _preparation, Shape) = (pictures, preparation, shape);
        _unreadable = new(pictures);
        _kept = new byte[pictures.Files.Length][];
        _freeBytes = preparation.Options.CacheBytes;
    }

    /// <inheritdoc/>
    public int Count => _pictures.Files.Length;

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public bool IsDecoded => true;

    /// <inheritdoc/>
    public string? Caveat => _unreadable.Caveat;

    /// <summary>Opens a store: looks for the size of the images in the first picture that can be read, unless it is given.</summary>
    /// <exception cref="DataException">None of the first few can be read.</exception>
    public static PictureStore Open(PictureList pictures, PicturePreparation preparation)
    {
        if (preparation.Options.Crop is { } side) return new(pictures, preparation, new(preparation.Options.Channels, side, side));

        var unreadable = new UnreadablePictures(pictures);
        for (int index = 0; index < pictures.Files.Length; index++)
        {
            try
            {
                using var picture = Decode(pictures.PathOf(index));
                return new(pictures, preparation, preparation.ShapeOf(picture.Width, picture.Height));
            }
            catch (ImageDecodingException fault)
            {
                unreadable.Add(index, fault.Message);
            }
        }

        throw unreadable.TooMany("at least one picture must be readable");
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Read(int index, Span<byte> scratch)
    {
        if (Volatile.Read(ref _kept[index]) is { } kept) return kept;

        var image = scratch[..Shape.PixelCount];
        Fill(index, image);
        Keep(index, image);
        return image;
    }

    /// <inheritdoc/>
    public void AppendContent(IncrementalHash hash)
    {
        ImageDataset.AppendLittleEndian(hash, [_preparation.Options.Resize ?? 0, _preparation.Options.Crop ?? 0]);
        for (int index = 0; index < Count; index++)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(_pictures.Files[index]));
            var file = new FileInfo(_pictures.PathOf(index));
            long length = file.Exists ? file.Length : 0;
            ImageDataset.AppendLittleEndian(hash, [0, (int)length, (int)(length >> 32)]);
        }
    }

    /// <inheritdoc/>
    public IImageStore Select(ImmutableArray<int> indices) => new PictureStore(
        _pictures with { Files = [.. indices.Select(index => _pictures.Files[index])], Labels = [.. indices.Select(index => _pictures.Labels[index])] }, _preparation, Shape);

    private void Fill(int index, Span<byte> image)
    {
        if (TryFill(index, image)) return;

        int start = index, end = index + 1;
        while (start > 0 && _pictures.Labels[start - 1] == _pictures.Labels[index]) start--;
        while (end < Count && _pictures.Labels[end] == _pictures.Labels[index]) end++;
        for (int step = 1; step < end - start; step++)
        {
            if (TryFill(start + ((index - start + step) % (end - start)), image)) return;
        }

        throw _unreadable.TooMany(_pictures.Classes.IsEmpty ? "at least one picture must be readable" : $"each class must have a readable picture, '{_pictures.Classes[_pictures.Labels[index]]}' too");
    }

    private bool TryFill(int index, Span<byte> image)
    {
        if (_unreadable.Contains(index)) return false;

        try
        {
            using var picture = Decode(_pictures.PathOf(index));
            RequireShape(picture);
            _preparation.Write(picture, image);
            return true;
        }
        catch (ImageDecodingException fault)
        {
            _unreadable.Add(index, fault.Message);
            return false;
        }
    }

    private void RequireShape(DecodedImage picture)
    {
        var shape = _preparation.ShapeOf(picture.Width, picture.Height);
        if (shape == Shape) return;

        throw new ImageDecodingException($"it becomes {shape}, the others {Shape}: make all of one size by --resize N --crop N, as in --resize 256 --crop 224");
    }

    private void Keep(int index, ReadOnlySpan<byte> image)
    {
        if (Interlocked.Add(ref _freeBytes, -image.Length) >= 0) Volatile.Write(ref _kept[index], image.ToArray());
        else Interlocked.Add(ref _freeBytes, image.Length);
    }

    private static DecodedImage Decode(string path)
    {
        byte[]? bytes = null;
        try
        {
            using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
            long length = RandomAccess.GetLength(file);
            if (length > MaxFileBytes) throw new ImageDecodingException($"it holds {length} bytes, and at most {MaxFileBytes} are read");
            bytes = ArrayPool<byte>.Shared.Rent((int)length);
            return ImageDecoder.Decode(bytes.AsSpan(0, ReadAll(file, bytes.AsSpan(0, (int)length))));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ImageDecodingException($"reading failed: {fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}");
        }
        finally
        {
            if (bytes is not null) ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static int ReadAll(Microsoft.Win32.SafeHandles.SafeFileHandle file, Span<byte> bytes)
    {
        int count = 0;
        while (count < bytes.Length && RandomAccess.Read(file, bytes[count..], count) is var read and > 0) count += read;
        return count;
    }
}
