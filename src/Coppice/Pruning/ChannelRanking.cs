using System.Collections.Immutable;

namespace Coppice.Pruning;

/// <summary>All channels of all groups of a space in one order.</summary>
/// <param name="Entries">Lowest score first; ties in the order of groups and channels.</param>
internal sealed record ChannelRanking(ImmutableArray<(int Group, int Channel, double Score)> Entries)
{
    /// <summary>Ranks channels.</summary>
    /// <param name="scores">Score of each channel of each group, higher = keep.</param>
    /// <param name="relative">Whether scores are divided by the mean of their group, where those of different groups do not mean the same.</param>
    public static ChannelRanking Of(ImmutableArray<double[]> scores, bool relative) => new(
    [
        .. scores
            .SelectMany((group, g) => group.Select((score, channel) => (Group: g, Channel: channel, Score: relative ? score / Math.Max(group.Average(), double.Epsilon) : score)))
            .OrderBy(entry => entry.Score).ThenBy(entry => entry.Group).ThenBy(entry => entry.Channel),
    ]);
}
