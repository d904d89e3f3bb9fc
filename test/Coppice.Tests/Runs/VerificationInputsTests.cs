using Coppice.Data;
using Coppice.Graph;
using Coppice.Models;
using Coppice.Runs;
using Coppice.Tests.Data;

namespace Coppice.Tests.Runs;

public sealed class VerificationInputsTests
{
    private static readonly Network Network = ModelCatalog.Build("lenet5", new() { InputSize = 28 });

    [Fact]
    public void Images_come_normalised_each_once_and_again_where_more_are_asked_for()
    {
        var set = SmallData.WithLabels([0, 1, 2], 3, new ImageShape(1, 28, 28));
        var images = new VerificationImages(DataSubset.All(set, Split.Train), new([0.5f], [0.25f]));

        var inputs = new VerificationInputs(Network, new() { Samples = 5, Images = images });

        Assert.Equal((5, 1), (inputs.BatchSize, inputs.Batches));
        float[][] drawn = [.. inputs.Draw(0)[0].Value.Floats().ToArray().Chunk(784)];
        float[][] expected = [.. Enumerable.Range(0, 5).Select(i => set.Image(i % 3).ToArray().Select(pixel => ((pixel / 255f) - 0.5f) / 0.25f).ToArray())];
        Assert.Equal(expected, drawn);
    }

    [Fact]
    public void Some_images_of_many_are_drawn_by_the_seed()
    {
        var set = SmallData.WithLabels([.. Enumerable.Range(0, 50).Select(i => i % 2)], 2, new ImageShape(1, 28, 28));
        var images = new VerificationImages(DataSubset.All(set, Split.Train), Normalization.Plain(1));

        float[][] Draw(ulong seed) => [.. new VerificationInputs(Network, new() { Samples = 4, Seed = seed, Images = images }).Draw(0)[0].Value.Floats().ToArray().Chunk(784)];

        Assert.Equal(Draw(1), Draw(1));
        Assert.NotEqual(Draw(1), Draw(2));
        Assert.Equal(4, Draw(1).Select(image => image[0]).Distinct().Count());
    }
}
