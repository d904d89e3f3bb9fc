using Coppice.Data;

namespace Coppice.Tests.Data;

public sealed class AugmentationTests
{
    [Fact]
    public void Write_moves_then_mirrors_a_hand_worked_image()
    {
        // 1 2 3     one down, one right:   5 6 .     mirrored:   . 6 5
        // 4 5 6                            . . .                 . . .
        byte[] pixels = [1, 2, 3, 4, 5, 6];
        float[] table = [.. Enumerable.Range(0, 256).Select(pixel => pixel - 0.5f)];
        float[] output = new float[6];

        new Placement(Down: 1, Right: 1, Mirrored: true).Write(pixels, new ImageShape(1, 2, 3), table, output);

        Assert.Equal<float>([-0.5f, 5.5f, 4.5f, -0.5f, -0.5f, -0.5f], output);
    }

    [Theory]
    [InlineData(1, 28, 28, 2)]
    [InlineData(3, 32, 32, 4)]
    [InlineData(2, 5, 3, 2)]
    [InlineData(1, 1, 1, 0)]
    public void Write_equals_its_plain_twin_at_every_place(int channels, int height, int width, int reach)
    {
        var set = SmallData.WithLabels([0], 1, new ImageShape(channels, height, width));
        float[] table = [.. Enumerable.Range(0, channels * 256).Select(i => (i * 0.25f) - 3)];
        float[] fast = new float[set.Shape.PixelCount];

        for (int down = -reach; down <= reach; down++)
        {
            for (int right = -reach; right <= reach; right++)
            {
                foreach (bool mirrored in new[] { false, true })
                {
                    fast.AsSpan().Fill(float.NaN);
                    new Placement(down, right, mirrored).Write(set.Image(0), set.Shape, table, fast);

                    Assert.Equal(PlainTwin(set, table, down, right, mirrored), fast);
                }
            }
        }
    }

    [Fact]
    public void Sample_reaches_every_place_about_equally_often()
    {
        var augmentation = new Augmentation { PadCrop = 2, HorizontalFlip = 0.25 };
        const int Draws = 50_000;

        var samples = Enumerable.Range(0, Draws).Select(image => augmentation.Sample(seed: 1, epoch: 0, image)).ToArray();

        // 25 places: 2,000 each, binomial deviation 44; mirrored: 12,500, deviation 97. Five deviations.
        var places = samples.CountBy(sample => (sample.Down, sample.Right)).ToDictionary();
        Assert.Equal(25, places.Count);
        Assert.All(places.Keys, place => Assert.True(Math.Abs(place.Down) <= 2 && Math.Abs(place.Right) <= 2));
        Assert.All(places.Values, count => Assert.InRange(count, 2_000 - 220, 2_000 + 220));
        Assert.InRange(samples.Count(sample => sample.Mirrored), 12_500 - 485, 12_500 + 485);
    }

    [Fact]
    public void Sample_follows_seed_epoch_and_image()
    {
        var augmentation = new Augmentation { PadCrop = 1_000_000, HorizontalFlip = 0.5 };

        var sample = augmentation.Sample(seed: 1, epoch: 2, image: 3);

        Assert.Equal(sample, augmentation.Sample(seed: 1, epoch: 2, image: 3));
        Assert.NotEqual(sample, augmentation.Sample(seed: 2, epoch: 2, image: 3));
        Assert.NotEqual(sample, augmentation.Sample(seed: 1, epoch: 3, image: 3));
        Assert.NotEqual(sample, augmentation.Sample(seed: 1, epoch: 2, image: 4));
        Assert.NotEqual(sample, augmentation.Sample(seed: 1, epoch: 3, image: 2));
    }

    [Fact]
    public void None_leaves_every_image_in_its_place() =>
        Assert.All(Enumerable.Range(0, 100), image => Assert.Equal(new Placement(0, 0, false), Augmentation.None.Sample(1, 0, image)));

    [Fact]
    public void HorizontalFlip_of_one_mirrors_every_image() =>
        Assert.All(
            Enumerable.Range(0, 100),
            image => Assert.Equal(new Placement(0, 0, true), new Augmentation { HorizontalFlip = 1 }.Sample(1, 0, image)));

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Equal(
            "Cannot augment: PadCrop is 0 pixels or more, but it is -1. (Parameter 'value')",
            Assert.Throws<ArgumentOutOfRangeException>(() => new Augmentation { PadCrop = -1 }).Message);
        Assert.Equal(
            "Cannot augment: HorizontalFlip lies in [0, 1], but it is 1.5. (Parameter 'value')",
            Assert.Throws<ArgumentOutOfRangeException>(() => new Augmentation { HorizontalFlip = 1.5 }).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Augmentation { HorizontalFlip = double.NaN });
    }

    /// <summary>Pad with zeros, crop, mirror, look up: pixel by pixel.</summary>
    private static float[] PlainTwin(ImageDataset set, float[] table, int down, int right, bool mirrored)
    {
        var (channels, height, width) = set.Shape;
        float[] output = new float[channels * height * width];
        for (int c = 0; c < channels; c++)
        {
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    int fromY = y + down, fromX = (mirrored ? width - 1 - x : x) + right;
                    bool inside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
                    byte pixel = inside ? set.Pixels[(((c * height) + fromY) * width) + fromX] : (byte)0;
                    output[(((c * height) + y) * width) + x] = table[(c * 256) + pixel];
                }
            }
        }

        return output;
    }
}
