using Coppice.Criteria;
using Coppice.Graph;
using Coppice.Graph.Channels;

namespace Coppice.Tests.Criteria;

/// <summary>What the tests of criteria share.</summary>
internal static class Scoring
{
    /// <summary>The channels of a drawn network with the named parameters set.</summary>
    public static ChannelUnits Units(Network network, params (string Name, float[] Values)[] weights) => ChannelUnits.Analyze(network.WithParameters(
        weights.ToDictionary(weight => weight.Name, weight => HostTensor.FromFloats(network.Parameters[weight.Name].Shape, weight.Values))));

    public static ChannelGroup Group(this ChannelUnits units, string name) => units.Groups.Single(group => group.Name == name);

    public static double[] Score(this IFilterCriterion criterion, ChannelUnits units, string group, int? width = null) =>
        criterion.Score(new(units) { Width = width }, units.Group(group));
}
