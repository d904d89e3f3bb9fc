using Coppice.Data;
using Coppice.Runs;
using Coppice.Tests.Training;

namespace Coppice.Tests.Runs;

/// <summary>The toy splits hold 60 search images by seed 1.</summary>
public sealed class SearchExposureTests
{
    private static readonly DataSource Source = DataSource.Parse("mnist:nowhere");

    [Fact]
    public void Same_split_has_not_been_seen() => Assert.Equal(new(false, null), Of(new() { Data = "mnist", SplitSeed = 1, SearchImages = 60 }));

    [Theory]
    [InlineData(2, 60)]
    [InlineData(1, 50)]
    public void Another_split_has_been_seen_in_part(int seed, int images)
    {
        var exposure = Of(new() { Data = "mnist", SplitSeed = (ulong)seed, SearchImages = images });

        Assert.True(exposure.HasSeen);
        Assert.Equal(
            $"The network was trained with {images} search images by split seed {seed}, this run uses 60 by seed 1: it has seen some of them, and search-split accuracies are too high.",
            exposure.Caveat);
    }

    [Fact]
    public void File_that_says_nothing_leaves_it_open()
    {
        var exposure = Of(new());

        Assert.Null(exposure.HasSeen);
        Assert.StartsWith("The network's file does not say which images it was trained on", exposure.Caveat, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_data_have_not_been_seen_but_are_said()
    {
        var exposure = Of(new() { Data = "cifar10", SplitSeed = 1, SearchImages = 60 });

        Assert.Equal(new(false, "The network was trained on cifar10, not on mnist."), exposure);
    }

    private static SearchExposure Of(ModelMetadata stated) => SearchExposure.Of(stated, Source, ToyTask.Splits());
}
