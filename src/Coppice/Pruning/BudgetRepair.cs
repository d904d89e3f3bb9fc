using System.Collections.Immutable;
using Coppice.Search;

namespace Coppice.Pruning;

/// <summary>Makes a genome meet a MAC budget exactly as whole channels allow, by the scores of single channels: cheap, and never by rejection.</summary>
public static class BudgetRepair
{
    /// <summary>
    /// Takes the channels of lowest relative score until the budget holds, then gives back those of highest relative score while it still holds.
    /// </summary>
    /// <param name="space">What may change.</param>
    /// <param name="genome">The genome.</param>
    /// <param name="scores">Score of each channel of each group, higher = keep, not negative; compared across groups relative to the mean of the group.</param>
    /// <param name="macs">The budget; the space must be able to reach it.</param>
    /// <param name="minWidths">Channels that each group keeps at least.</param>
    public static BitGenome Fit(PruningSpace space, BitGenome genome, ImmutableArray<double[]> scores, long macs, ImmutableArray<int> minWidths) =>
        Fit(space, genome, ChannelRanking.Of(scores, relative: true), macs, minWidths);

    /// <summary>As above, by a ranking of all channels.</summary>
    /// <param name="space">What may change.</param>
    /// <param name="genome">The genome.</param>
    /// <param name="ranking">All channels of all groups, the first to go first.</param>
    /// <param name="macs">The budget; the space must be able to reach it.</param>
    /// <param name="minWidths">Channels that each group keeps where the budget allows; below them only its floor holds.</param>
    internal static BitGenome Fit(PruningSpace space, BitGenome genome, ChannelRanking ranking, long macs, ImmutableArray<int> minWidths)
    {
        genome = Shrink(space, genome, ranking, macs, minWidths);
        genome = Shrink(space, genome, ranking, macs, [.. space.Groups.Select(space.Floor)]);
        return Grow(space, genome, ranking, macs);
    }

    private static BitGenome Shrink(
        PruningSpace space, BitGenome genome, ChannelRanking ranking, long macs, ImmutableArray<int> minWidths)
    {
        foreach (var (group, channel, _) in ranking.Entries)
        {
            if (space.CostOf(genome).Macs <= macs)
            {
                break;
            }

            if (genome[group][channel] && genome[group].Count > minWidths[group])
            {
                genome = genome.Replace(group, genome[group].With(channel, false));
            }
        }

        return genome;
    }

    /// <summary>Gives back channels, those of highest score first, each of which still fits the budget.</summary>
    internal static BitGenome Grow(PruningSpace space, BitGenome genome, ChannelRanking ranking, long macs)
    {
        foreach (var (group, channel, _) in ranking.Entries.Reverse())
        {
            if (!genome[group][channel] && genome.Replace(group, genome[group].With(channel, true)) is var wider && space.CostOf(wider).Macs <= macs)
            {
                genome = wider;
            }
        }

        return genome;
    }
}
