using System.Collections.Immutable;
using Coppice.Graph.Channels;

namespace Coppice.Pruning;

/// <summary>Where the channels of a pruned network come from.</summary>
public static class ChannelProvenance
{
    /// <summary>
    /// For each computed value of a network the channels that a plan keeps of it: position i along axis 1 of the pruned network's value of that name was position
    /// <c>[i]</c> before. Follows concatenations, repetitions and shortcuts, as <see cref="Pruner"/> does.
    /// </summary>
    /// <param name="units">The network before pruning.</param>
    /// <param name="plan">What is kept; of several cuts their composition (<see cref="PruningPlan.Then"/>).</param>
    /// <returns>Ascending positions by value name; values that carry no channels are left out.</returns>
    /// <exception cref="CoppiceException">The plan does not fit the network.</exception>
    public static IReadOnlyDictionary<string, ImmutableArray<int>> Of(ChannelUnits units, PruningPlan plan)
    {
        units = plan.UnitsFor(units);
        plan.Check(units);
        bool[] kept = Pruner.KeptUnits(units, plan);
        var positions = new Dictionary<string, ImmutableArray<int>>();
        foreach (string value in units.Network.Nodes.SelectMany(node => node.Outputs))
        {
            if (units.ValueUnits(value) is { } channels)
            {
                positions[value] = [.. Enumerable.Range(0, channels.Length).Where(channel => kept[channels[channel]])];
            }
        }

        return positions;
    }
}
