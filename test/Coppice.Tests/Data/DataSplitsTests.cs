using System.Security.Cryptography;
using Coppice.Data;

namespace Coppice.Tests.Data;

public sealed class DataSplitsTests
{
    private static readonly ImageDataset Train = SmallData.Cyclic(99, name: "train");
    private static readonly ImageDataset Test = SmallData.Cyclic(30, name: "test");

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(50)]
    [InlineData(98)]
    public void Create_cuts_the_training_images_in_two_disjoint_parts_of_exact_size(int searchCount)
    {
        var splits = DataSplits.Create(Train, Test, searchCount, seed: 3);

        Assert.Equal(searchCount, splits.Search.Count);
        Assert.Equal(99 - searchCount, splits.Train.Count);
        Assert.Equal(Enumerable.Range(0, 99), splits.Train.Indices.Concat(splits.Search.Indices).Order());
        var counts = splits.Search.CountByClass();
        Assert.InRange(counts.Max() - counts.Min(), 0, 1);
        Assert.Equal(Split.Train, splits.Train.Split);
        Assert.Equal(Split.Search, splits.Search.Split);
        Assert.Same(Train, splits.Search.Dataset);
    }

    [Fact]
    public void Create_keeps_the_proportions_of_unequal_classes()
    {
        // 60, 30 and 10 images; 15 wanted: 9, 4.5 and 1.5, the place left over goes to the lower class of the equal remainders.
        int[] labels = [.. Enumerable.Repeat(0, 60), .. Enumerable.Repeat(1, 30), .. Enumerable.Repeat(2, 10)];
        var train = SmallData.WithLabels(labels, 3, Test.Shape);

        var splits = DataSplits.Create(train, Test, 15, seed: 3);

        Assert.Equal<int>([9, 5, 1], splits.Search.CountByClass());
        Assert.Equal<int>([51, 25, 9], splits.Train.CountByClass());
    }

    [Fact]
    public void Create_follows_the_seed()
    {
        var splits = DataSplits.Create(Train, Test, 20, seed: 3);
        var again = DataSplits.Create(Train, Test, 20, seed: 3);
        var other = DataSplits.Create(Train, Test, 20, seed: 4);

        Assert.Equal(3UL, splits.Seed);
        Assert.Equal(splits.Search.Indices, again.Search.Indices.AsEnumerable());
        Assert.Equal(splits.Search.IndexHash, again.Search.IndexHash);
        Assert.NotEqual(splits.Search.Indices, other.Search.Indices.AsEnumerable());
        Assert.NotEqual(splits.Search.IndexHash, other.Search.IndexHash);
        Assert.NotEqual(splits.Train.IndexHash, other.Train.IndexHash);
    }

    [Fact]
    public void Create_draws_each_class_by_itself()
    {
        // Image i has class i mod 3 and is number i / 3 of it: with one draw for all, every class would give the same numbers.
        var byClass = DataSplits.Create(Train, Test, 30, seed: 3).Search.Indices.ToLookup(i => i % 3, i => i / 3);

        Assert.NotEqual(byClass[0], byClass[1]);
        Assert.NotEqual(byClass[1], byClass[2]);
    }

    [Fact]
    public void Create_rounds_a_fraction_to_the_nearest_count()
    {
        var byFraction = DataSplits.Create(Train, Test, 0.1, seed: 3); // 9.9
        var byCount = DataSplits.Create(Train, Test, 10, seed: 3);

        Assert.Equal(byCount.Search.Indices, byFraction.Search.Indices.AsEnumerable());
    }

    [Fact]
    public void TrainAndSearch_holds_every_training_image_and_no_other()
    {
        var splits = DataSplits.Create(Train, Test, 20, seed: 3);

        Assert.Equal(Enumerable.Range(0, 99), splits.TrainAndSearch.Indices);
        Assert.Same(Train, splits.TrainAndSearch.Dataset);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    public void Create_refuses_to_leave_a_split_empty(int searchCount) =>
        Assert.Equal(
            $"Cannot split 'train': the search split takes 1 to 98 of 99 training images, but {searchCount} are asked for. (Parameter 'searchCount')",
            Assert.Throws<ArgumentOutOfRangeException>(() => DataSplits.Create(Train, Test, searchCount, seed: 3)).Message);

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void Create_refuses_a_fraction_outside_of_0_to_1(double fraction) =>
        Assert.Equal(
            FormattableString.Invariant($"Cannot split 'train': the share of the search split lies between 0 and 1, but it is {fraction}. (Parameter 'searchFraction')"),
            Assert.Throws<ArgumentOutOfRangeException>(() => DataSplits.Create(Train, Test, fraction, seed: 3)).Message);

    [Fact]
    public void Create_refuses_sets_that_differ()
    {
        var other = SmallData.Cyclic(30, classes: 4, name: "other");

        Assert.Equal(
            "Cannot split 'train': training and test images have one size and one list of classes, but they are 1x4x5 with 3 classes and 1x4x5 with 4 classes ('other'). (Parameter 'test')",
            Assert.Throws<ArgumentException>(() => DataSplits.Create(Train, other, 10, seed: 3)).Message);
    }

    [Fact]
    public void Test_split_records_when_and_why_it_was_opened()
    {
        var sealedSplit = DataSplits.Create(Train, Test, 20, seed: 3).Test;
        var clock = new StoppedClock(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        Assert.Equal(30, sealedSplit.Count);
        Assert.Equal(Test.ContentHash, sealedSplit.ContentHash);
        Assert.Equal(DataSubset.All(Test, Split.Test).IndexHash, sealedSplit.IndexHash);
        Assert.Empty(sealedSplit.Openings);

        var first = sealedSplit.Open("final report", clock);
        sealedSplit.Open("final report", clock);

        Assert.Same(Test, first.Dataset);
        Assert.Equal(Split.Test, first.Split);
        Assert.Equal(Enumerable.Range(0, 30), first.Indices);
        Assert.Equal<SplitOpening>([new(clock.GetUtcNow(), "final report"), new(clock.GetUtcNow(), "final report")], sealedSplit.Openings);
    }

    [Fact]
    public void Test_split_stays_closed_without_a_reason()
    {
        var sealedSplit = DataSplits.Create(Train, Test, 20, seed: 3).Test;

        Assert.Throws<ArgumentException>(() => sealedSplit.Open(" ", TimeProvider.System));

        Assert.Empty(sealedSplit.Openings);
    }

    [Fact]
    public void Take_samples_each_class_in_its_proportion_from_the_split()
    {
        var search = DataSplits.Create(Train, Test, 30, seed: 3).Search;

        var sample = search.Take(12, seed: 5);

        Assert.Equal<int>([4, 4, 4], sample.CountByClass());
        Assert.Equal(Split.Search, sample.Split);
        Assert.Subset(search.Indices.ToHashSet(), sample.Indices.ToHashSet());
        Assert.Equal(sample.Indices, search.Take(12, seed: 5).Indices.AsEnumerable());
        Assert.NotEqual(sample.Indices, search.Take(12, seed: 6).Indices.AsEnumerable());
        Assert.Subset(search.Take(24, seed: 5).Indices.ToHashSet(), sample.Indices.ToHashSet());
        Assert.Same(search, search.Take(30, seed: 5));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    public void Take_refuses_more_images_than_there_are_or_none(int count)
    {
        var search = DataSplits.Create(Train, Test, 30, seed: 3).Search;

        Assert.Equal(
            $"Cannot sample images: the search split holds 30, so 1 to 30 can be taken, but {count} are asked for. (Parameter 'count')",
            Assert.Throws<ArgumentOutOfRangeException>(() => search.Take(count, seed: 5)).Message);
    }

    [Fact]
    public void IndexHash_is_SHA256_of_the_indices()
    {
        var subset = new DataSubset(Train, Split.Train, [0, 2, 70]);

        byte[] bytes = [0, 0, 0, 0, 2, 0, 0, 0, 70, 0, 0, 0];
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), subset.IndexHash);
    }

    [Theory]
    [InlineData(new[] { 5, 5 }, "5 follows 5")]
    [InlineData(new[] { 5, 4 }, "4 follows 5")]
    [InlineData(new[] { -1 }, "-1 follows -1")]
    [InlineData(new[] { 0, 99 }, "99 follows 0")]
    public void Subset_refuses_indices_that_do_not_ascend_in_range(int[] indices, string fault) =>
        Assert.Equal(
            $"Cannot select images: indices ascend and lie in 0..98, but {fault}. (Parameter 'indices')",
            Assert.Throws<ArgumentException>(() => new DataSubset(Train, Split.Train, [.. indices])).Message);

    [Fact]
    public void Apportion_gives_every_seat_and_at_most_one_more_than_the_exact_share()
    {
        int[] sizes = [7, 1, 0, 40, 13];

        for (int count = 0; count <= 61; count++)
        {
            int[] seats = Stratification.Apportion(sizes, count);

            Assert.Equal(count, seats.Sum());
            for (int c = 0; c < sizes.Length; c++)
            {
                double exact = count * sizes[c] / 61.0;
                Assert.InRange(seats[c], Math.Floor(exact), Math.Min(sizes[c], Math.Ceiling(exact)));
            }
        }
    }

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
