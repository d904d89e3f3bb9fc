using System.Collections.Immutable;
using System.Globalization;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Search;

namespace Coppice.Pruning;

/// <summary>
/// What the user forbids, whatever method prunes: which layers stay as they are and how narrow the others may get. <see cref="GroupScope"/> says first which groups may lose channels at all;
/// constraints only take from those.
/// </summary>
public sealed record PruningConstraints
{
    private const int NamesShown = 3;

    /// <summary>
    /// Patterns of nodes (<see cref="NodePattern"/>) that stay as they are: groups whose channels any of them writes, reads or passes on stay whole. So a frozen layer keeps all of its weights.
    /// </summary>
    public ImmutableArray<string> Freeze { get; init; } = [];

    /// <summary>Patterns of nodes: where there are any, only groups that one of these nodes writes may lose channels.</summary>
    public ImmutableArray<string> Only { get; init; } = [];

    /// <summary>Channels that every group keeps at least, at least 1; a smaller group stays whole.</summary>
    public int MinChannels { get; init; } = 1;

    /// <summary>The largest share of its channels that a group may lose, in [0, 1), counted from the network that is given, over all rounds; null for no bound.</summary>
    public double? MaxGroupRatio { get; init; }

    /// <summary>
    /// N: each layer keeps a multiple of N of the channels of a group that it writes, or all of them; at least 1. What is counted are the layer's channels: of a grouped convolution of g blocks a group
    /// loses g at a time, so steps are of N / gcd(N, g) of the group's own.
    /// </summary>
    public int ChannelMultiple { get; init; } = 1;

    /// <summary>To follow a statement about what may go: which constraints it is made under; empty where there are none.</summary>
    internal string UnderThem => InForce is { IsEmpty: false } options ? $" that {string.Join(" and ", options.Select(limit => limit.Option))} would let go" : "";

    /// <summary>Each constraint that forbids something, as the user writes it, and what the others are without it.</summary>
    internal ImmutableArray<(string Option, PruningConstraints Others)> InForce =>
    [
        .. When(!Freeze.IsEmpty, $"--freeze {Quoted(Freeze)}", this with { Freeze = [] }),
        .. When(!Only.IsEmpty, $"--only {Quoted(Only)}", this with { Only = [] }),
        .. When(MinChannels > 1, string.Create(CultureInfo.InvariantCulture, $"--min-channels {MinChannels}"), this with { MinChannels = 1 }),
        .. When(MaxGroupRatio is not null, string.Create(CultureInfo.InvariantCulture, $"--max-group-ratio {(decimal)(MaxGroupRatio ?? 0) * 100:0.##}%"), this with { MaxGroupRatio = null }),
        .. When(ChannelMultiple > 1, string.Create(CultureInfo.InvariantCulture, $"--channel-multiple {ChannelMultiple}"), this with { ChannelMultiple = 1 }),
    ];

    /// <summary>For each group of a network why it must stay whole at the user's wish, or null where it need not; <see cref="ChannelGroup.LockReason"/> is another matter.</summary>
    /// <exception cref="CoppiceException">A pattern describes no node of the network.</exception>
    public ImmutableArray<string?> Holds(ChannelUnits units)
    {
        var frozen = new Dictionary<int, string>();
        foreach (string pattern in Freeze)
        {
            foreach (int unit in Matching("--freeze", pattern, units.Network).SelectMany(node => UnitsAt(units, node)))
            {
                frozen.TryAdd(unit, pattern);
            }
        }

        HashSet<string> named = [.. Only.SelectMany(pattern => Matching("--only", pattern, units.Network)).Select(node => node.Name)];
        return
        [
            .. units.Groups.Select(group =>
                group.Units.Select(unit => frozen.GetValueOrDefault(unit)).FirstOrDefault(pattern => pattern is not null) is { } freezing ? $"frozen by --freeze '{freezing}'"
                : !Only.IsEmpty && !group.Writers.Any(node => named.Contains(node.Name)) ? $"not written by --only {Quoted(Only)}"
                : null),
        ];
    }

    /// <summary>How many of its channels a group that is not held may keep.</summary>
    /// <param name="group">The group.</param>
    /// <param name="original">Its channels in the network that the user gave.</param>
    public AllowedCounts WidthsOf(ChannelGroup group, int original)
    {
        int kept = MaxGroupRatio is { } ratio ? original - (int)decimal.Floor((decimal)ratio * original) : 1; // decimal, since 0.29 · 100 = 28.999999999999996
        return new(group.Size, Math.Max(MinChannels, kept), StepOf(group));
    }

    /// <summary>The fewest channels of a group that are a multiple of N in each layer that writes it.</summary>
    private int StepOf(ChannelGroup group)
    {
        int step = 1;
        foreach (var axis in group.Axes.Where(axis => axis.IsOrigin))
        {
            int positions = axis.Ids.Count(unit => unit == group.Units[0]), own = ChannelMultiple / Divisor(ChannelMultiple, positions);
            step = step / Divisor(step, own) * own;
        }

        return step;
    }

    private static int Divisor(int left, int right) => right == 0 ? left : Divisor(right, left % right);

    /// <summary>The channels of all that a node reads and writes.</summary>
    private static IEnumerable<int> UnitsAt(ChannelUnits units, Node node) => node.Reads.Concat(node.Outputs).SelectMany(value => units.ValueUnits(value) ?? []);

    private static ImmutableArray<Node> Matching(string option, string text, Network network)
    {
        var pattern = NodePattern.Parse(text);
        ImmutableArray<Node> found = [.. network.Nodes.Where(node => pattern.Matches(node.Name))];
        if (found.IsEmpty)
        {
            string[] nearest = [.. network.Nodes.Select(node => node.Name).OrderBy(pattern.Distance).Take(NamesShown)];
            throw new CoppiceException($"Cannot use {option} '{text}': no node of '{network.Name}' has such a name; the nearest are {string.Join(", ", nearest.Select(name => $"'{name}'"))}.");
        }

        return found;
    }

    private static string Quoted(ImmutableArray<string> patterns) => string.Join(' ', patterns.Select(pattern => $"'{pattern}'"));

    private static ImmutableArray<(string Option, PruningConstraints Others)> When(bool forbids, string option, PruningConstraints others) => forbids ? [(option, others)] : [];
}
