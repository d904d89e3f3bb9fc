using Coppice.Graph.Channels;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Tests.Training;

namespace Coppice.Tests.Runs;

/// <summary>A whole run under the constraints of a user.</summary>
public sealed class ConstrainedRunTests : CompressionRunCase
{
    /// <summary>Sixteen filters in steps of 4 and a hidden layer that stays: for the algorithm and for both baselines, through repair and fine-tuning.</summary>
    [Fact]
    public async Task Algorithm_and_baselines_obey_and_the_study_says_what()
    {
        var report = await RunAsync(ToyTask.Network(filters: 16), Options with { MaxMacs = "60%", Repair = true, Constraints = new() { Freeze = ["relu4"], ChannelMultiple = 4 } });

        Assert.Equal(["original", "l1", "random", "ccep"], report.Rows.Select(row => row.Name));
        Assert.All(report.Rows.Skip(1), row =>
        {
            var sizes = ChannelUnits.Analyze(OnnxReader.Read(Folder.File($"candidates/{row.Name}/model.onnx"))).Groups.ToDictionary(group => group.Name, group => group.Size);
            Assert.Equal((8, 10), (sizes["conv2"], sizes["hidden"]));
        });
        Assert.Contains("\"channelMultiple\": 4", System.IO.File.ReadAllText(Folder.File("study.json")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("20%", "conv2", "or change what is in the way: --freeze 'conv2' (without it ")]
    [InlineData("20%", "convolution", "Cannot use --freeze 'convolution': no node of 'toy' has such a name; the nearest are ")]
    [InlineData(null, "convolution", "Cannot use --freeze 'convolution': no node of 'toy' has such a name; the nearest are ")]
    public async Task What_cannot_be_is_refused_before_any_work(string? macs, string pattern, string message)
    {
        var options = Options with { Algorithm = "ga", MaxMacs = macs, Constraints = new PruningConstraints { Freeze = [pattern] } };

        var fault = await Assert.ThrowsAnyAsync<CoppiceException>(() => RunAsync(ToyTask.Network(), options));

        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Folder.Path));
    }
}
