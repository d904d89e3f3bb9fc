using Coppice.Graph;
using Coppice.Onnx;
using Coppice.Tests.Oracles;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.Cli;

public sealed class HalfPrecisionCommandTests() : LeakCheck(scoped: false)
{
    /// <summary>Every criterion reads weights, and every verb that needs no images takes the file; what comes out is in half precision, and its bits are some of those that went in.</summary>
    [Theory]
    [InlineData("l1")]
    [InlineData("l1-greedy")]
    [InlineData("l2")]
    [InlineData("fpgm")]
    [InlineData("bn-scale")]
    public async Task Half_precision_file_goes_through_the_program(string method)
    {
        using var folder = new TemporaryFolder();
        OnnxFiles.WriteTyped("half", folder.File("in.onnx"));

        var pruned = await CommandLine.RunAsync("prune", folder.File("in.onnx"), "--method", method, "--scope", "inner", "--max-macs", "60%", "--plan", folder.File("plan.json"), "-o", folder.File("out.onnx"), "--external-data");
        var verified = await CommandLine.RunAsync("verify", folder.File("in.onnx"), folder.File("plan.json"), folder.File("out.onnx"), "--samples", "2");
        var timed = await CommandLine.RunAsync("profile", folder.File("in.onnx"), folder.File("out.onnx"), "--repetitions", "1", "--warm-up", "0");
        var inspected = await CommandLine.RunAsync("inspect", folder.File("out.onnx"));

        Assert.Equal((0, 0, 0, 0, ""), (pruned.Code, verified.Code, timed.Code, inspected.Code, pruned.Error + verified.Error + inspected.Error));
        Assert.Contains("x: Float16 [n, 3, 8, 8]", inspected.Output);
        var (before, after) = (OnnxReader.Read(folder.File("in.onnx")).Parameters["a.weight"], OnnxReader.Read(folder.File("out.onnx")).Parameters["a.weight"]);
        Assert.InRange(after.Shape[0], 1, 11);
        string[] rows = Rows(before);
        Assert.Equal(ElementType.Float16, after.Type);
        Assert.All(Rows(after), row => Assert.Contains(row, rows));
    }

    private static string[] Rows(HostTensor tensor) => [.. tensor.Bytes.ToArray().Chunk((int)(tensor.Bytes.Length / tensor.Shape[0])).Select(Convert.ToHexString)];
}
