using System.Collections.Immutable;
using Coppice.Search;

namespace Coppice.Pruning;

/// <summary>Chooses how many channels each group keeps so that a MAC budget is met as tightly as whole channels allow.</summary>
public static class WidthPlanner
{
    /// <summary>
    /// The same share in every group: the largest share whose floor meets the budget, found by bisection; what whole channels leave over goes to the groups whose
    /// floor cost them the most.
    /// </summary>
    /// <param name="space">What may change.</param>
    /// <param name="macs">The budget; the space must be able to reach it.</param>
    public static ImmutableArray<int> Uniform(PruningSpace space, long macs)
    {
        double low = 0, high = 1;
        for (int i = 0; i < 60; i++)
        {
            double share = (low + high) / 2;
            (low, high) = space.CostOf(AtShare(space, share)).Macs <= macs ? (share, high) : (low, share);
        }

        double found = space.CostOf(AtShare(space, 1)).Macs <= macs ? 1 : low;
        var byRemainder = Enumerable.Range(0, space.Groups.Length)
            .OrderByDescending(i => Remainder(space.Groups[i].Size * found))
            .ThenBy(i => i);
        return FillUp(space, AtShare(space, found), [.. byRemainder], macs);
    }

    /// <summary>
    /// Widths drawn at random: each group's share is uniform between its floor and everything, then single channels are taken from or given to randomly drawn groups
    /// until the budget is met; by repair, never by rejection.
    /// </summary>
    public static ImmutableArray<int> Random(PruningSpace space, long macs, Rng rng)
    {
        var widths = space.Groups.Select(group => space.Floor(group) + rng.Next(group.Size - space.Floor(group) + 1)).ToArray();
        while (space.CostOf([.. widths]).Macs > macs)
        {
            int[] wide = [.. Enumerable.Range(0, widths.Length).Where(i => widths[i] > space.Floor(space.Groups[i]))];
            widths[wide[rng.Next(wide.Length)]]--;
        }

        return FillUp(space, [.. widths], rng.Permutation(widths.Length), macs);
    }

    /// <summary>Gives groups one channel each, in the given order and again from its start, as long as the budget holds.</summary>
    internal static ImmutableArray<int> FillUp(PruningSpace space, ImmutableArray<int> widths, int[] order, long macs)
    {
        bool grew = true;
        while (grew)
        {
            grew = false;
            foreach (int i in order.Where(i => widths[i] < space.Groups[i].Size))
            {
                var wider = widths.SetItem(i, widths[i] + 1);
                if (space.CostOf(wider).Macs <= macs)
                {
                    (widths, grew) = (wider, true);
                }
            }
        }

        return widths;
    }

    private static ImmutableArray<int> AtShare(PruningSpace space, double share) =>
        [.. space.Groups.Select(group => Math.Max(space.Floor(group), (int)Math.Floor((group.Size * share) + 1e-9)))];

    private static double Remainder(double value) => value - Math.Floor(value + 1e-9);
}
