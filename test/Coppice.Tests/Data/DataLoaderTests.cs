using Coppice.Data;

namespace Coppice.Tests.Data;

public sealed class DataLoaderTests
{
    private static readonly Normalization Half = new([0.5f], [0.5f]);
    private static readonly Augmentation Moving = new() { PadCrop = 2, HorizontalFlip = 0.5 };
    private static readonly ImageDataset Set = SmallData.Cyclic(103);
    private static readonly DataSubset All = DataSubset.All(Set, Split.Train);

    [Fact]
    public void Epoch_gives_each_image_once_with_its_label_and_pixels()
    {
        var loader = new DataLoader(All, Half, new() { BatchSize = 10, Seed = 1 });

        var batches = Copy(loader.Epoch(0));

        Assert.Equal(11, loader.IterationsPerEpoch);
        Assert.Equal(Enumerable.Range(0, 11), batches.Select(batch => batch.Iteration));
        Assert.Equal(Enumerable.Range(0, 103), batches.SelectMany(batch => batch.Indices).Order());
        foreach (var batch in batches)
        {
            Assert.Equal<long>([batch.Indices.Length, 1, 4, 5], batch.Shape);
            for (int n = 0; n < batch.Indices.Length; n++)
            {
                int image = batch.Indices[n];
                Assert.Equal(image % 3, batch.Labels[n]);
                float[] expected = [.. Set.Image(image).ToArray().Select(pixel => ((pixel / 255f) - 0.5f) / 0.5f)];
                Assert.Equal(expected, batch.Images.AsSpan(n * 20, 20).ToArray());
            }
        }
    }

    [Theory]
    [InlineData(false, 11, 3)]
    [InlineData(true, 10, 10)]
    public void Epoch_keeps_or_drops_the_last_part_of_a_batch(bool dropLast, int batches, int lastSize)
    {
        var loader = new DataLoader(All, Half, new() { BatchSize = 10, DropLast = dropLast });

        var epoch = Copy(loader.Epoch(0));

        Assert.Equal(batches, loader.IterationsPerEpoch);
        Assert.Equal(batches, epoch.Count);
        Assert.Equal(lastSize, epoch[^1].Labels.Length);
    }

    [Fact]
    public void Epoch_reads_only_the_images_of_the_subset_and_in_order_when_asked()
    {
        var subset = new DataSubset(Set, Split.Search, [3, 5, 8, 100]);

        int[] inOrder = Order(new(subset, Half, new() { Shuffle = false }), epoch: 7);
        int[] shuffled = Order(new(subset, Half, new() { Shuffle = true }), epoch: 7);

        Assert.Equal<int>([3, 5, 8, 100], inOrder);
        Assert.Equal<int>([3, 5, 8, 100], [.. shuffled.Order()]);
    }

    [Fact]
    public void Order_follows_seed_and_epoch()
    {
        var loader = new DataLoader(All, Half, new() { Seed = 1 });
        int[] order = Order(loader, epoch: 0);

        Assert.Equal(order, Order(loader, epoch: 0));
        Assert.Equal(order, Order(new(All, Half, new() { Seed = 1, BatchSize = 7 }), epoch: 0));
        Assert.NotEqual(order, Order(loader, epoch: 1));
        Assert.NotEqual(order, Order(new(All, Half, new() { Seed = 2 }), epoch: 0));
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(3, 1)]
    [InlineData(8, 64)]
    public void Batches_are_the_same_for_any_number_of_workers(int workers, int prefetch)
    {
        var options = new DataLoaderOptions { BatchSize = 4, Seed = 1, Augmentation = Moving, Workers = 1 };

        var expected = Copy(new DataLoader(All, Half, options).Epoch(2));
        var actual = Copy(new DataLoader(All, Half, options with { Workers = workers, Prefetch = prefetch }).Epoch(2));

        AssertSame(expected, actual);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(11)]
    public void Epoch_resumed_in_the_middle_equals_the_unbroken_one(int start)
    {
        var options = new DataLoaderOptions { BatchSize = 10, Seed = 1, Augmentation = Moving };

        var unbroken = Copy(new DataLoader(All, Half, options).Epoch(2));
        var resumed = Copy(new DataLoader(All, Half, options).Epoch(2, start));

        AssertSame(unbroken[start..], resumed);
    }

    [Fact]
    public void Augmentation_does_not_depend_on_the_place_in_the_epoch()
    {
        var options = new DataLoaderOptions { BatchSize = 10, Seed = 1, Augmentation = Moving };

        var shuffled = ByImage(Copy(new DataLoader(All, Half, options).Epoch(2)));
        var inOrder = ByImage(Copy(new DataLoader(All, Half, options with { Shuffle = false, BatchSize = 3 }).Epoch(2)));
        var nextEpoch = ByImage(Copy(new DataLoader(All, Half, options).Epoch(3)));

        Assert.All(shuffled, pair => Assert.Equal(pair.Value, inOrder[pair.Key]));
        Assert.InRange(shuffled.Count(pair => !pair.Value.AsSpan().SequenceEqual(nextEpoch[pair.Key])), 90, 103); // 49 of 50 move
    }

