using System.Runtime.InteropServices;

namespace Coppice.Tensors.Images;

/// <summary>PNG by libspng: every colour type, bit depth and interlacing; checksums of what makes the picture must be right.</summary>
internal static unsafe class PngDecoder
{
    /// <summary>Deflate packs at most 1032 to 1, and a pixel takes at least a bit.</summary>
    private const double PixelsPerByte = 8 * 1032;

    /// <summary>Bytes that texts and colour profiles, which nobody reads, may take when unpacked.</summary>
    private const int MaxAncillary = 1 << 23;

    public static DecodedImage Decode(ReadOnlySpan<byte> file)
    {
        using var png = new SpngHandle();
        if (png.IsInvalid) throw new InvalidOperationException("Cannot decode a PNG file: libspng could not be started.");

        fixed (byte* bytes = file)
        {
            // A chunk of pixels may be as long as the file.
            nuint chunk = (nuint)Math.Max(file.Length, MaxAncillary);
            Check(Spng.spng_set_chunk_limits(png, chunk, chunk + MaxAncillary));
            Check(Spng.spng_set_png_buffer(png, bytes, (nuint)file.Length));
            SpngHeader header;
            Check(Spng.spng_get_ihdr(png, &header));
            ImageDecoder.RequireSize(header.Width, header.Height, file.Length, PixelsPerByte / BitsPerPixel(header));
            return DecodeInto(new DecodedImage((int)header.Width, (int)header.Height), png);
        }
    }

    private static DecodedImage DecodeInto(DecodedImage image, SpngHandle png)
    {
        try
        {
            fixed (byte* pixels = image.Buffer) Check(Spng.spng_decode_image(png, pixels, (nuint)image.Buffer.Length, Spng.Rgb8, flags: 0));
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <summary>Samples of a pixel, by colour type (grey, –, RGB, palette, grey + alpha, –, RGBA), times their bits.</summary>
    private static int BitsPerPixel(SpngHeader header) => header.BitDepth * (header.ColourType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 });

    private static void Check(int error)
    {
        if (error != 0) throw ImageDecodingException.Of("libspng", Marshal.PtrToStringUTF8((nint)Spng.spng_strerror(error)) ?? $"error {error}");
    }
}
