using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;

namespace Coppice.Pruning.Racing;

/// <summary>A gate in front of a node that reads channels of a group: a factor 1 for each image and channel.</summary>
/// <param name="Node">The node that reads.</param>
/// <param name="Value">What it reads.</param>
/// <param name="Rank">Axes of that value.</param>
/// <param name="Channels">Channels of that value.</param>
/// <param name="Groups">For each position of the value's channels the group of the space and the channel in it; a negative group where it is none.</param>
internal sealed record GateReader(Node Node, string Value, int Rank, int Channels, ImmutableArray<(int Group, int Channel)> Groups)
{
    /// <summary>Name of the gate, a parameter.</summary>
    public string Gate => $"{Value}/gate of {Node.Name}";

    /// <summary>Gates for all readers of the groups that have gates in front of every reader.</summary>
    /// <param name="space">The groups.</param>
    /// <param name="units">Channels of the network that gets the gates, with groups of the same names.</param>
    /// <param name="shapes">Shapes of its values for one image.</param>
    public static ImmutableArray<GateReader> Of(PruningSpace space, ChannelUnits units, IReadOnlyDictionary<string, TensorShape> shapes)
    {
        var byName = units.Groups.ToDictionary(group => group.Name);
        var unitOf = new Dictionary<int, (int Group, int Channel)>();
        var readers = new List<Node>();
        foreach (var (position, own) in space.Groups.Index())
        {
            if (byName.TryGetValue(own.Name, out var group) && group.Size == own.Size && group.Readers.Any() && group.Readers.All(node => CanGate(units, node, shapes)))
            {
                readers.AddRange(group.Readers);
                foreach (var (unit, channel) in group.ChannelOfUnit())
                {
                    unitOf[unit] = (position, channel);
                }
            }
        }

        return
        [
            .. readers.DistinctBy(node => node.Name).Select(node => new GateReader(
                node,
                node.Inputs[0],
                shapes[node.Inputs[0]].Rank,
                (int)shapes[node.Inputs[0]][1],
                [.. units.ValueUnits(node.Inputs[0])!.Select(unit => unitOf.GetValueOrDefault(unit, (-1, 0)))])),
        ];
    }

    /// <summary>The network with its gates, for so many images at a time.</summary>
    public static Network Insert(Network network, ImmutableArray<GateReader> readers, int images)
    {
        var byNode = readers.ToDictionary(reader => reader.Node.Name);
        var parameters = network.Parameters.ToList();
        var nodes = ImmutableArray.CreateBuilder<Node>();
        foreach (var node in network.Nodes)
        {
            if (!byNode.TryGetValue(node.Name, out var reader))
            {
                nodes.Add(node);
                continue;
            }

            long[] shape = [images, reader.Channels, .. Enumerable.Repeat(1L, reader.Rank - 2)];
            parameters.Add(new(reader.Gate, HostTensor.FromFloats(new(shape), [.. Enumerable.Repeat(1f, images * reader.Channels)])));
            nodes.Add(new($"{reader.Gate}/mul", "Mul", [reader.Value, reader.Gate], [$"{reader.Gate}/gated"], NodeAttributes.None));
            nodes.Add(node with { Inputs = node.Inputs.SetItem(0, $"{reader.Gate}/gated") });
        }

        return new(network.Name, network.Inputs, network.Outputs, nodes.ToImmutable(), parameters) { OperatorSet = network.OperatorSet };
    }

    /// <summary>Adds a gradient of a sum over some images, one term of each, to the gates of the groups.</summary>
    /// <param name="gradient">[images of the chunk, channels].</param>
    /// <param name="chunk">Positions of these images.</param>
    /// <param name="sizes">Channels of each group.</param>
    /// <param name="images">Images of the set.</param>
    /// <param name="gates">For each group [images, channels], or null so far.</param>
    public void Add(float[] gradient, int[] chunk, ImmutableArray<int> sizes, int images, float[]?[] gates)
    {
        foreach (var (position, (group, channel)) in Groups.Index().Where(entry => entry.Item.Group >= 0))
        {
            float[] all = gates[group] ??= new float[images * sizes[group]];
            for (int image = 0; image < chunk.Length; image++)
            {
                all[(chunk[image] * sizes[group]) + channel] += gradient[(image * Channels) + position];
            }
        }
    }

    private static bool CanGate(ChannelUnits units, Node node, IReadOnlyDictionary<string, TensorShape> shapes) =>
        node.Inputs.Length > 0 && shapes.TryGetValue(node.Inputs[0], out var shape) && shape.Rank >= 2 && units.Layout(node.Inputs[0]) is { Axis: 1 } layout && layout.Ids.Length == shape[1];
}
