using System.Collections.Immutable;
using Coppice.Cli.Output;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Operators;
using Coppice.Pruning;

namespace Coppice.Cli.Commands;

/// <summary>How often an operator occurs.</summary>
/// <param name="Type">The ONNX operator, with its domain where that is not ONNX's own.</param>
/// <param name="Count">Nodes of that operator.</param>
/// <param name="IsKnown">Whether channels are followed through it and the training engine executes it.</param>
internal sealed record OperatorCount(string Type, int Count, bool IsKnown);

/// <summary>A channel group.</summary>
/// <param name="Name">Its name in plans.</param>
/// <param name="Channels">Number of channels.</param>
/// <param name="MayKeep">How many of them may stay, in words.</param>
/// <param name="LeastKept">The fewest that may stay.</param>
/// <param name="Step">What lies between two numbers that may stay; all may whether they are a multiple or not.</param>
/// <param name="IsInner">Whether one layer alone writes it.</param>
/// <param name="Writers">Nodes that write the channels.</param>
/// <param name="Readers">Nodes that read them.</param>
/// <param name="LockReason">Why it must stay whole, by the network's structure or at the user's wish, or null where it can be pruned.</param>
internal sealed record ChannelGroupReport(
    string Name,
    int Channels,
    string MayKeep,
    int LeastKept,
    int Step,
    bool IsInner,
    ImmutableArray<string> Writers,
    ImmutableArray<string> Readers,
    string? LockReason);

/// <summary>A node across which channels cannot be followed.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Operator">Its operator.</param>
/// <param name="LockedMacs">What it is in the way of: see <see cref="Pruning.LockedMacs"/>.</param>
/// <param name="Reason">Why channels cannot be followed.</param>
internal sealed record BarrierReport(string Node, string Operator, long LockedMacs, string Reason);

/// <summary>What a scope can reach: every prunable group as narrow as the constraints allow.</summary>
internal sealed record ReachReport(int Groups, long Macs, long Parameters);

