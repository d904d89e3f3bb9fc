using Coppice.Search;

namespace Coppice.Pruning;

/// <summary>
/// One threshold over the scores of all groups, as network slimming draws it (Liu et al., ICCV 2017, section 3), so that the widths follow from the scores.
/// No group falls under the floor of its space: without one, a threshold can empty a layer and break the network. Where channels go in steps, a group loses the whole steps of what is below.
/// </summary>
internal static class GlobalThreshold
{
    /// <summary>
    /// The lowest threshold that meets a budget, found by bisection over the ranking; then channels of highest score that still fit are given back, so that the budget is met as
    /// tightly as whole channels allow.
    /// </summary>
    /// <param name="space">What may change.</param>
    /// <param name="ranking">All channels by score.</param>
    /// <param name="macs">The budget; the space must be able to reach it.</param>
    public static BitGenome AtMacs(PruningSpace space, ChannelRanking ranking, long macs)
    {
        var (fits, high) = (0, ranking.Entries.Length);
        while (fits < high)
        {
            int middle = (fits + high) / 2;
            (fits, high) = space.CostOf(WithoutLowest(space, ranking, middle)).Macs <= macs ? (fits, middle) : (middle + 1, high);
        }

        return BudgetRepair.Grow(space, WithoutLowest(space, ranking, fits), ranking, macs);
    }

    /// <summary>
    /// The published rule: t is the score at position <c>int(total · share)</c> of the ascending list, counted from 0, and what is not above t goes; ties at t all go.
    /// </summary>
    /// <param name="space">What may change.</param>
    /// <param name="ranking">All channels by score.</param>
    /// <param name="share">Share of all channels in [0, 1).</param>
    public static BitGenome AtShare(PruningSpace space, ChannelRanking ranking, double share)
    {
        double threshold = ranking.Entries[(int)((ranking.Entries.Length * share) + 1e-9)].Score;
        return WithoutLowest(space, ranking, ranking.Entries.Count(entry => entry.Score <= threshold));
    }

    /// <summary>Everything but the first so many of the ranking, less those that their group's floor holds, or that make no whole step of it.</summary>
    private static BitGenome WithoutLowest(PruningSpace space, ChannelRanking ranking, int count)
    {
        List<int>[] lowest = [.. space.Groups.Select(_ => new List<int>())];
        foreach (var (group, channel, _) in ranking.Entries.AsSpan()[..count])
        {
            lowest[group].Add(channel);
        }

        return new([.. space.Widths.Select((widths, group) =>
        {
            var gone = lowest[group].Take(widths.Size - widths.AtLeast(widths.Size - lowest[group].Count));
            return BitString.FromIndices(widths.Size, [.. Enumerable.Range(0, widths.Size).Except(gone)]);
        })]);
    }
}
