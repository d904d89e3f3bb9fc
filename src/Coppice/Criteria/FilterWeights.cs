using System.Collections.Frozen;
using Coppice.Graph;
using Coppice.Graph.Channels;

namespace Coppice.Criteria;

/// <summary>The one loop over the filters of a group, so that a criterion is a function of a filter's weights and nothing else.</summary>
internal static class FilterWeights
{
    /// <summary>
    /// For each channel the sum of a function over all filters that write it: one filter as a rule, one per layer where several meet in an addition.
    /// </summary>
    /// <param name="context">The network.</param>
    /// <param name="group">A group of the network.</param>
    /// <param name="measure">Function of a filter's weights.</param>
    /// <param name="withoutUnits">Units whose kernels are left out of the filters; null for none.</param>
    public static double[] Sum(ScoringContext context, ChannelGroup group, Func<ReadOnlySpan<float>, double> measure, IReadOnlySet<int>? withoutUnits = null)
    {
        var scores = new double[group.Size];
        Visit(context.Units, group, withoutUnits ?? FrozenSet<int>.Empty, (channel, filter) => scores[channel] += measure(filter));
        return scores;
    }

    /// <summary>For each channel all weights that write it, one filter after the other.</summary>
    public static float[][] Vectors(ScoringContext context, ChannelGroup group)
    {
        var vectors = new List<float>[group.Size];
        Visit(context.Units, group, FrozenSet<int>.Empty, (channel, filter) => (vectors[channel] ??= []).AddRange(filter));
        return [.. vectors.Select(vector => vector.ToArray())];
    }

    private static void Visit(ChannelUnits units, ChannelGroup group, IReadOnlySet<int> withoutUnits, Action<int, ReadOnlySpan<float>> visit)
    {
        var channelOf = group.ChannelOfUnit();
        foreach (var axis in Weighing(group))
        {
            var weight = WithoutKernels(units, axis, withoutUnits);
            for (int position = 0; position < axis.Ids.Length; position++)
            {
                if (channelOf.TryGetValue(axis.Ids[position], out int channel))
                {
                    visit(channel, weight.Gather(axis.Axis, [position]).Floats());
                }
            }
        }
    }

    /// <summary>The axes whose positions are filters. No filter writes what a channel selection takes out of a shared stream: there the kernels that read it stand in.</summary>
    private static IEnumerable<ParameterAxis> Weighing(ChannelGroup group) => group.Axes.Any(axis => axis.Role == ChannelRole.Write)
        ? group.Axes.Where(axis => axis.Role == ChannelRole.Write)
        : group.Axes.Where(axis => axis.Role == ChannelRole.Read);

    /// <summary>The weight without the kernels that belong to removed input channels.</summary>
    private static HostTensor WithoutKernels(ChannelUnits units, ParameterAxis filters, IReadOnlySet<int> removed)
    {
        var weight = units.Network.Parameters[filters.Parameter];
        var inputs = removed.Count == 0 ? null : units.Axes.FirstOrDefault(axis => axis.Parameter == filters.Parameter && axis.Axis != filters.Axis);
        return inputs is null ? weight : weight.Gather(inputs.Axis, [.. Enumerable.Range(0, inputs.Ids.Length).Where(position => !removed.Contains(inputs.Ids[position]))]);
    }
}
