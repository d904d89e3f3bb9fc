using System.Buffers;
using System.Runtime.InteropServices;

namespace Coppice.Tensors.Images;

/// <summary>JPEG by TurboJPEG: baseline and progressive, 1, 3 or 4 components; the exact inverse transform and smooth upsampling, which are the library's defaults.</summary>
internal static unsafe class JpegDecoder
{
    /// <summary>A block of 8 × 8 pixels takes at least one bit of the file.</summary>
    private const double PixelsPerByte = 8 * 64;

    public static DecodedImage Decode(ReadOnlySpan<byte> file)
    {
        using var jpeg = new TurboJpegHandle();
        if (jpeg.IsInvalid) throw new InvalidOperationException("Cannot decode a JPEG file: TurboJPEG could not be started.");

        int width = 0, height = 0, subsampling = 0, colours = 0;
        fixed (byte* bytes = file)
        {
            Check(TurboJpeg.tjDecompressHeader3(jpeg, bytes, Length(file), &width, &height, &subsampling, &colours), jpeg, file);
        }

        ImageDecoder.RequireSize(width, height, file.Length, PixelsPerByte);
        var image = new DecodedImage(width, height);
        try
        {
            if (colours is TurboJpeg.CmykColours or TurboJpeg.YcckColours) DecodeCmyk(jpeg, file, image);
            else DecodeInto(image.Buffer, TurboJpeg.Rgb, jpeg, file, image);
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    private static void DecodeInto(Span<byte> target, int format, TurboJpegHandle jpeg, ReadOnlySpan<byte> file, DecodedImage image)
    {
        fixed (byte* bytes = file, pixels = target)
        {
            Check(TurboJpeg.tjDecompress2(jpeg, bytes, Length(file), pixels, image.Width, pitch: 0, image.Height, format, TurboJpeg.LimitScans), jpeg, file);
        }
    }

    private static void DecodeCmyk(TurboJpegHandle jpeg, ReadOnlySpan<byte> file, DecodedImage image)
    {
        int count = image.Width * image.Height;
        byte[] inks = ArrayPool<byte>.Shared.Rent(4 * count);
        try
        {
            DecodeInto(inks.AsSpan(0, 4 * count), TurboJpeg.Cmyk, jpeg, file, image);
            MixInks(inks.AsSpan(0, 4 * count), image.Buffer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(inks);
        }
    }

    /// <summary>
    /// Red = (1 − C)(1 − K) and so on, in PIL's arithmetic: files hold inks inverted (Adobe's convention, which PIL takes for granted), so key is 1 − K, and red = key − C · key, the product rounded.
    /// </summary>
    private static void MixInks(ReadOnlySpan<byte> inks, Span<byte> pixels)
    {
        for (int i = 0, p = 0; i < inks.Length; i += 4)
        {
            int key = inks[i + 3];
            for (int c = 0; c < 3; c++) pixels[p++] = (byte)Math.Max(0, key - Product(255 - inks[i + c], key));
        }
    }

    /// <summary>a · b / 255, rounded, without a division.</summary>
    private static int Product(int a, int b)
    {
        int scaled = (a * b) + 128;
        return ((scaled >> 8) + scaled) >> 8;
    }

    private static CULong Length(ReadOnlySpan<byte> file) => new((uint)file.Length);

    /// <summary>Small damage is passed over, as PIL does (ImageNet has such files); missing data are not.</summary>
    private static void Check(int status, TurboJpegHandle jpeg, ReadOnlySpan<byte> file)
    {
        if (status == 0) return;

        string reason = Marshal.PtrToStringUTF8((nint)TurboJpeg.tjGetErrorStr2(jpeg)) ?? "an error without a message";
        bool isWhole = file.LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) >= 0 && !reason.Contains("Premature end of JPEG file", StringComparison.Ordinal);
        if (TurboJpeg.tjGetErrorCode(jpeg) == TurboJpeg.Warning && isWhole) return;
        throw ImageDecodingException.Of("TurboJPEG", reason);
    }
}
