using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Search;

namespace Coppice.Pruning;

/// <summary>Which channel groups may lose channels.</summary>
public enum GroupScope
{
    /// <summary>Groups that one layer writes, such as the first convolutions of residual blocks: what CCEP, ABCPruner and most of the literature prune.</summary>
    Inner,

    /// <summary>All groups, those that meet in additions included.</summary>
    All,

    /// <summary>
    /// Inner groups, and in pre-activation and dense networks what each batch normalisation reads of a shared stream: network slimming's channel selection, which cuts the columns of
    /// the convolution behind it while the stream stays whole.
    /// </summary>
    Selections,
}

/// <summary>
/// What a search may change: some channel groups of a network, each with the widths that it may have. Translates between genomes (a bit per channel),
/// widths and plans, and prices genomes in closed form.
/// </summary>
public sealed class PruningSpace
{
    private readonly GroupScope _scope;
    private readonly IReadOnlyDictionary<string, int>? _originalSizes;
    private readonly IFilterCriterion? _criterion;

    private PruningSpace(
        ChannelUnits units,
        GroupScope scope,
        PruningConstraints constraints,
        IReadOnlyDictionary<string, int>? originalSizes,
        ImmutableArray<ChannelGroup> groups,
        IFilterCriterion? criterion = null)
    {
        (Units, Groups, Constraints) = (units, groups, constraints);
        (_scope, _originalSizes, _criterion) = (scope, originalSizes, criterion);
        Widths = [.. groups.Select(group => constraints.WidthsOf(group, originalSizes?.GetValueOrDefault(group.Name, group.Size) ?? group.Size))];
        Cost = CostModel.Create(units);
    }

    /// <summary>The network's channel units.</summary>
    public ChannelUnits Units { get; }

    /// <summary>The groups that may lose channels, in topological order; a genome has a segment for each.</summary>
    public ImmutableArray<ChannelGroup> Groups { get; }

    /// <summary>How many of its channels each group may keep.</summary>
    public ImmutableArray<AllowedCounts> Widths { get; }

    /// <summary>What the user forbids; <see cref="Groups"/> and <see cref="Widths"/> follow it.</summary>
    public PruningConstraints Constraints { get; }

    /// <summary>Closed-form cost of the network.</summary>
    public CostModel Cost { get; }

    /// <summary>Number of channels of each group.</summary>
    public ImmutableArray<int> Sizes => [.. Groups.Select(group => group.Size)];

    /// <summary>The narrowest width of each group.</summary>
    public ImmutableArray<int> Floors => [.. Widths.Select(widths => widths.Least)];

    /// <summary>The least that a genome of this space can cost.</summary>
    public Cost Smallest => CostOf(Floors);

    /// <summary>Sets up the space.</summary>
    /// <param name="units">The network's channel units.</param>
    /// <param name="scope">Which groups may lose channels.</param>
    /// <param name="constraints">What the user forbids of that; null for nothing.</param>
    /// <param name="originalSizes">Channels of each group in the network that the user gave, by name; null where this is that network.</param>
    /// <exception cref="UnsupportedModelException">No group can lose channels; the message says why.</exception>
    /// <exception cref="CoppiceException">The constraints leave no group, or a pattern describes no node.</exception>
    public static PruningSpace Create(
        ChannelUnits units, GroupScope scope, PruningConstraints? constraints = null, IReadOnlyDictionary<string, int>? originalSizes = null)
    {
        constraints ??= new();
        units = scope == GroupScope.Selections ? units.WithSelections() : units;
        ImmutableArray<ChannelGroup> within = [.. units.PrunableGroups.Where(group => scope == GroupScope.All || group.IsInner)];
        if (within.IsEmpty)
        {
            string reason = units.Groups.FirstOrDefault(group => !group.IsPrunable) is { } locked
                ? $"for example, '{locked.Name}' must stay whole: {locked.LockReason}"
                : "it holds no convolution or fully connected layer that this version knows";
            throw new UnsupportedModelException($"Cannot prune '{units.Network.Name}': no channel group can lose channels; {reason}. `coppice inspect` lists the groups.");
        }

        var holds = constraints.Holds(units);
        ImmutableArray<ChannelGroup> groups = [.. within.Where(group => holds[group.Index] is null)];
        return groups.IsEmpty
            ? throw new CoppiceException($"Cannot prune '{units.Network.Name}': none of the {within.Length} channel groups that --scope allows is left; for example, '{within[0].Name}' is {holds[within[0].Index]}. Name other nodes, or use --scope all.")
            : new(units, scope, constraints, originalSizes, groups);
    }

