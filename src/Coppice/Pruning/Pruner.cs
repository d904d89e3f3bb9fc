using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Operators;

namespace Coppice.Pruning;

/// <summary>Turns a network and a plan into a smaller network. Pure: the network given is not touched. Exact: weights are copied, never changed.</summary>
public static class Pruner
{
    /// <summary>Removes the channels that the plan does not keep.</summary>
    /// <exception cref="CoppiceException">The plan does not fit the network.</exception>
    public static Network Apply(ChannelUnits units, PruningPlan plan)
    {
        units = plan.UnitsFor(units);
        plan.Check(units);
        bool[] kept = KeptUnits(units, plan);
        if (kept.All(stays => stays))
        {
            return units.Network;
        }

        var parameters = new OrderedDictionary<string, HostTensor>(units.Network.Parameters);
        foreach (var axis in DistinctAxes(units))
        {
            if (!axis.Ids.All(unit => kept[unit]))
            {
                int[] positions = [.. Enumerable.Range(0, axis.Ids.Length).Where(position => kept[axis.Ids[position]])];
                parameters[axis.Parameter] = parameters[axis.Parameter].Gather(axis.Axis, positions);
            }
        }

        ImmutableArray<Node> nodes = [.. units.Network.Nodes.SelectMany(node => Cut(new Surgery(node, units, kept, parameters)))];
        return units.Network.Rewritten(nodes, parameters);
    }

    /// <summary>Removes the channels that the plan does not keep.</summary>
    /// <exception cref="CoppiceException">The plan does not fit the network, or its shapes cannot be inferred.</exception>
    public static Network Apply(Network network, PruningPlan plan) => Apply(ChannelUnits.Analyze(network, selections: plan.Selections), plan);

    /// <summary>
    /// The network at its old size with everything zeroed that <see cref="Apply(ChannelUnits, PruningPlan)"/> removes: filters, biases, batch-norm vectors and, decisive,
    /// the weights that read the channels. So it computes what the smaller network computes, whatever the activations in between make of a zero.
    /// </summary>
    public static Network ZeroOut(ChannelUnits units, PruningPlan plan)
    {
        units = plan.UnitsFor(units);
        plan.Check(units);
        bool[] kept = KeptUnits(units, plan);
        var zeroed = new Dictionary<string, HostTensor>();
        foreach (var axis in DistinctAxes(units).Where(axis => axis.Ids.Any(unit => !kept[unit]) && MayBeZeroed(axis, units.Network.Parameters[axis.Parameter])))
        {
            var current = zeroed.GetValueOrDefault(axis.Parameter, units.Network.Parameters[axis.Parameter]);
            zeroed[axis.Parameter] = Zero(current, axis.Axis, [.. axis.Ids.Select(unit => kept[unit])]);
        }

        return units.Network.WithParameters(zeroed);
    }

    internal static bool[] KeptUnits(ChannelUnits units, PruningPlan plan)
    {
        var kept = new bool[units.UnitCount];
        Array.Fill(kept, true);
        var byName = plan.Groups.ToDictionary(group => group.Group);
        foreach (var group in units.Groups)
        {
            if (byName.TryGetValue(group.Name, out var groupPlan))
            {
                foreach (int channel in Enumerable.Range(0, group.Size).Except(groupPlan.Kept))
                {
                    kept[group.Units[channel]] = false;
                }
            }
        }

        return kept;
    }

    /// <summary>Each parameter axis once, although nodes that share a weight name it several times.</summary>
    private static IEnumerable<ParameterAxis> DistinctAxes(ChannelUnits units) => units.Axes.DistinctBy(axis => (axis.Parameter, axis.Axis));

    /// <summary>The node after the cut, behind the nodes that have come in front of it.</summary>
    private static ImmutableArray<Node> Cut(Surgery surgery)
    {
        var node = OperatorTable.Find(surgery.Node) is { } known ? known.Prune(surgery) : surgery.Node;
        return [.. surgery.Inserted, node];
    }

