using System.Diagnostics;
using Coppice.Tests.Oracles;

namespace Coppice.Tests.Architecture;

/// <summary>The last line of ./test.sh, which people and machines count by.</summary>
public sealed class TestSummaryTests
{
    [Theory]
    [InlineData("", 0, "2 passed, 0 failed, 1 skipped")]
    [InlineData("samples/01-search-toolkit.cs", 1, "2 passed, 1 failed, 1 skipped")]
    [InlineData("formatting samples/01-search-toolkit.cs", 1, "2 passed, 2 failed, 1 skipped")]
    public void Steps_beside_the_tests_that_failed_are_counted(string failedSteps, int code, string lastLine)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("P.exit"), "0");
        File.WriteAllText(folder.File("P.log"), "");
        File.WriteAllText(folder.File("P.trx"), Trx("Passed", "Passed", "NotExecuted"));
        string[] steps = failedSteps.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        var (exit, lines) = Run([.. steps.SelectMany(step => (string[])["--also-failed", step]), folder.FullName, "P"]);

        Assert.Equal((code, lastLine), (exit, lines[^1]));
        Assert.Equal(steps.Select(step => $"FAILED {step}"), lines[..^1]);
    }

    private static string Trx(params string[] outcomes) =>
        $"<TestRun xmlns=\"http://microsoft.com/schemas/VisualStudio/TeamTest/2010\"><Results>{string.Concat(outcomes.Select((outcome, i) => $"<UnitTestResult testName=\"t{i}\" outcome=\"{outcome}\"/>"))}</Results></TestRun>";

    private static (int Exit, string[] Lines) Run(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", [Path.Combine(Checkout.Root, "eng", "summarize_tests.py"), .. arguments]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
