using System.Collections.Immutable;
using Coppice.Cli.Output;
using Coppice.Graph;
using Coppice.Onnx;
using Coppice.Pruning;

namespace Coppice.Cli.Commands;

/// <summary>Cost and size of a network in a file.</summary>
/// <param name="Macs">Multiply-accumulates of convolutions and fully connected layers for one image.</param>
/// <param name="ThopMacs">The other convention: with 4 per batch-norm element.</param>
/// <param name="Parameters">Learned numbers.</param>
/// <param name="FileBytes">Size of the file, and of the external data that it names.</param>
internal sealed record CostReport(long Macs, long ThopMacs, long Parameters, long FileBytes)
{
    public static CostReport Of(Cost cost, string file) => new(cost.Macs, cost.ThopMacs, cost.Parameters, OnnxReader.CountBytes(file));
}

/// <summary>What a group lost.</summary>
internal sealed record GroupReport(string Name, int Before, int After);

/// <summary>What pruning did.</summary>
/// <param name="Input">The file read.</param>
/// <param name="Output">The file written.</param>
/// <param name="Plan">The plan read or written, or null.</param>
/// <param name="Method">How the channels were chosen.</param>
/// <param name="Before">The network read.</param>
/// <param name="After">The network written.</param>
/// <param name="Groups">The groups that may lose channels.</param>
internal sealed record PruneReport(
    string Input, string Output, string? Plan, string Method, CostReport Before, CostReport After, ImmutableArray<GroupReport> Groups)
{
    public static ImmutableArray<GroupReport> GroupsOf(PruningPlan plan) =>
        [.. plan.Groups.Select(group => new GroupReport(group.Group, group.Channels, group.Kept.Length))];

    public static void Print(PruneReport report, TablePrinter printer)
    {
        printer.Table(["", "#before", "#after", "#left"],
        [
            Row("MACs", report.Before.Macs, report.After.Macs),
            Row("parameters", report.Before.Parameters, report.After.Parameters),
            Row("file bytes", report.Before.FileBytes, report.After.FileBytes),
        ]);
        printer.Line();
        printer.Table(["group", "#before", "#after", "#left"], report.Groups.Select(group => Row(group.Name, group.Before, group.After)));
        printer.Line();
        printer.Facts(("wrote", report.Output));
    }

    private static IReadOnlyList<string> Row(string name, long before, long after) =>
        [name, Numbers.Count(before), Numbers.Count(after), Numbers.Percent((double)after / before)];
}
