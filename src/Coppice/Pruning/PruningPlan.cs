using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Coppice.Graph.Channels;

namespace Coppice.Pruning;

/// <summary>What stays of one channel group.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="Channels">Number of channels that the group has in the network that the plan is for.</param>
/// <param name="Kept">Channels that stay, ascending, each in [0, <paramref name="Channels"/>).</param>
public sealed record GroupPlan(string Group, int Channels, ImmutableArray<int> Kept)
{
    /// <summary>Whether nothing goes.</summary>
    [JsonIgnore]
    public bool KeepsAll => Kept.Length == Channels;
}

/// <summary>
/// What stays of a network: for each channel group the original indices of the channels kept. Groups that are not named stay whole; the empty plan is the identity.
/// Data: readable and editable JSON, independent of the order of the groups.
/// </summary>
/// <param name="Network">Name of the network that the plan is for; for people, not checked.</param>
/// <param name="Groups">The groups of which something goes or which are stated for completeness.</param>
public sealed record PruningPlan(string Network, ImmutableArray<GroupPlan> Groups)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        IndentSize = 2,
        NewLine = "\n",
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>Version of the file format.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Whether the groups are those of a network with channel selections, see <see cref="ChannelUnits.SelectsChannels"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Selections { get; init; }

    /// <summary>The plan that keeps everything.</summary>
    public static PruningPlan Identity(string network = "") => new(network, []);

    /// <summary>Reads a plan from its JSON text.</summary>
    /// <exception cref="CoppiceException">The text is no plan.</exception>
    public static PruningPlan Parse(string json)
    {
        try
        {
            var plan = JsonSerializer.Deserialize<PruningPlan>(json, Json) ?? throw new JsonException("it is empty");
            if (plan.Groups.IsDefault || plan.Groups.Any(group => group is null))
            {
                throw new JsonException("a group is null.");
            }

            return plan.Version == 1
                ? plan
                : throw new CoppiceException($"Cannot read the pruning plan: it has version {plan.Version}, this program reads version 1; use a newer one.");
        }
        catch (JsonException fault)
        {
            throw new CoppiceException($"Cannot read the pruning plan: {Explain(fault)} Write it as `coppice prune --plan FILE` does.", fault);
        }
    }

    /// <summary>The plan as JSON text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>
    /// The plan that does in one step what this one and then <paramref name="next"/>, made for the already pruned network, do in two.
    /// </summary>
    /// <exception cref="CoppiceException">The second plan is not for the network that the first one leaves.</exception>
    public PruningPlan Then(PruningPlan next)
    {
        if (next.Groups.CountBy(group => group.Group).FirstOrDefault(entry => entry.Value > 1) is { Key: { } twice })
        {
            throw Fault(next.Groups.First(group => group.Group == twice), "the plan names the group twice; merge the two");
        }

        var second = next.Groups.ToDictionary(group => group.Group);
        var composed = Groups.Select(first => second.Remove(first.Group, out var following) ? Compose(first, following) : first).ToList();
        return this with { Selections = Selections || next.Selections, Groups = [.. composed, .. next.Groups.Where(group => second.ContainsKey(group.Group))] };
    }

    /// <summary>
    /// Number of channels kept in each group of a network, after checking the plan against it.
    /// </summary>
    /// <exception cref="CoppiceException">A group is unknown or locked, or its channels do not fit.</exception>
    public ImmutableArray<int> Widths(ChannelUnits units)
    {
        units = UnitsFor(units);
        Check(units);
        var kept = Groups.ToDictionary(group => group.Group, group => group.Kept.Length);
        return [.. units.Groups.Select(group => kept.GetValueOrDefault(group.Name, group.Size))];
    }

    /// <summary>The channels of a network as this plan means them.</summary>
    internal ChannelUnits UnitsFor(ChannelUnits units) => Selections ? units.WithSelections() : units;

    /// <summary>Checks the plan against a network.</summary>
    /// <exception cref="CoppiceException">A group is unknown, named twice or locked, or its channels do not fit; the message names the first such group.</exception>
    public void Check(ChannelUnits units)
    {
        var known = units.Groups.ToDictionary(group => group.Name);
        var seen = new HashSet<string>();
        foreach (var group in Groups)
        {
            if (!known.TryGetValue(group.Group, out var found))
            {
                throw Fault(group, $"the network has no such group; it has {units.Groups.Length}, listed by `coppice inspect`");
            }

            if (!seen.Add(group.Group))
            {
                throw Fault(group, "the plan names the group twice; merge the two");
            }

            CheckChannels(group, found);
        }
    }

    private static void CheckChannels(GroupPlan group, ChannelGroup found)
    {
        if (group.Channels != found.Size)
        {
            throw Fault(group, $"the plan is for {group.Channels} channels, the network has {found.Size}; apply it to the network that it was made for");
        }

        CheckKept(group);
        if (!found.IsPrunable && !group.KeepsAll)
        {
            throw Fault(group, $"the group must stay whole: {found.LockReason}; leave it out of the plan");
        }
    }

    private static void CheckKept(GroupPlan group)
    {
        if (group.Kept.IsDefaultOrEmpty)
        {
            throw Fault(group, $"the plan keeps 0 of {group.Channels} channels; keep at least 1, or leave the group out of the plan");
        }

        int[] faulty = [.. group.Kept.Where((channel, i) => channel < 0 || channel >= group.Channels || (i > 0 && channel <= group.Kept[i - 1]))];
        if (faulty.Length > 0)
        {
            throw Fault(group, $"kept channels must ascend within [0, {group.Channels}); not so: [{string.Join(", ", faulty.Take(8))}]");
        }
    }

    private static GroupPlan Compose(GroupPlan first, GroupPlan next)
    {
        if (next.Channels != first.Kept.Length)
        {
            throw Fault(next, $"the second plan is for {next.Channels} channels, the first leaves {first.Kept.Length}; give the plan of the pruned network");
        }

        CheckKept(next);
        return first with { Kept = [.. next.Kept.Select(channel => first.Kept[channel])] };
    }

    private static CoppiceException Fault(GroupPlan group, string rule) => new($"Cannot prune '{group.Group}': {rule}.");

    /// <summary>Where and why; the serialiser's words name our types, which say nothing to a reader.</summary>
    private static string Explain(JsonException fault)
    {
        string where = fault.Path is { Length: > 0 } path && fault.LineNumber is { } line ? $"{path}, line {line + 1}: " : "";
        string why = fault.Message.Split('\n')[0].Split(" Path:")[0].Split(" LineNumber:")[0].Trim();
        why = why.Contains("could not be converted", StringComparison.Ordinal) ? "the value is not of the right kind" : why;
        return where + (why.EndsWith('.') ? why : why + ".");
    }
}