    /// <summary>Not where a parameter lists channels by number, for a zero there would be another channel and not none, and not where an operator divides by it.</summary>
    private static bool MayBeZeroed(ParameterAxis axis, HostTensor parameter) =>
        parameter.Type is not (ElementType.Int32 or ElementType.Int64)
        && OperatorTable.Find(axis.Node)?.MayBeZeroed(axis.Node.Inputs.IndexOf(axis.Parameter)) != false;

    private static HostTensor Zero(HostTensor tensor, int axis, bool[] kept)
    {
        var bytes = tensor.Bytes.ToArray();
        int run = checked((int)(tensor.Shape.Product(axis + 1, tensor.Shape.Rank) * ElementTypes.SizeOf(tensor.Type)));
        for (int start = 0, position = 0; start < bytes.Length; start += run, position = (position + 1) % kept.Length)
        {
            if (!kept[position])
            {
                bytes.AsSpan(start, run).Clear();
            }
        }

        return HostTensor.FromBytes(tensor.Type, tensor.Shape, bytes);
    }

    private sealed class Surgery(Node node, ChannelUnits units, bool[] kept, OrderedDictionary<string, HostTensor> parameters) : PruneCall
    {
        public override Node Node => node;

        public override ShapeCall Shapes { get; } = new(node, units.Network.OperatorSet, units.Shapes, units.Network.Parameters);

        /// <summary>Nodes that come in front of this one.</summary>
        public List<Node> Inserted { get; } = [];

        public override bool[]? InputKept(int input) => node.Input(input) is { } value ? Kept(value) : null;

        public override bool[]? OutputKept(int output) => Kept(node.Outputs[output]);

        public override int InputAxis(int input) => units.Layout(node.Inputs[input])?.Axis ?? 1;

        public override int OutputAxis(int output) => units.Layout(node.Outputs[output])?.Axis ?? 1;

        public override Node WithConstant(int input, HostTensor value)
        {
            string name = node.Input(input) ?? $"input{input}/{node.Name}";
            if (node.Input(input) is null)
            {
                string own = Enumerable.Range(0, int.MaxValue).Select(i => i == 0 ? name : $"{name}.{i}").First(IsFree);
                parameters.Add(own, value);
                string[] inputs = [.. node.Inputs, .. Enumerable.Repeat("", Math.Max(0, input + 1 - node.Inputs.Length))];
                inputs[input] = own;
                return node with { Inputs = [.. inputs] };
            }

            if (parameters[name].Type == value.Type && parameters[name].Shape == value.Shape && parameters[name].Bytes.Span.SequenceEqual(value.Bytes.Span))
            {
                return node;
            }

            // A constant of this node's own, from an earlier cut, keeps its name: two cuts leave the names that the composed one leaves.
            if (name.EndsWith($"/{node.Name}", StringComparison.Ordinal) && units.Network.Index.Consumers(name).Length == 1)
            {
                parameters[name] = value;
                return node;
            }

            string fresh = Enumerable.Range(0, int.MaxValue).Select(i => $"{name}/{node.Name}{(i == 0 ? "" : $".{i}")}").First(IsFree);
            parameters.Add(fresh, value);
            return node with { Inputs = node.Inputs.SetItem(input, fresh) };
        }

        public override Node WithSelection(int input, ReadOnlySpan<int> channels)
        {
            string name = Unique($"{node.Name}.select"), positions = Unique($"{node.Name}.select.positions");
            long[] listed = Array.ConvertAll(channels.ToArray(), channel => (long)channel);
            parameters.Add(positions, HostTensor.Vector(listed));
            Inserted.Add(new(name, "Gather", [node.Inputs[input], positions], [name], NodeAttributes.None.With("axis", InputAxis(input))));
            return node with { Inputs = node.Inputs.SetItem(input, name) };
        }

        private string Unique(string name) => Enumerable.Range(0, int.MaxValue).Select(i => i == 0 ? name : $"{name}.{i}")
            .First(candidate => IsFree(candidate) && units.Network.Nodes.All(other => other.Name != candidate));

        private bool IsFree(string name) =>
            !parameters.ContainsKey(name) && units.Network.Index.Producer(name) is null && units.Network.Inputs.All(input => input.Name != name);

        private bool[]? Kept(string value) => units.ValueUnits(value) is { } ids ? [.. ids.Select(unit => kept[unit])] : null;
    }
}