/// <summary>What `inspect` finds.</summary>
/// <param name="File">The file.</param>
/// <param name="Name">Name of the graph.</param>
/// <param name="OperatorSet">Version of ONNX's operator set.</param>
/// <param name="Inputs">Inputs as declared.</param>
/// <param name="Outputs">Outputs as declared.</param>
/// <param name="Cost">What the network costs.</param>
/// <param name="Constraints">What the user forbids.</param>
/// <param name="PrunableShare">Share of the MACs that can go at most.</param>
/// <param name="SmallestInner">What is left when inner groups are as narrow as they may be; null where there are none.</param>
/// <param name="SmallestAll">What is left when all prunable groups are as narrow as they may be; null where there are none.</param>
/// <param name="SmallestSelected">What is left when inner groups and channel selections are as narrow as they may be; null where there are none.</param>
/// <param name="Operators">Operators by type.</param>
/// <param name="Groups">Channel groups in topological order.</param>
/// <param name="Barriers">Where channels could not be followed.</param>
/// <param name="Metadata">Entries of the file.</param>
internal sealed record InspectReport(
    string File,
    string Name,
    int OperatorSet,
    ImmutableArray<string> Inputs,
    ImmutableArray<string> Outputs,
    CostReport Cost,
    PruningConstraints Constraints,
    double PrunableShare,
    ReachReport? SmallestInner,
    ReachReport? SmallestAll,
    ReachReport? SmallestSelected,
    ImmutableArray<OperatorCount> Operators,
    ImmutableArray<ChannelGroupReport> Groups,
    ImmutableArray<BarrierReport> Barriers,
    IReadOnlyDictionary<string, string> Metadata)
{
    public static InspectReport Of(string file, ChannelUnits units, PruningConstraints constraints)
    {
        var network = units.Network;
        var full = CostModel.Create(units).Full;
        var holds = constraints.Holds(units);
        var all = Reach(units, GroupScope.All, constraints);
        return new(
            file,
            network.Name,
            network.OperatorSet,
            [.. network.Inputs.Select(value => value.ToString())],
            [.. network.Outputs.Select(value => value.ToString())],
            CostReport.Of(full, file),
            constraints,
            all is null || full.Macs == 0 ? 0 : 1 - ((double)all.Macs / full.Macs),
            Reach(units, GroupScope.Inner, constraints),
            all,
            Reach(units.WithSelections(), GroupScope.Selections, constraints),
            [.. network.Nodes.GroupBy(TypeOf).Select(type => new OperatorCount(type.Key, type.Count(), OperatorTable.Find(type.First()) is not null)).OrderBy(type => type.Type, StringComparer.Ordinal)],
            [.. units.Groups.Select(group => Describe(group, constraints, holds[group.Index]))],
            [.. units.Barriers.Select(barrier => new BarrierReport(barrier.Node.Name, TypeOf(barrier.Node), LockedMacs.Of(units, barrier), barrier.Reason))],
            new SortedDictionary<string, string>(network.Metadata.ToDictionary(), StringComparer.Ordinal));
    }

    public static void Print(InspectReport report, TablePrinter printer)
    {
        printer.Facts(
        [
            ("network", $"{report.Name} (operator set {report.OperatorSet})"),
            .. report.Inputs.Select(input => ("input", input)),
            .. report.Outputs.Select(output => ("output", output)),
            ("MACs", $"{Numbers.Count(report.Cost.Macs)} for one image ({Numbers.Count(report.Cost.ThopMacs)} as thop counts)"),
            ("parameters", Numbers.Count(report.Cost.Parameters)),
            ("file bytes", Numbers.Count(report.Cost.FileBytes)),
            ("operators", string.Join(", ", report.Operators.Select(type => $"{type.Type} {type.Count}{(type.IsKnown ? "" : " (not known)")}"))),
            ("prunable", $"{Numbers.Percent(report.PrunableShare)} of the MACs at most"),
            ("scope inner", Describe(report.SmallestInner, report.Cost)),
            ("scope all", Describe(report.SmallestAll, report.Cost)),
            ("scope select", Describe(report.SmallestSelected, report.Cost)),
            .. report.Metadata.Select(entry => (entry.Key, entry.Value)),
        ]);
        printer.Line();
        printer.Table(["group", "#channels", "may keep", "kind", "written by", "read by", "stays whole because"], report.Groups.Select(Row));
        if (!report.Barriers.IsEmpty)
        {
            printer.Line();
            printer.Table(
                ["barrier", "operator", "#locked MACs", "reason"],
                report.Barriers.Select(barrier => (string[])[barrier.Node, barrier.Operator, Numbers.Count(barrier.LockedMacs), barrier.Reason]));
            printer.Line("Locked MACs: those of the layers whose filters must all stay because the barrier holds what they write; a layer that two barriers hold counts for both.");
        }
    }

    private static string TypeOf(Node node) => node.Domain.Length == 0 ? node.OperatorType : $"{node.Domain}.{node.OperatorType}";

    private static ChannelGroupReport Describe(ChannelGroup group, PruningConstraints constraints, string? hold)
    {
        string? reason = group.LockReason ?? hold;
        var widths = reason is null ? constraints.WidthsOf(group, group.Size) : new(group.Size, least: group.Size);
        return new(group.Name, group.Size, widths.ToString(), widths.Least, widths.Step, group.IsInner, Names(group.Writers), Names(group.Readers), reason);
    }

    private static ImmutableArray<string> Names(IEnumerable<Node> nodes) => [.. nodes.Select(node => node.Name).Distinct()];

    private static ReachReport? Reach(ChannelUnits units, GroupScope scope, PruningConstraints constraints)
    {
        var holds = constraints.Holds(units);
        if (!units.PrunableGroups.Any(group => holds[group.Index] is null && (scope == GroupScope.All || group.IsInner)))
        {
            return null;
        }

        var space = PruningSpace.Create(units, scope, constraints);
        return new(space.Groups.Length, space.Smallest.Macs, space.Smallest.Parameters);
    }

    private static string Describe(ReachReport? reach, CostReport full) => reach is null
        ? "no group can lose channels"
        : $"{reach.Groups} groups; smallest {Numbers.Count(reach.Macs)} MACs ({Numbers.Percent((double)reach.Macs / full.Macs)}), {Numbers.Count(reach.Parameters)} parameters";

    private static string[] Row(ChannelGroupReport group) =>
    [
        group.Name,
        Numbers.Count(group.Channels),
        group.MayKeep,
        group.LockReason is not null ? "locked" : group.IsInner ? "inner" : "joined",
        Abbreviate(group.Writers),
        Abbreviate(group.Readers),
        group.LockReason ?? "",
    ];

    /// <summary>A residual stream is written and read by dozens of layers; JSON has them all.</summary>
    private static string Abbreviate(ImmutableArray<string> names)
    {
        const int most = 3;
        return names.Length <= most ? string.Join(", ", names) : $"{string.Join(", ", names.Take(most))} and {names.Length - most} more";
    }
}
