using System.Collections.Immutable;

namespace Coppice.Pruning.Sensitivity;

/// <summary>
/// Widths at which every group hurts alike: each is pruned as far as it may be before its own rise in loss passes one tolerance τ, and τ is the least that meets the MAC budget,
/// found by bisection. What Hu et al. (2018) choose by hand.
/// </summary>
public static class SensitivityWidths
{
    private const int Bisections = 60;

    /// <summary>Chooses the widths of a space's groups.</summary>
    /// <param name="space">What may change.</param>
    /// <param name="sensitivities">One per group of the space, in its order.</param>
    /// <param name="macs">The budget; the space must be able to reach it.</param>
    public static ImmutableArray<int> Find(PruningSpace space, ImmutableArray<GroupSensitivity> sensitivities, long macs)
    {
        double high = sensitivities.Max(group => Math.Max(0, group.WorstAdded)) * 2, low = 0;
        ImmutableArray<int> At(double tolerance) =>
            [.. space.Widths.Select((widths, i) => widths.AtLeast((int)Math.Ceiling((widths.Size * (1 - sensitivities[i].LargestRatio(tolerance))) - 1e-9)))];

        // Tolerances beyond the narrowest points ask for no more than the floors.
        var narrow = At(high);
        if (space.CostOf(narrow).Macs > macs)
        {
            narrow = space.Floors;
        }

        for (int i = 0; i < Bisections; i++)
        {
            double tolerance = (low + high) / 2;
            var widths = At(tolerance);
            (low, high, narrow) = space.CostOf(widths).Macs <= macs ? (low, tolerance, widths) : (tolerance, high, narrow);
        }

        // What whole channels leave over goes to those that suffer most.
        int[] bySuffering = [.. Enumerable.Range(0, sensitivities.Length).OrderByDescending(i => sensitivities[i].WorstAdded).ThenBy(i => i)];
        return WidthPlanner.FillUp(space, narrow, bySuffering, macs);
    }
}
