using System.Globalization;
using System.Text.Json;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Runs;
using Coppice.Tensors;
using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Benchmarks;

/// <summary>
/// The table of networks that an exporter wrote: each is read, inspected, pruned by L1 to half of its MACs (or, where it cannot shrink so far, half-way to what it can reach) and verified in
/// both engines. Each finished network is a line of a CSV file that is kept, so that the hours can be spread over days and machines.
/// </summary>
internal static class NetworkTable
{
    private const string Header = "network,kind,macs,counted_macs,groups,prunable_percent,smallest_percent,pruned_percent,masked_sliced,masked_sliced_onnxruntime,engines,seconds,commit,note";

    /// <summary>Examines a file and adds a line.</summary>
    /// <param name="results">The CSV file.</param>
    /// <param name="description">What the exporter said, as JSON.</param>
    /// <param name="file">The network.</param>
    /// <param name="commit">The present commit.</param>
    public static void Record(string results, string description, string file, string commit)
    {
        using var said = JsonDocument.Parse(description);
        var root = said.RootElement;
        string name = root.GetProperty("name").GetString()!, kind = root.GetProperty("kind").GetString()!;
        string counted = root.GetProperty("macs").ToString();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        string found;
        try
        {
            found = Examine(file, Open(root), out string note) + Invariant($",{clock.Elapsed.TotalSeconds:F0},{commit},{note}");
        }
        catch (Exception fault) when (fault is CoppiceException or OnnxRuntimeException or TorchException)
        {
            found = Invariant($",,,,,,,,{clock.Elapsed.TotalSeconds:F0},{commit},{Cell(fault.Message)}");
        }

        string[] cells = found.Split(',', 2);
        ResultFile.Add(results, Header, $"{name},{kind},{cells[0]},{counted},{cells[1]}");
    }

    /// <summary>Prints the lines as a table of Markdown, and what did not pass.</summary>
    public static void Print(string results)
    {
        string[][] rows = [.. File.ReadLines(results).Skip(1).Select(line => line.Split(',')).OrderBy(row => row[1], StringComparer.Ordinal).ThenBy(row => row[0], StringComparer.Ordinal)];
        Console.WriteLine("| network | MACs | as counted by hooks | groups | prunable % | smallest % | pruned to % | masked = sliced | in ONNX Runtime | engines | note |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (string[] row in rows)
        {
            string equal = row[3].Length == 0 ? "" : row[3] == row[2] ? "equal" : row[3];
            Console.WriteLine($"| {row[0]} | {row[2]} | {equal} | {string.Join(" | ", row[4..11])} | {row[13]} |");
        }

        int passed = rows.Count(row => row[13].Length == 0 || row[13].StartsWith("smallest", StringComparison.Ordinal));
        int whole = rows.Count(row => row[13].StartsWith("nothing", StringComparison.Ordinal));
        Console.WriteLine();
        Console.WriteLine($"{passed} of {rows.Length} networks pruned and verified{(whole > 0 ? $", of {whole} nothing may go" : "")}; commits: {string.Join(", ", rows.Select(row => row[12]).Distinct())}");
    }

    /// <summary>MACs, groups, shares in percent and differences, joined by commas.</summary>
    private static string Examine(string file, TensorShape? open, out string note)
    {
        var network = OnnxReader.Read(file);
        var shapes = open is { } shape ? new Dictionary<string, TensorShape> { [network.Inputs[0].Name] = shape } : null;
        var units = ChannelUnits.Analyze(network, shapes);
        if (!units.PrunableGroups.Any())
        {
            note = "nothing may lose channels";
            return Invariant($"{CostModel.Create(units).Full.Macs},0,0.0,100.0,,,,");
        }

        var space = PruningSpace.Create(units, GroupScope.All);
        long full = space.Cost.Full.Macs, least = space.Smallest.Macs;
        bool isReachable = 2 * least <= full;
        long target = isReachable ? full / 2 : (full + least) / 2;
        var problem = new PruningProblem { Network = network, Target = MacTarget.Parse(target.ToString(CultureInfo.InvariantCulture)), Scope = GroupScope.All, InputShapes = shapes };
        var pruned = PruningMethodTable.Find("l1", new()).RunAsync(problem, CancellationToken.None).GetAwaiter().GetResult()[^1];
        using var thread = new ModelThread();
        var result = thread.RunAsync(() => Verification.Run(network, pruned.Plan, prunedFile: null, new() { Samples = 2, Threads = 2, InputShapes = shapes }, CancellationToken.None), CancellationToken.None).GetAwaiter().GetResult();
        string[] faults = [.. result.Checks.Where(check => check.Status != VerificationStatus.Passed).Select(check => Cell($"{check.Name} {check.Status.ToString().ToLowerInvariant()}: {check.Detail}"))];
        note = faults.Length > 0 ? string.Join("; ", faults) : isReachable ? "" : "smallest is above half";
        return Invariant($"{full},{space.Groups.Length},{100 - (100.0 * least / full):F1},{100.0 * least / full:F1},{100.0 * pruned.Cost.Macs / full:F2},{Difference(result, "masked-sliced")},{Difference(result, "masked-sliced-onnxruntime")},{Difference(result, "engines")}");
    }

    /// <summary>The shape of the input where the file leaves it open.</summary>
    private static TensorShape? Open(JsonElement said) =>
        said.TryGetProperty("open", out var text) && text.GetString() is { Length: > 0 } extents ? new([.. extents.Split('x').Select(extent => long.Parse(extent, CultureInfo.InvariantCulture))]) : null;

    /// <summary>A text that is one cell of a line.</summary>
    private static string Cell(string text) => text.Replace(',', ';').ReplaceLineEndings(" ");

    private static string Difference(VerificationResult result, string check) =>
        result.Checks.FirstOrDefault(found => found.Name == check)?.Difference?.ToString("0.0e+00", CultureInfo.InvariantCulture) ?? "";

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
