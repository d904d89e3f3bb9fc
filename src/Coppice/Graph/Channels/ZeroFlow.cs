using Coppice.Graph.Operators;

namespace Coppice.Graph.Channels;

/// <summary>
/// Follows channels that are zero in every filter, bias, γ and β from the layers that write them to those that read them. Where they arrive as zeros, they may go without a change of what
/// the network computes; where a sigmoid makes ½ of them on the way, they may not.
/// </summary>
internal sealed class ZeroFlow
{
    private readonly ChannelUnits _units;
    private readonly HashSet<int> _members;
    private readonly Dictionary<string, Node?> _ends = [];

    private ZeroFlow(ChannelUnits units, ChannelGroup group)
    {
        (_units, _members) = (units, [.. group.Units]);
        foreach (var node in units.Network.Nodes.Where(node => node.Outputs.Any(Carries)))
        {
            bool keeps = OperatorTable.Find(node)?.KeepsZero(new(node, units, group, this)) == true;
            var end = keeps ? null : node.Reads.Select(EndOf).FirstOrDefault(end => end is not null) ?? node;
            foreach (string output in node.Outputs)
            {
                _ends[output] = end;
            }
        }
    }

    /// <summary>The operator that makes something else of a group's zeros before a layer reads them, or null where all readers see zeros.</summary>
    /// <param name="units">The channels of the network.</param>
    /// <param name="group">A group whose channels may go.</param>
    public static Node? FindEnd(ChannelUnits units, ChannelGroup group)
    {
        var flow = new ZeroFlow(units, group);
        return group.Readers.Select(reader => flow.EndOf(reader.Inputs[0])).FirstOrDefault(end => end is not null);
    }

    /// <summary>Whether a value carries channels of the group.</summary>
    public bool Carries(string value) => _units.ValueUnits(value) is { } units && units.Any(_members.Contains);

    /// <summary>Where the zeros that a value would carry have ended, or null where they are zeros.</summary>
    public Node? EndOf(string value) => _ends.GetValueOrDefault(value);
}