    /// <summary>The part of the space that a criterion can score; the groups that it cannot stay whole.</summary>
    /// <exception cref="CoppiceException">It can score none.</exception>
    public PruningSpace ScoredBy(IFilterCriterion criterion)
    {
        ImmutableArray<ChannelGroup> scored = [.. Groups.Where(group => criterion.Obstacle(Units.Network, group) is null)];
        return scored.Length == Groups.Length ? this
            : !scored.IsEmpty ? new(Units, _scope, Constraints, _originalSizes, scored, criterion)
            : throw new CoppiceException($"Cannot score '{Units.Network.Name}' by {criterion.Name}: it says nothing of any of the {Groups.Length} channel groups; for example, {criterion.Obstacle(Units.Network, Groups[0])}. Score by l1 or taylor instead.");
    }

    /// <summary>Cost at the given widths of <see cref="Groups"/>.</summary>
    public Cost CostOf(ImmutableArray<int> widths)
    {
        var all = Cost.FullWidths.ToBuilder();
        for (int i = 0; i < Groups.Length; i++)
        {
            all[Groups[i].Index] = widths[i];
        }

        return Cost.Of(all.ToImmutable());
    }

    /// <summary>Cost of a genome.</summary>
    public Cost CostOf(BitGenome genome) => CostOf([.. genome.Segments.Select(segment => segment.Count)]);

    /// <summary>The plan that keeps the channels whose bits are set.</summary>
    public PruningPlan ToPlan(BitGenome genome) => new(
        Units.Network.Name,
        [.. Groups.Select((group, i) => new GroupPlan(group.Name, group.Size, [.. genome[i].Indices]))])
    {
        Selections = Units.SelectsChannels,
    };

    /// <summary>The genome of a plan that this space can express; groups that the plan does not name keep everything.</summary>
    public BitGenome ToGenome(PruningPlan plan)
    {
        var kept = plan.Groups.ToDictionary(group => group.Group, group => group.Kept);
        return new([.. Groups.Select(group => kept.TryGetValue(group.Name, out var channels) ? BitString.FromIndices(group.Size, [.. channels]) : BitString.AllOnes(group.Size))]);
    }

    /// <summary>The genome that keeps, in each group, the channels of highest score.</summary>
    /// <param name="scores">Score of each channel of each group, higher = keep; ties go to the lower index.</param>
    /// <param name="widths">Channels to keep in each group.</param>
    public BitGenome Best(ImmutableArray<double[]> scores, ImmutableArray<int> widths) =>
        new([.. Groups.Select((_, i) => Best(scores[i], widths[i]))]);

    /// <summary>The channels of highest score of one group.</summary>
    /// <param name="scores">Score of each channel, higher = keep; ties go to the lower index.</param>
    /// <param name="width">Channels to keep.</param>
    public static BitString Best(double[] scores, int width) => BitString.FromIndices(
        scores.Length,
        [.. Enumerable.Range(0, scores.Length).OrderByDescending(channel => scores[channel]).ThenBy(channel => channel).Take(width).Order()]);

    /// <summary>Checks that a MAC target can be reached, before any work is done for it.</summary>
    /// <returns>The target in MACs.</returns>
    /// <exception cref="InfeasibleTargetException">It lies under what the space can reach.</exception>
    public long Resolve(MacTarget target)
    {
        long macs = target.Resolve(Cost.Full.Macs);
        long least = Smallest.Macs;
        return macs >= least
            ? macs
            : throw new InfeasibleTargetException(FormattableString.Invariant(
                $"Cannot reach {macs} MACs ({target}): with {Groups.Length} prunable groups the network can shrink from {Cost.Full.Macs} to {least} MACs ({Percent(least)}); raise --max-macs, {WayOut(least)}."));
    }

    /// <summary>What to loosen for a smaller network: the constraints without which, one by one or all together, the least cost were lower.</summary>
    private string WayOut(long least)
    {
        var limits = Constraints.InForce;
        var inTheWay = limits.Select(limit => (limit.Option, Least: LeastUnder(limit.Others))).Where(limit => limit.Least < least).ToArray();
        return inTheWay.Length > 0
            ? $"or change what is in the way: {string.Join(", ", inTheWay.Select(limit => $"{limit.Option} (without it {Percent(limit.Least)})"))}"
            : LeastUnder(new()) is var free && free < least
            ? $"or change what is in the way together: {string.Join(", ", limits.Select(limit => limit.Option))} (without them {Percent(free)})"
            : "lower --min-channels or use --scope all";
    }

    /// <summary>The least MACs of the same space under fewer constraints.</summary>
    private long LeastUnder(PruningConstraints constraints)
    {
        var space = Create(Units, _scope, constraints, _originalSizes);
        return (_criterion is null ? space : space.ScoredBy(_criterion)).Smallest.Macs;
    }

    private string Percent(long macs) => FormattableString.Invariant($"{100.0 * macs / Cost.Full.Macs:F1}%");
}