    [Fact]
    public void Batch_throws_when_it_is_read_after_the_next_one_was_asked_for()
    {
        using var epoch = new DataLoader(All, Half, new() { BatchSize = 10 }).Epoch(0).GetEnumerator();
        epoch.MoveNext();
        var first = epoch.Current;
        epoch.MoveNext();

        var fault = Assert.Throws<ObjectDisposedException>(() => first.Images.Length);

        Assert.StartsWith(
            "Cannot read batch 0: it was lent until the next one was asked for; copy what must last longer.",
            fault.Message, StringComparison.Ordinal);
        Assert.Equal(200, epoch.Current.Images.Length);
    }

    [Fact]
    public void Epoch_ends_with_a_cancellation()
    {
        using var cancellation = new CancellationTokenSource();
        int seen = 0;

        void Read()
        {
            foreach (var batch in new DataLoader(All, Half, new() { BatchSize = 10 }).Epoch(0, cancellation: cancellation.Token))
            {
                seen += batch.Count;
                cancellation.Cancel();
            }
        }

        Assert.Throws<OperationCanceledException>(Read);
        Assert.Equal(10, seen);
    }

    [Fact]
    public void Epoch_left_early_can_be_read_again()
    {
        var loader = new DataLoader(All, Half, new() { BatchSize = 10, Workers = 2, Augmentation = Moving });
        var expected = Copy(loader.Epoch(0));

        for (int i = 0; i < 20; i++) Assert.Equal(10, loader.Epoch(0).First().Count);

        AssertSame(expected, Copy(loader.Epoch(0)));
    }

    [Fact]
    public void Constructor_names_all_faults_at_once()
    {
        var options = new DataLoaderOptions { BatchSize = 0, Workers = -1, Prefetch = 0, Augmentation = new() { PadCrop = 4 } };

        Assert.Equal(
            "Cannot load batches of 'small': BatchSize is at least 1, but it is 0; Workers is at least 0, but it is -1; Prefetch is at least 1, but it is 0; PadCrop is below height and width of 1x4x5, but it is 4; the normalisation is for 3 channels, but the images have 1.",
            Assert.Throws<ArgumentException>(() => new DataLoader(All, Normalization.Cifar10, options)).Message);
        Assert.Equal(
            "Cannot load batches of 'small': DropLast leaves nothing of 103 images in batches of 104.",
            Assert.Throws<ArgumentException>(() => new DataLoader(All, Half, new() { BatchSize = 104, DropLast = true })).Message);
        Assert.Equal(
            "Cannot load batches of 'small': there is no image.",
            Assert.Throws<ArgumentException>(() => new DataLoader(new(Set, Split.Train, []), Half, new())).Message);
    }

    [Fact]
    public void Epoch_refuses_a_start_beyond_its_end()
    {
        var loader = new DataLoader(All, Half, new() { BatchSize = 10 });

        Assert.Throws<ArgumentOutOfRangeException>(() => loader.Epoch(0, startIteration: 12));
        Assert.Throws<ArgumentOutOfRangeException>(() => loader.Epoch(0, startIteration: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => loader.Epoch(-1));
    }

    private static int[] Order(DataLoader loader, int epoch) => [.. Copy(loader.Epoch(epoch)).SelectMany(batch => batch.Indices)];

    private static List<BatchCopy> Copy(IEnumerable<Batch> epoch)
    {
        List<BatchCopy> copies = [];
        foreach (var batch in epoch)
        {
            copies.Add(new(
                batch.Iteration, [.. batch.Shape], batch.Images.ToArray(), batch.Labels.ToArray(), batch.Indices.ToArray()));
        }

        return copies;
    }

    private static Dictionary<int, float[]> ByImage(IEnumerable<BatchCopy> epoch) => epoch
        .SelectMany(batch => batch.Indices.Zip(batch.Images.Chunk(20)))
        .ToDictionary(pair => pair.First, pair => pair.Second);

    private static void AssertSame(List<BatchCopy> expected, List<BatchCopy> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        foreach (var (e, a) in expected.Zip(actual))
        {
            Assert.Equal(e.Iteration, a.Iteration);
            Assert.Equal(e.Indices, a.Indices);
            Assert.Equal(e.Labels, a.Labels);
            Assert.Equal(e.Images, a.Images);
        }
    }

    private sealed record BatchCopy(int Iteration, long[] Shape, float[] Images, long[] Labels, int[] Indices);
}
