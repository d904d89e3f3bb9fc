namespace Coppice.Tensors.Images;

/// <summary>
/// Decodes JPEG and PNG files into red, green and blue. Grey pictures are repeated, palettes looked up, CMYK mixed, 16 bits cut to the upper 8, transparency dropped;
/// colour profiles, gamma and EXIF orientation are ignored, as by PIL's <c>convert("RGB")</c>, whose pixels these are. Safe to call from many threads.
/// </summary>
/// <remarks>
/// Two small C libraries of Debian, libjpeg-turbo's TurboJPEG (the decoder inside PIL and torchvision, hence the same pixels) and libspng. Both report errors by return codes; the
/// APIs of libjpeg and libpng jump out of the caller's frames, which managed code does not survive, and OpenCV and libvips bring dozens of libraries for two formats.
/// Deviation: PIL turns 16-bit grey PNG white where it is above 255.
/// </remarks>
public static class ImageDecoder
{
    /// <summary>Pixels of the largest picture that is decoded: 64 Mi, 192 MiB of red, green and blue.</summary>
    public const int MaxPixels = 1 << 26;

    private static ReadOnlySpan<byte> JpegMagic => [0xFF, 0xD8, 0xFF];

    private static ReadOnlySpan<byte> PngMagic => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Decodes the bytes of a file, by what they are, whatever the file's name is.</summary>
    /// <param name="file">The whole file.</param>
    /// <exception cref="ImageDecodingException">They are no JPEG or PNG, damaged, cut short, or claim a size that they cannot hold or that is above <see cref="MaxPixels"/>.</exception>
    /// <exception cref="NativeLibraryMissingException">The decoder's library is not installed.</exception>
    public static DecodedImage Decode(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith(JpegMagic)) return WithLibrary("libturbojpeg0", file, JpegDecoder.Decode);
        if (file.StartsWith(PngMagic)) return WithLibrary("libspng0", file, PngDecoder.Decode);
        throw new ImageDecodingException(file.IsEmpty ? "it is empty" : $"it is neither JPEG nor PNG: it starts with 0x{Convert.ToHexStringLower(file[..Math.Min(4, file.Length)])}");
    }

    /// <summary>Checks a claimed size before memory is spent on it.</summary>
    /// <param name="width">Claimed width.</param>
    /// <param name="height">Claimed height.</param>
    /// <param name="fileBytes">Length of the file.</param>
    /// <param name="pixelsPerByte">Most pixels that a byte of the format can stand for.</param>
    internal static void RequireSize(long width, long height, int fileBytes, double pixelsPerByte)
    {
        if (width < 1 || height < 1 || width > MaxPixels || height > MaxPixels || width * height > MaxPixels)
            throw new ImageDecodingException($"it claims {width} x {height} pixels, and 1 to {MaxPixels} are decoded");
        if (width * height > fileBytes * pixelsPerByte)
            throw new ImageDecodingException($"it claims {width} x {height} pixels, more than its {fileBytes} bytes can hold");
    }

    private static DecodedImage WithLibrary(string package, ReadOnlySpan<byte> file, Decoder decode)
    {
        try
        {
            return decode(file);
        }
        catch (Exception fault) when (fault is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new NativeLibraryMissingException($"Cannot decode pictures: the library of Debian's package {package} cannot be loaded; run ./coppice once, or 'apt-get install {package}'.", fault);
        }
    }

    private delegate DecodedImage Decoder(ReadOnlySpan<byte> file);
}
