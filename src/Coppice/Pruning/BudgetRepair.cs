using System.Collections.Immutable;
using Coppice.Search;

namespace Coppice.Pruning;

/// <summary>Makes a genome meet a MAC budget as exactly as whole channels, and the steps in which they go, allow, by the scores of single channels: cheap, and never by rejection.</summary>
public static class BudgetRepair
{
    /// <summary>
    /// Takes the channels of lowest relative score until the budget holds, then gives back those of highest relative score while it still holds.
    /// </summary>
    /// <param name="space">What may change.</param>
    /// <param name="genome">The genome, of widths that the space allows.</param>
    /// <param name="scores">Score of each channel of each group, higher = keep, not negative; compared across groups relative to the mean of the group.</param>
    /// <param name="macs">The budget; the space must be able to reach it.</param>
    /// <param name="minWidths">Channels that each group keeps at least.</param>
    public static BitGenome Fit(PruningSpace space, BitGenome genome, ImmutableArray<double[]> scores, long macs, ImmutableArray<int> minWidths) =>
        Fit(space, genome, ChannelRanking.Of(scores, relative: true), macs, minWidths);

    /// <summary>As above, by a ranking of all channels.</summary>
    /// <param name="space">What may change.</param>
    /// <param name="genome">The genome, of widths that the space allows.</param>
    /// <param name="ranking">All channels of all groups, the first to go first.</param>
    /// <param name="macs">The budget; the space must be able to reach it.</param>
    /// <param name="minWidths">Channels that each group keeps where the budget allows; below them only its floor holds.</param>
    internal static BitGenome Fit(PruningSpace space, BitGenome genome, ChannelRanking ranking, long macs, ImmutableArray<int> minWidths)
    {
        genome = Shrink(space, genome, ranking, macs, minWidths);
        genome = Shrink(space, genome, ranking, macs, space.Floors);
        return Grow(space, genome, ranking, macs);
    }

    /// <summary>A group loses the channels whose turn has come as soon as they are as many as its next narrower width asks for.</summary>
    private static BitGenome Shrink(
        PruningSpace space, BitGenome genome, ChannelRanking ranking, long macs, ImmutableArray<int> minWidths)
    {
        List<int>[] leaving = [.. space.Groups.Select(_ => new List<int>())];
        foreach (var (group, channel, _) in ranking.Entries)
        {
            if (space.CostOf(genome).Macs <= macs)
            {
                break;
            }

            int width = genome[group].Count, narrower = space.Widths[group].Below(width);
            if (!genome[group][channel] || narrower == width || narrower < minWidths[group])
            {
                continue;
            }

            leaving[group].Add(channel);
            if (leaving[group].Count == width - narrower)
            {
                genome = genome.Replace(group, With(genome[group], leaving[group], isKept: false));
                leaving[group].Clear();
            }
        }

        return genome;
    }

    /// <summary>Gives back channels, those of highest score first, a group's whole step at a time; of each group as many steps as still fit the budget.</summary>
    internal static BitGenome Grow(PruningSpace space, BitGenome genome, ChannelRanking ranking, long macs)
    {
        List<int>[] coming = [.. space.Groups.Select(_ => new List<int>())];
        foreach (var (group, channel, _) in ranking.Entries.Reverse().Where(entry => !genome[entry.Group][entry.Channel]))
        {
            // A step that does not fit never will, since the others only grow: its channels stay on the list, which then is too long for ever.
            coming[group].Add(channel);
            int width = genome[group].Count;
            if (coming[group].Count == space.Widths[group].Above(width) - width
                && genome.Replace(group, With(genome[group], coming[group], isKept: true)) is var wider && space.CostOf(wider).Macs <= macs)
            {
                genome = wider;
                coming[group].Clear();
            }
        }

        return genome;
    }

    private static BitString With(BitString bits, List<int> channels, bool isKept) => channels.Aggregate(bits, (changed, channel) => changed.With(channel, isKept));
}
