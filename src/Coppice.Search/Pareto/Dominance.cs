using System.Collections.Immutable;

namespace Coppice.Search.Pareto;

/// <summary>Who is better where there are several numbers to minimise.</summary>
public static class Dominance
{
    /// <summary>Whether one vector is nowhere worse than another and somewhere better.</summary>
    /// <param name="one">[objectives], each finite, smaller = better.</param>
    /// <param name="other">[objectives], the same objectives.</param>
    public static bool Dominates(ImmutableArray<double> one, ImmutableArray<double> other)
    {
        bool isBetter = false;
        for (int objective = 0; objective < one.Length; objective++)
        {
            if (one[objective] > other[objective]) return false;
            isBetter |= one[objective] < other[objective];
        }

        return isBetter;
    }

    /// <summary>
    /// Constraint domination (Deb et al., 2002): whoever succeeded dominates whoever failed; among those who failed nobody dominates; among
    /// those who succeeded it is <see cref="Dominates"/>.
    /// </summary>
    /// <param name="one">[objectives]; the default array, which has no elements, for a candidate that failed.</param>
    /// <param name="other">[objectives]; the default array for a candidate that failed.</param>
    public static bool ConstrainedDominates(ImmutableArray<double> one, ImmutableArray<double> other) =>
        !one.IsDefault && (other.IsDefault || Dominates(one, other));
}
