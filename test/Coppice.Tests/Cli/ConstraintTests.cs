using System.CommandLine;
using System.Text.Json;
using Coppice.Cli;
using Coppice.Cli.Options;
using Coppice.Onnx;
using Coppice.Tests.Data;
using Coppice.Tests.Graph;

namespace Coppice.Tests.Cli;

/// <summary>What users forbid, on the command line.</summary>
[Collection("tensors")]
public sealed class ConstraintTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The integers of <see cref="Coppice.Tests.Pruning.PruningConstraintsTests"/>.</summary>
    [Fact]
    public async Task Inspect_shows_what_constraints_leave()
    {
        await BuildAsync("resnet20");

        var report = await RunAsync("inspect", File("in.onnx"), "--freeze", "layer1*", "--channel-multiple", "8", "--format", "json");

        var groups = report.GetProperty("groups").EnumerateArray().ToDictionary(group => group.GetProperty("name").GetString()!);
        Assert.Equal("frozen by --freeze 'layer1*'", groups["layer1.0.conv1"].GetProperty("lockReason").GetString());
        Assert.Equal("frozen by --freeze 'layer1*'", groups["conv1"].GetProperty("lockReason").GetString());
        Assert.Equal("it is an output of the network", groups["fc"].GetProperty("lockReason").GetString());
        Assert.Equal(("8 to 32 by 8", 8, 8), (groups["layer2.0.conv1"].GetProperty("mayKeep").GetString(), groups["layer2.0.conv1"].GetProperty("leastKept").GetInt32(), groups["layer2.0.conv1"].GetProperty("step").GetInt32()));
        Assert.Equal((6, 19_464_832), (report.GetProperty("smallestInner").GetProperty("groups").GetInt32(), report.GetProperty("smallestInner").GetProperty("macs").GetInt64()));
        Assert.Equal("layer1*", report.GetProperty("constraints").GetProperty("freeze")[0].GetString());
    }

    [Fact]
    public async Task Inspect_of_a_network_of_which_nothing_is_left_says_so()
    {
        await BuildAsync("resnet20");

        var (code, output, _) = await CommandLine.RunAsync("inspect", File("in.onnx"), "--only", "conv1");

        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("scope inner   no group can lose channels\n", output, StringComparison.Ordinal);
        Assert.Contains("scope all     1 groups; ", output, StringComparison.Ordinal);
        Assert.Contains("not written by --only 'conv1'\n", output, StringComparison.Ordinal);
    }

    /// <summary>3 · 4 · 64 MACs of the one layer that the barrier holds.</summary>
    [Fact]
    public async Task Inspect_tells_what_a_barrier_locks()
    {
        var draw = new Draw();
        draw.Node("mystery", "Mystery", [draw.Conv("held", "x", filters: 4)]);
        OnnxWriter.Write(draw.Build("mystery", draw.Conv("out", draw.Conv("free", "x", filters: 5), filters: 2)), File("in.onnx"));

        var (_, output, _) = await CommandLine.RunAsync("inspect", File("in.onnx"));

        Assert.Contains("mystery  Mystery           768  operator Mystery is not known\nLocked MACs: those of the layers whose filters must all stay", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prune_obeys_and_repeated_and_listed_patterns_are_one()
    {
        await BuildAsync("resnet20");
        string[] common = ["prune", File("in.onnx"), "--scope", "inner", "--max-macs", "60%", "--channel-multiple", "8", "--format", "json", "-o"];

        var listed = await RunAsync([.. common, File("listed.onnx"), "--freeze", "layer1*", "layer3.2.*"]);
        await RunAsync([.. common, File("repeated.onnx"), "--freeze", "layer1*", "--freeze", "layer3.2.*"]);

        Assert.Equal(System.IO.File.ReadAllBytes(File("listed.onnx")), System.IO.File.ReadAllBytes(File("repeated.onnx")));
        var groups = listed.GetProperty("groups").EnumerateArray().ToDictionary(group => group.GetProperty("name").GetString()!, group => group.GetProperty("after").GetInt32());
        Assert.Equal(["layer2.0.conv1", "layer2.1.conv1", "layer2.2.conv1", "layer3.0.conv1", "layer3.1.conv1"], groups.Keys);
        Assert.All(groups.Values, width => Assert.Equal(0, width % 8));
        Assert.InRange(listed.GetProperty("after").GetProperty("macs").GetInt64(), 1, 40_551_040 * 6 / 10);
    }

    [Theory]
    [InlineData("--max-macs 40% --freeze layer1* --channel-multiple 8", ExitCode.Infeasible, "in the way: --freeze 'layer1*' (without it 30.5%), --channel-multiple 8 (without it 37.5%).\n")]
    [InlineData("--max-macs 90% --max-group-ratio 5", ExitCode.Infeasible, "in the way: --max-group-ratio 5% (without it 4.8%).\n")]
    [InlineData("--max-macs 40% --freeze layr1*", ExitCode.Usage, "no node of 'resnet20' has such a name; the nearest are 'layer1.0.conv1', 'layer1.0.bn1', 'layer1.0.relu1'.\n")]
    [InlineData("--max-macs 40% --freeze *", ExitCode.Usage, "none of the 9 channel groups that --scope allows is left; for example, 'layer1.0.conv1' is frozen by --freeze '*'. Name other nodes, or use --scope all.\n")]
    public async Task Refusal_names_the_option_and_leaves_no_file(string options, int expected, string end)
    {
        await BuildAsync("resnet20");

        var (code, _, error) = await CommandLine.RunAsync(["prune", File("in.onnx"), "--scope", "inner", "-o", File("out.onnx"), .. options.Split(' ')]);

        Assert.Equal(expected, code);
        Assert.EndsWith(end, error, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(File("out.onnx")));
    }

    [Theory]
    [InlineData("prune in.onnx --freeze [a -o out.onnx", "error: Cannot read the pattern '[a': its '[' at position 1 is not closed; close it, or write [[] for a bracket in a name.\nRun 'coppice prune --help' for what it takes.\n")]
    [InlineData("inspect in.onnx --channel-multiple 0", "error: --channel-multiple cannot be '0': layers keep a multiple of N of a group's channels, or all of them; 8 and 16 suit vector units and NPUs; 1 to 65536.\nRun 'coppice inspect --help' for what it takes.\n")]
    [InlineData("inspect in.onnx --max-group-ratio 100", "error: --max-group-ratio cannot be '100': percentage of its channels that a group may lose at most, all rounds and passes together; 0 up to but not 100.\nRun 'coppice inspect --help' for what it takes.\n")]
    public async Task Wrong_constraint_is_told_before_any_file_is_read(string line, string error) =>
        Assert.Equal(new CommandLineResult(ExitCode.Usage, "", error), await CommandLine.RunAsync(line.Split(' ')));

    /// <summary>The same five options on every verb that prunes or tells what can be pruned.</summary>
    [Theory]
    [InlineData("inspect", true)]
    [InlineData("prune", true)]
    [InlineData("search", true)]
    [InlineData("sensitivity", true)]
    [InlineData("verify", true)]
    [InlineData("demo", true)]
    [InlineData("apply", false)]
    public void Verb_takes_constraints(string verb, bool takes)
    {
        var options = new CommandTable().Verbs.Single(command => command.Name == verb).Options.Select(option => option.Name);

        Assert.All((string[])["--freeze", "--only", "--min-channels", "--max-group-ratio", "--channel-multiple"], name => Assert.Equal(takes, options.Contains(name)));
    }

    [Fact]
    public void Constraints_reach_the_settings_of_a_search()
    {
        var set = new SearchOptionSet(new());
        var command = new Command("search");
        foreach (var symbol in set.All)
        {
            command.Add((Option)symbol);
        }

        var constraints = set.Read(command.Parse("--freeze a* b --only c --min-channels 3 --max-group-ratio 29% --channel-multiple 16")).Constraints;

        Assert.Equal(["a*", "b"], constraints.Freeze.AsEnumerable());
        Assert.Equal(["c"], constraints.Only.AsEnumerable());
        Assert.Equal((3, 0.29, 16), (constraints.MinChannels, constraints.MaxGroupRatio, constraints.ChannelMultiple));
        Assert.True(set.Read(command.Parse("")).Constraints is { Freeze: [], Only: [], MinChannels: 1, MaxGroupRatio: null, ChannelMultiple: 1 });
    }

    [Fact]
    public async Task Network_of_the_catalog_is_verified_under_constraints()
    {
        var report = await RunAsync("verify", "--model", "resnet20", "--max-macs", "60%", "--scope", "inner", "--freeze", "layer1*", "--channel-multiple", "8", "--samples", "2", "--format", "json");

        Assert.True(report.GetProperty("isPassed").GetBoolean());
    }

    private Task<JsonElement> BuildAsync(string model) => RunAsync("train", model, "--epochs", "0", "-o", File("in.onnx"));

    private string File(string name) => _folder.File(name);

    private static async Task<JsonElement> RunAsync(params string[] arguments)
    {
        var (code, output, error) = await CommandLine.RunAsync([.. arguments, "-v", "m"]);
        Assert.Equal((0, ""), (code, error));
        return arguments.Contains("json") ? JsonDocument.Parse(output).RootElement : default;
    }
}
