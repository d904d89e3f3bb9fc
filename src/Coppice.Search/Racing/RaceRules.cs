using System.Collections.Immutable;

namespace Coppice.Search.Racing;

/// <summary>Between what values an entrant's final result lies, lower ones being better; both infinite for one that failed.</summary>
/// <param name="Best">The lower end.</param>
/// <param name="Worst">The upper end.</param>
public readonly record struct Bounds(double Best, double Worst);

/// <summary>When a contest is decided.</summary>
public static class RaceRules
{
    /// <summary>
    /// Entrants of whom it cannot be said yet whether they get a place: not as many others as there are places are surely better, and as many others may still be better. What is said of the rest is
    /// consistent: ranking all by any values within their bounds gives the places to the same ones, if nobody is undecided.
    /// </summary>
    /// <param name="entrants">Bounds of each.</param>
    /// <param name="places">How many get a place.</param>
    public static ImmutableArray<int> Undecided(ReadOnlySpan<Bounds> entrants, int places)
    {
        double[] best = new double[entrants.Length], worst = new double[entrants.Length];
        for (int i = 0; i < entrants.Length; i++)
        {
            (best[i], worst[i]) = (entrants[i].Best, entrants[i].Worst);
        }

        Array.Sort(best);
        Array.Sort(worst);
        var undecided = ImmutableArray.CreateBuilder<int>();
        for (int i = 0; i < entrants.Length; i++)
        {
            int surelyBetter = Below(worst, entrants[i].Best);
            int maybeBetter = Below(best, entrants[i].Worst) - (entrants[i].Best < entrants[i].Worst ? 1 : 0); // itself not counted
            if (surelyBetter < places && maybeBetter >= places)
            {
                undecided.Add(i);
            }
        }

        return undecided.ToImmutable();
    }

    /// <summary>How many of the sorted values are below one.</summary>
    private static int Below(double[] sorted, double value)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = sorted[middle] < value ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
