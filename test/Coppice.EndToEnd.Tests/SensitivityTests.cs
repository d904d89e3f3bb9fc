using System.Text.Json;

namespace Coppice.EndToEnd.Tests;

public sealed class SensitivityTests
{
    /// <summary>The stem writes what every block of the first stage reads; the inner convolution of a block can be spared. Whatever the images, that order shows.</summary>
    [Fact]
    public async Task Sensitivity_of_the_shipped_network_has_a_curve_per_group_and_finds_the_stem_to_matter_most()
    {
        var run = (await CommandRun.CoppiceAsync(
            "sensitivity", Checkout.Model, "--data", "fashion-mnist", "--search-samples", "300", "--bn-recalibrate", "1", "--format", "json")).Exits(0);

        using var answer = JsonDocument.Parse(run.Output);
        var groups = answer.RootElement.GetProperty("groups").EnumerateArray().ToDictionary(group => group.GetProperty("group").GetString()!);
        Assert.Equal(12, groups.Count);
        double[] ratios = [.. groups["layer3.0.conv1"].GetProperty("points").EnumerateArray().Select(point => point.GetProperty("ratio").GetDouble())];
        Assert.Equal(10, ratios.Length);
        Assert.Equal((0.0, 57 / 64.0), (ratios[0], ratios[^1]));
        Assert.Equal("conv1", groups.MaxBy(group => group.Value.GetProperty("worstAdded").GetDouble()).Key);
        Assert.InRange(answer.RootElement.GetProperty("loss").GetDouble(), 0.05, 0.3);
    }
}
