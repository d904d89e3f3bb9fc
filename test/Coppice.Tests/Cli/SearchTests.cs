using Coppice.Cli;
using Coppice.Tests.Data;

namespace Coppice.Tests.Cli;

[Collection("tensors")]
public sealed class SearchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SearchTests() => RandomImages.Write(_folder, train: 140, test: 10);

    public void Dispose() => _folder.Dispose();

    /// <summary>The baseline is done, of the search the first of two walks. With what is in the way of a network comes a reason, and a folder that the next run finds.</summary>
    [Theory]
    [InlineData(new string[0], @"Kept in 'CANDIDATES', without test accuracy, verification or report: l1 \(\d\d\.\d % of the MACs\), random \(\d\d\.\d % of the MACs, interrupted\)\.")]
    [InlineData(new[] { "l1", "random" }, @"Nothing that had been found could be kept\. Not kept: l1: Cannot make the folder '[^\n]*l1'[^\n]*; random: Cannot make the folder '[^\n]*random'[^\n]*[^.]\.")]
    public async Task Interrupted_search_is_code_130_and_one_line_that_says_what_is_kept_and_where(string[] blocked, string kept)
    {
        await CommandLine.RunAsync("train", "lenet5", "--data", $"fashion-mnist:{_folder.Path}", "--search-images", "8", "--epochs", "0", "-v", "m", "-o", _folder.File("in.onnx"));
        using var source = new CancellationTokenSource();
        string run = _folder.File("run"), candidates = Path.Combine(run, "candidates");
        var error = new CancellingWriter(source, "random: founders")
        {
            Before = () => Array.ForEach(blocked, name => File.WriteAllText(Path.Combine(Directory.CreateDirectory(candidates).FullName, name), "in the way")),
        };

        var stopped = await CommandLine.RunAsync(
            [
                "search", _folder.File("in.onnx"), "--data", $"fashion-mnist:{_folder.Path}", "--search-images", "8", "--algorithm", "random", "--baselines", "l1", "--max-macs", "50%",
                "--search-samples", "8", "--bn-recalibrate", "1", "--adaptive-bn", "one-pass", "--threads", "1", "--random-samples", "20", "--precision", "fp32", "-o", run,
            ],
            error,
            source.Token);

        Assert.Equal((ExitCode.Cancelled, ""), (stopped.Code, stopped.Output));
        Assert.Matches(
            $@"\nStopped\. {kept.Replace("CANDIDATES", candidates, StringComparison.Ordinal)} The same command with --overwrite starts anew, but for the scores that it finds in study\.db\.\n$",
            stopped.Error);
        Assert.Equal(((string[])["l1", "random"]).Except(blocked), Directory.GetDirectories(candidates).Select(Path.GetFileName).Order());
        Assert.False(File.Exists(Path.Combine(run, "best.onnx")));
    }

    /// <summary>
    /// What is in the way of the original's copy stops the run after its searches: their networks are kept and named, those that something is in the way of too are named with the reason, and the failure
    /// comes last.
    /// </summary>
    [Theory]
    [InlineData(new string[0], @"the run failed\. Kept in 'CANDIDATES', without test accuracy, verification or report: l1 \(\d\d\.\d % of the MACs\), random \(\d\d\.\d % of the MACs\)\. The same command with --overwrite starts anew, but for the scores that it finds in study\.db\.")]
    [InlineData(new[] { "random" }, @"the run failed\. Kept in 'CANDIDATES', without test accuracy, verification or report: l1 \(\d\d\.\d % of the MACs\)\. Not kept: random: Cannot make the folder '[^\n]*random'[^\n]*[^.]\. The same command with --overwrite starts anew, but for the scores that it finds in study\.db\.")]
    [InlineData(new[] { "l1", "random" }, @"the run failed, and none of the networks that it had found could be kept\. Not kept: l1: Cannot make the folder '[^\n]*l1'[^\n]*; random: Cannot make the folder '[^\n]*random'[^\n]*[^.]\.")]
    public async Task Failed_search_says_what_is_kept_and_how_to_go_on_before_it_says_what_failed(string[] blocked, string warning)
    {
        await CommandLine.RunAsync("train", "lenet5", "--data", $"fashion-mnist:{_folder.Path}", "--search-images", "8", "--epochs", "0", "-v", "m", "-o", _folder.File("in.onnx"));
        string candidates = Directory.CreateDirectory(Path.Combine(_folder.File("run"), "candidates")).FullName;
        foreach (string name in (string[])["original", .. blocked])
        {
            File.WriteAllText(Path.Combine(candidates, name), "in the way");
        }

        var failed = await CommandLine.RunAsync(
            "search", _folder.File("in.onnx"), "--data", $"fashion-mnist:{_folder.Path}", "--search-images", "8", "--algorithm", "random", "--baselines", "l1", "--max-macs", "50%",
            "--search-samples", "8", "--bn-recalibrate", "1", "--threads", "1", "--random-samples", "2", "--precision", "fp32", "--epochs", "0", "--overwrite", "-v", "m", "-o", _folder.File("run"));

        Assert.Equal((ExitCode.Usage, ""), (failed.Code, failed.Output));
        Assert.Matches($@"warning: {warning.Replace("CANDIDATES", candidates, StringComparison.Ordinal)}\nerror: Cannot make the folder '[^\n]*original[^\n]*\n$", failed.Error);
        Assert.Equal(((string[])["l1", "random"]).Except(blocked), Directory.GetDirectories(candidates).Select(Path.GetFileName).Order());
    }
}
