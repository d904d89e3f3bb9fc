using System.Security.Cryptography;
using Coppice.Data;

namespace Coppice.Tests.Data;

public sealed class ImageDatasetTests
{
    private static readonly ImageShape Pixel = new(1, 1, 1);

    [Fact]
    public void ContentHash_is_SHA256_of_shape_pixels_and_labels()
    {
        var set = new ImageDataset("a", [10, 20], [1, 0], Pixel, ["x", "y"]);

        byte[] bytes = [2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 10, 20, 1, 0, 0, 0, 0, 0, 0, 0];
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), set.ContentHash);
    }

    [Fact]
    public void ContentHash_ignores_the_name_and_sees_every_pixel_and_label()
    {
        string hash = new ImageDataset("a", [10, 20], [1, 0], Pixel, ["x", "y"]).ContentHash;

        Assert.Equal(hash, new ImageDataset("b", [10, 20], [1, 0], Pixel, ["x", "y"]).ContentHash);
        Assert.NotEqual(hash, new ImageDataset("a", [10, 21], [1, 0], Pixel, ["x", "y"]).ContentHash);
        Assert.NotEqual(hash, new ImageDataset("a", [10, 20], [1, 1], Pixel, ["x", "y"]).ContentHash);
        Assert.NotEqual(
            new ImageDataset("a", new byte[12], [0], new ImageShape(3, 2, 2), ["x"]).ContentHash,
            new ImageDataset("a", new byte[12], [0], new ImageShape(1, 3, 4), ["x"]).ContentHash);
    }

    [Fact]
    public void Constructor_refuses_what_does_not_fit_together()
    {
        Assert.Equal(
            "Cannot make data set 'a': it needs at least one image and 1 pixels (1x1x1) for each label, but there are 3 pixels and 2 labels. (Parameter 'pixels')",
            Assert.Throws<ArgumentException>(() => new ImageDataset("a", [1, 2, 3], [0, 0], Pixel, ["x"])).Message);
        Assert.Equal(
            "Cannot make data set 'a': a label lies in 0..1, but label 1 is -1. (Parameter 'labels')",
            Assert.Throws<ArgumentException>(() => new ImageDataset("a", [1, 2], [1, -1], Pixel, ["x", "y"])).Message);
        Assert.Equal(
            "Cannot make data set 'a': channels, height and width are at least 1, but the shape is 1x0x1. (Parameter 'shape')",
            Assert.Throws<ArgumentException>(() => new ImageDataset("a", [], [0], new ImageShape(1, 0, 1), ["x"])).Message);
        Assert.Equal(
            "Cannot make data set 'a': it needs at least one class, but no class name is given. (Parameter 'classNames')",
            Assert.Throws<ArgumentException>(() => new ImageDataset("a", [1], [0], Pixel, [])).Message);
    }
}
