using System.Buffers;
using Coppice.Tensors.Images;

namespace Coppice.Data.Folders;

/// <summary>
/// Makes a decoded picture an image of a data set: grey or red, green, blue; resized; cut; planes instead of pixels. The steps and their roundings are those of torchvision's
/// <c>Grayscale</c> (if asked for), <c>Resize(N)</c> and <c>CenterCrop(N)</c> on PIL images.
/// </summary>
internal sealed class PicturePreparation(ImageOptions options)
{
    /// <summary>The options that it follows.</summary>
    public ImageOptions Options => options;

    /// <summary>Size of the image that a picture becomes.</summary>
    /// <exception cref="ImageDecodingException">The picture is too long and narrow to be resized.</exception>
    public ImageShape ShapeOf(int width, int height)
    {
        if (options.Crop is { } side) return new(options.Channels, side, side);

        var (newHeight, newWidth) = Resized(width, height);
        return new(options.Channels, newHeight, newWidth);
    }

    /// <summary>Writes the image.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="image">[C, H, W], of the size that <see cref="ShapeOf"/> gives.</param>
    public void Write(DecodedImage picture, Span<byte> image)
    {
        int pixels = picture.Width * picture.Height;
        if (options.Channels == 3)
        {
            Write(picture.Pixels, picture, image);
            return;
        }

        byte[] grey = ArrayPool<byte>.Shared.Rent(pixels);
        try
        {
            ToGrey(picture.Pixels, grey.AsSpan(0, pixels));
            Write(grey.AsSpan(0, pixels), picture, image);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(grey);
        }
    }

    /// <summary>0.299 R + 0.587 G + 0.114 B (ITU-R 601-2) in 16 fractional bits, as PIL's <c>convert("L")</c>; the weights add up to 1, so grey stays what it is.</summary>
    internal static void ToGrey(ReadOnlySpan<byte> pixels, Span<byte> grey)
    {
        for (int i = 0, p = 0; i < grey.Length; i++, p += 3)
        {
            grey[i] = (byte)(((19595 * pixels[p]) + (38470 * pixels[p + 1]) + (7471 * pixels[p + 2]) + 0x8000) >> 16);
        }
    }

    private void Write(ReadOnlySpan<byte> pixels, DecodedImage picture, Span<byte> image)
    {
        var size = (picture.Height, picture.Width);
        var newSize = Resized(picture.Width, picture.Height);
        if (newSize == size)
        {
            Cut(pixels, size, image);
            return;
        }

        int bytes = newSize.Height * newSize.Width * options.Channels;
        byte[] resized = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            BilinearResize.Resize(pixels, size, options.Channels, newSize, resized.AsSpan(0, bytes));
            Cut(resized.AsSpan(0, bytes), newSize, image);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(resized);
        }
    }

    /// <summary>The shorter side becomes as long as asked for, the longer one keeps the proportion, rounded down.</summary>
    private (int Height, int Width) Resized(int width, int height)
    {
        if (options.Resize is not { } shorter || Math.Min(width, height) == shorter) return (height, width);

        double longer = Math.Floor((double)((long)shorter * Math.Max(width, height)) / Math.Min(width, height));
        if (longer * shorter > ImageDecoder.MaxPixels)
            throw new ImageDecodingException(FormattableString.Invariant($"its {width} x {height} pixels resize to {shorter} x {longer}, and at most {ImageDecoder.MaxPixels} pixels are made"));
        return width <= height ? ((int)longer, shorter) : (shorter, (int)longer);
    }

    /// <summary>The middle of a picture as planes; black where the picture is smaller.</summary>
    private void Cut(ReadOnlySpan<byte> pixels, (int Height, int Width) size, Span<byte> image)
    {
        int height = options.Crop ?? size.Height, width = options.Crop ?? size.Width;
        int top = Offset(size.Height, height), left = Offset(size.Width, width);
        image.Clear();
        for (int y = Math.Max(0, -top); y < Math.Min(height, size.Height - top); y++)
        {
            for (int x = Math.Max(0, -left); x < Math.Min(width, size.Width - left); x++)
            {
                int pixel = (((y + top) * size.Width) + x + left) * options.Channels;
                for (int c = 0; c < options.Channels; c++) image[(((c * height) + y) * width) + x] = pixels[pixel + c];
            }
        }
    }

    /// <summary>Where the window begins: half of what is cut away, halves to the even number; or the smaller half of what is missing, negative.</summary>
    private static int Offset(int length, int window) =>
        length >= window ? (int)Math.Round((length - window) / 2.0, MidpointRounding.ToEven) : -((window - length) / 2);
}
