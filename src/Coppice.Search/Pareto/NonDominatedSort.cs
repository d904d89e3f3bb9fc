using System.Collections.Immutable;

namespace Coppice.Search.Pareto;

/// <summary>
/// Fast non-dominated sort (Deb et al., 2002), in O(M N²) for N vectors of M objectives:
/// <code>
/// for each p: S_p ← those that p dominates;  n_p ← how many dominate p
/// F₁ ← those with n_p = 0
/// F_{i+1} ← those whose n falls to 0 when every p of F_i takes one off each of its S_p
/// </code>
/// </summary>
public static class NonDominatedSort
{
    /// <summary>The fronts, best first; each holds the positions of its vectors, ascending.</summary>
    /// <param name="vectors">[N] of [M], smaller = better; the default array for a candidate that failed, which everyone else dominates.</param>
    /// <returns>Every position once; no front is empty.</returns>
    public static ImmutableArray<ImmutableArray<int>> Fronts(ImmutableArray<ImmutableArray<double>> vectors)
    {
        int[] all = [.. Enumerable.Range(0, vectors.Length)];
        int[][] dominated = [.. all.Select(p => all.Where(q => Dominance.ConstrainedDominates(vectors[p], vectors[q])).ToArray())];
        int[] dominators = new int[vectors.Length];
        foreach (int q in dominated.SelectMany(list => list)) dominators[q]++;

        var fronts = ImmutableArray.CreateBuilder<ImmutableArray<int>>();
        ImmutableArray<int> front = [.. all.Where(p => dominators[p] == 0)];
        while (!front.IsEmpty)
        {
            fronts.Add(front);
            front = [.. front.SelectMany(p => dominated[p]).Where(q => --dominators[q] == 0).Order()];
        }

        return fronts.ToImmutable();
    }
}
