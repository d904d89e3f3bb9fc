using System.Globalization;
using Coppice.Data;
using Coppice.Data.Folders;
using Coppice.Tensors.Images;

namespace Coppice.Tests.Data.Folders;

/// <summary>Our pixels are PIL's and torchvision's, to the last bit: the same decoder, the same arithmetic.</summary>
public sealed class PicturePreparationTests(PictureOracle oracle) : IClassFixture<PictureOracle>
{
    private static readonly string[] Pictures =
    [
        "subsampled.jpg", "odd.jpeg", "full.JPG", "tall.jpg", "progressive.jpg", "grey.jpg", "inks.jpg", "damaged.jpg",
        "colour.png", "grey.png", "bits.png", "palette.png", "palette4.png", "alpha.png", "grey-alpha.png",
    ];

    public static TheoryData<string> Names => [.. Pictures];

    [Fact]
    public void Oracle_made_these_pictures_and_no_others() =>
        Assert.Equal(Pictures.Order(StringComparer.Ordinal), oracle.Sizes.Keys.Where(name => !name.Contains('-', StringComparison.Ordinal) || name == "grey-alpha.png").Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void Picture_is_decoded_as_by_PIL(string name)
    {
        using var picture = ImageDecoder.Decode(oracle.Read(name));

        Assert.Equal(oracle.Sizes[name], (picture.Width, picture.Height));
        Assert.Equal(oracle.Read($"{name}.rgb"), picture.Pixels.ToArray());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Picture_is_made_grey_as_by_PIL(string name)
    {
        using var picture = ImageDecoder.Decode(oracle.Read(name));

        Assert.Equal(oracle.Read($"{name}.grey"), Prepare(picture, new() { Channels = 1 }));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Picture_is_resized_and_cut_as_by_torchvision(string name)
    {
        using var picture = ImageDecoder.Decode(oracle.Read(name));
        string[] results = [.. oracle.Sizes.Keys.Where(key => key.StartsWith($"{name}.", StringComparison.Ordinal))];

        Assert.Equal(7, results.Length);
        foreach (string result in results)
        {
            int[] options = [.. result[(name.Length + 1)..].Split('-').Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
            var settings = new ImageOptions { Resize = options[0] == 0 ? null : options[0], Crop = options[1] == 0 ? null : options[1] };
            var shape = new PicturePreparation(settings).ShapeOf(picture.Width, picture.Height);
            Assert.Equal(oracle.Sizes[result], (shape.Width, shape.Height));
            Assert.True(oracle.Read(result).AsSpan().SequenceEqual(Prepare(picture, settings)), result);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0, 100 }, 1, new byte[] { 50 })]
    [InlineData(new byte[] { 0, 70, 140, 210 }, 2, new byte[] { 50, 160 })] // weights 3, 3, 1 of 7
    [InlineData(new byte[] { 0, 100 }, 4, new byte[] { 0, 25, 75, 100 })] // a quarter and three quarters of the way, ends repeated
    [InlineData(new byte[] { 255, 255, 255 }, 2, new byte[] { 255, 255 })]
    [InlineData(new byte[] { 10, 1 }, 3, new byte[] { 10, 6, 1 })] // 5.5 goes up
    public void Rows_and_columns_are_mixed_by_triangles(byte[] pixels, int length, byte[] expected)
    {
        byte[] row = new byte[length], column = new byte[length];

        BilinearResize.Resize(pixels, (1, pixels.Length), 1, (1, length), row);
        BilinearResize.Resize(pixels, (pixels.Length, 1), 1, (length, 1), column);

        Assert.Equal(expected, row);
        Assert.Equal(expected, column);
    }

    [Fact]
    public void Sixteen_bits_are_cut_to_the_upper_eight()
    {
        byte[] file = PngBuilder.Build(2, 1, bitDepth: 16, colourType: 2, isInterlaced: false, [0, 0x12, 0xFF, 0x34, 0x00, 0x56, 0x80, 0xFF, 0xFF, 0x00, 0x01, 0x7F, 0xFF]);

        using var picture = ImageDecoder.Decode(file);

        Assert.Equal<byte>([0x12, 0x34, 0x56, 0xFF, 0x00, 0x7F], picture.Pixels.ToArray());
    }

    [Fact]
    public void Interlaced_rows_are_put_in_their_places()
    {
        // Adam7 of 2 × 2 pixels: pass 1 has (0, 0), pass 6 has (0, 1), pass 7 has row 1.
        byte[] file = PngBuilder.Build(2, 2, bitDepth: 8, colourType: 0, isInterlaced: true, [0, 1, 0, 2, 0, 3, 4]);

        using var picture = ImageDecoder.Decode(file);

        Assert.Equal<byte>([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], picture.Pixels.ToArray());
    }

    [Fact]
    public void Picture_too_narrow_to_be_resized_is_refused()
    {
        using var picture = ImageDecoder.Decode(PngBuilder.Build(1, 4000, new byte[4000]));

        var fault = Assert.Throws<ImageDecodingException>(() => Prepare(picture, new() { Resize = 256, Crop = 224 }));

        Assert.Equal("its 1 x 4000 pixels resize to 256 x 1024000, and at most 67108864 pixels are made", fault.Message);
    }

    [Fact]
    public void Options_out_of_range_are_all_named() => Assert.Equal(
        "Cannot prepare images: Resize is 1 to 16384, but it is 0; Crop is 1 to 16384, but it is 16385; Channels is 1 or 3, but it is 2; CacheBytes is at least 0, but it is -1.",
        Assert.Throws<ArgumentException>(new ImageOptions { Resize = 0, Crop = 16385, Channels = 2, CacheBytes = -1 }.Validate).Message);

    private static byte[] Prepare(DecodedImage picture, ImageOptions options)
    {
        var preparation = new PicturePreparation(options);
        byte[] image = new byte[preparation.ShapeOf(picture.Width, picture.Height).PixelCount];
        preparation.Write(picture, image);
        return image;
    }
}
