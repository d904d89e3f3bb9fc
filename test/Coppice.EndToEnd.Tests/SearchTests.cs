using System.Diagnostics;
using System.Text.Json;

namespace Coppice.EndToEnd.Tests;

/// <summary>One real compression of the shipped network on real images, small enough for a test, judged by programs that know nothing of us.</summary>
public sealed class SearchTests
{
    /// <summary>One round, few candidates, no fine-tuning: seconds instead of minutes, every part of the way the same.</summary>
    private static readonly string[] Quick =
    [
        "--data", "fashion-mnist", "--max-macs", "50%", "--algorithm", "ccep", "--population", "2", "--generations", "1", "--rounds", "1",
        "--random-samples", "2", "--search-samples", "500", "--bn-recalibrate", "2", "--epochs", "0", "--seed", "7",
    ];

    [Fact]
    public async Task Search_writes_a_network_of_half_the_macs_whose_accuracy_in_node_is_the_printed_one()
    {
        using var folder = new RunFolder();

        (await CommandRun.CoppiceAsync(["search", Checkout.Model, .. Quick, "-o", folder.Path])).Exits(0);

        Assert.InRange(folder.Number("ccep", "macs_ratio"), 0.48, 0.50);
        Assert.InRange(folder.Number("l1", "macs_ratio"), 0.48, 0.50);
        Assert.InRange(folder.Number("random", "macs_ratio"), 0.48, 0.50);
        var node = (await CommandRun.NodeAsync("evaluate.js", folder.File("best.onnx"), Checkout.FashionMnist)).Exits(0);
        using var answer = JsonDocument.Parse(node.Output);
        int correct = answer.RootElement.GetProperty("correct").GetInt32();
        Assert.Equal(10_000, answer.RootElement.GetProperty("images").GetInt32());
        Assert.InRange(correct - (10_000 * folder.Number("ccep", "test_accuracy")), -1.5, 1.5);
        (await CommandRun.CoppiceAsync("verify", Checkout.Model, folder.File("plan.json"), folder.File("best.onnx"))).Exits(0);
    }

    [Fact]
    public async Task Search_with_the_same_seed_gives_the_same_plan_bit_for_bit()
    {
        using var first = new RunFolder();
        using var second = new RunFolder();

        (await CommandRun.CoppiceAsync(["search", Checkout.Model, .. Quick, "--baselines", "none", "-o", first.Path])).Exits(0);
        (await CommandRun.CoppiceAsync(["search", Checkout.Model, .. Quick, "--baselines", "none", "-o", second.Path])).Exits(0);

        Assert.Equal(await File.ReadAllBytesAsync(first.File("plan.json")), await File.ReadAllBytesAsync(second.File("plan.json")));
        Assert.Equal(await File.ReadAllBytesAsync(first.File("best.onnx")), await File.ReadAllBytesAsync(second.File("best.onnx")));
    }

    [Fact]
    public async Task Demo_interrupted_by_control_c_exits_130_and_leaves_what_it_had_found_and_no_result()
    {
        using var folder = new RunFolder();
        var demo = CommandRun.Start(Checkout.Program, "demo", "-o", folder.Path);
        await Task.Delay(TimeSpan.FromSeconds(15));

        using (var kill = Process.Start("kill", ["-INT", demo.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        var run = (await CommandRun.EndAsync(demo)).Exits(130);
        using var study = JsonDocument.Parse(await File.ReadAllTextAsync(folder.File("study.json")));
        string[] kept = [.. study.RootElement.GetProperty("interrupted").EnumerateArray().Select(network => network.GetProperty("file").GetString()!)];
        string[] plans = [.. kept.Select(file => Path.Combine(Path.GetDirectoryName(file)!, "plan.json"))];
        string[] left = [.. Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder.Path, file))];
        Assert.Equal(((string[])["study.db", "study.json", .. kept, .. plans]).Order(), left.Order());
        Assert.Contains("Stopped. ", run.Error, StringComparison.Ordinal);
    }

    /// <summary>`script` gives the program a terminal; without one the live display never runs.</summary>
    [Fact]
    public async Task Search_works_on_a_terminal()
    {
        using var folder = new RunFolder();
        string command = string.Join(' ', [Checkout.Program, "search", Checkout.Model, .. Quick, "--baselines", "l1", "-o", folder.Path]);

        (await CommandRun.EndAsync(CommandRun.Start("script", "--quiet", "--return", "--command", command, "/dev/null"))).Exits(0);

        Assert.True(File.Exists(folder.File("best.onnx")));
    }

    [Theory]
    [InlineData("--algorithm", "cceep", "Did you mean ccep?")]
    [InlineData("--baselines", "l3", "Did you mean l1 or l2?")]
    public async Task An_unknown_method_is_refused_before_any_work(string option, string name, string known)
    {
        using var folder = new RunFolder();

        var run = (await CommandRun.CoppiceAsync("search", Checkout.Model, "--data", "fashion-mnist", "--max-macs", "50%", option, name, "-o", folder.File("run"))).Exits(2);

        Assert.StartsWith($"error: Unknown method '{name}'.", run.Error, StringComparison.Ordinal);
        Assert.Contains(known, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("run")));
    }

    [Fact]
    public async Task A_target_out_of_reach_is_refused_before_any_work_with_the_reachable_range()
    {
        using var folder = new RunFolder();

        var run = (await CommandRun.CoppiceAsync("search", Checkout.Model, "--data", "fashion-mnist", "--max-macs", "1%", "-o", folder.File("run"))).Exits(4);

        Assert.StartsWith("error: Cannot reach ", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("run")));
    }

    [Fact]
    public async Task The_shipped_network_has_the_promised_accuracy()
    {
        var node = (await CommandRun.NodeAsync("evaluate.js", Checkout.Model, Checkout.FashionMnist)).Exits(0);

        using var answer = JsonDocument.Parse(node.Output);
        Assert.InRange(answer.RootElement.GetProperty("correct").GetInt32(), 9350, 10_000);
    }
}
