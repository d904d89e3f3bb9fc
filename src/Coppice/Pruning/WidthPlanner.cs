using System.Collections.Immutable;
using Coppice.Search;

namespace Coppice.Pruning;

/// <summary>Chooses how many channels each group keeps so that a MAC budget is met as tightly as whole channels, and the steps in which they go, allow.</summary>
public static class WidthPlanner
{
    /// <summary>
    /// The same share in every group: the largest share whose floor meets the budget, found by bisection; what whole channels leave over goes to the groups whose
    /// floor cost them the most.
    /// </summary>
    /// <param name="space">What may change.</param>
    /// <param name="macs">The budget; the space must be able to reach it.</param>
    public static ImmutableArray<int> Uniform(PruningSpace space, long macs) => Proportional(space, [.. space.Groups.Select(_ => 1.0)], macs);

    /// <summary>Shares in given proportions: all are scaled by the largest common factor whose floors meet the budget; the rest as for <see cref="Uniform"/>.</summary>
    /// <param name="space">What may change.</param>
    /// <param name="shares">A positive number per group.</param>
    /// <param name="macs">The budget; the space must be able to reach it.</param>
    public static ImmutableArray<int> Proportional(PruningSpace space, ImmutableArray<double> shares, long macs)
    {
        ImmutableArray<int> At(double factor) => AtShares(space, [.. shares.Select(share => Math.Min(1, share * factor))]);
        double low = 0, high = 1 / shares.Min();
        if (space.CostOf(At(high)).Macs <= macs)
        {
            return At(high);
        }

        for (int i = 0; i < 60; i++)
        {
            double factor = (low + high) / 2;
            (low, high) = space.CostOf(At(factor)).Macs <= macs ? (factor, high) : (low, factor);
        }

        var byRemainder = Enumerable.Range(0, space.Groups.Length)
            .OrderByDescending(i => Remainder(space.Groups[i].Size * Math.Min(1, shares[i] * low), space.Widths[i].Step))
            .ThenBy(i => i);
        return FillUp(space, At(low), [.. byRemainder], macs);
    }

    /// <summary>⌊share · channels⌋ of each group, or the next width below that is allowed; and at least its floor.</summary>
    /// <param name="space">What may change.</param>
    /// <param name="shares">A share in [0, 1] per group.</param>
    public static ImmutableArray<int> AtShares(PruningSpace space, ImmutableArray<double> shares) =>
        [.. space.Widths.Select((widths, i) => widths.AtMost((int)Math.Floor((widths.Size * shares[i]) + 1e-9)))];

    /// <summary>
    /// Widths drawn at random: each group's is uniform over those that it may have, then single steps are taken from or given to randomly drawn groups
    /// until the budget is met; by repair, never by rejection.
    /// </summary>
    public static ImmutableArray<int> Random(PruningSpace space, long macs, Rng rng)
    {
        int[] widths = [.. space.Widths.Select(allowed => allowed[rng.Next(allowed.Length)])];
        while (space.CostOf([.. widths]).Macs > macs)
        {
            int[] wide = [.. Enumerable.Range(0, widths.Length).Where(i => widths[i] > space.Widths[i].Least)];
            int chosen = wide[rng.Next(wide.Length)];
            widths[chosen] = space.Widths[chosen].Below(widths[chosen]);
        }

        return FillUp(space, [.. widths], rng.Permutation(widths.Length), macs);
    }

    /// <summary>Gives groups one step each, which is one channel unless the constraints say otherwise, in the given order and again from its start, as long as the budget holds.</summary>
    internal static ImmutableArray<int> FillUp(PruningSpace space, ImmutableArray<int> widths, int[] order, long macs)
    {
        bool grew = true;
        while (grew)
        {
            grew = false;
            foreach (int i in order.Where(i => widths[i] < space.Groups[i].Size))
            {
                var wider = widths.SetItem(i, space.Widths[i].Above(widths[i]));
                if (space.CostOf(wider).Macs <= macs)
                {
                    (widths, grew) = (wider, true);
                }
            }
        }

        return widths;
    }

    private static double Remainder(double value, int step) => value - (step * Math.Floor((value / step) + 1e-9));
}
