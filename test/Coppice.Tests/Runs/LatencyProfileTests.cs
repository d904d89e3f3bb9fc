using Coppice.Models;
using Coppice.Runs;

namespace Coppice.Tests.Runs;

public sealed class LatencyProfileTests
{
    [Fact]
    public void Networks_take_turns_and_the_smaller_one_is_faster()
    {
        LatencySubject[] subjects =
        [
            LatencySubject.Of("large", ModelCatalog.Build("resnet56")),
            LatencySubject.Of("small", ModelCatalog.Build("lenet5")),
        ];
        var rounds = new List<(long Done, long Total)>();

        var profile = LatencyProfile.Measure(
            subjects, new() { WarmUp = 1, Repetitions = 5 }, new ActionProgress<(long, long)>(rounds.Add), CancellationToken.None);

        Assert.Equal([(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)], rounds);
        Assert.Equal(["large", "small"], profile.Networks.Select(network => network.Name));
        Assert.All(profile.Networks, network => Assert.Equal(5, network.Milliseconds.Count));
        Assert.Equal(1, profile.Networks[0].Speedup);
        Assert.True(profile.Networks[1].Speedup > 2); // a hundredth of the MACs
    }

    [Fact]
    public void Repetitions_are_spread_over_the_rounds_without_loss()
    {
        var profile = LatencyProfile.Measure([LatencySubject.Of("net", ModelCatalog.Build("lenet5"))], new() { WarmUp = 0, Repetitions = 47 }, null, CancellationToken.None);

        Assert.Equal((20, 47), (profile.Rounds, profile.Networks[0].Milliseconds.Count));
    }

    [Fact]
    public void Missing_file_is_the_users_to_mend()
    {
        var fault = Assert.Throws<CoppiceException>(() => LatencyProfile.Measure([LatencySubject.OfFile("missing.onnx")], new(), null, CancellationToken.None));

        Assert.Equal("Cannot load the ONNX model 'missing.onnx': there is no such file.", fault.Message);
    }

    [Fact]
    public void Settings_out_of_range_are_told()
    {
        var fault = Assert.Throws<CoppiceException>(() => LatencyProfile.Measure([], new() { Batch = 0 }, null, CancellationToken.None));

        Assert.Equal("Cannot measure latency: batch (0), threads (1) and repetitions (200) must be at least 1, warm-up (20) at least 0.", fault.Message);
    }
}
