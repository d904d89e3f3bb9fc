using System.Collections.Immutable;

namespace Coppice.Search.Pareto;

/// <summary>
/// Crowding distance (Deb et al., 2002): how much room a vector has to itself on its front. Sorted by each objective in turn, the first and
/// the last get ∞, and each other gets (f_{i+1} − f_{i−1}) / (f_max − f_min) more.
/// </summary>
public static class CrowdingDistance
{
    /// <summary>The distance of each vector of a front.</summary>
    /// <param name="front">[n] of [objectives], all finite, or all the default array: those who failed.</param>
    /// <returns>[n], each at least 0; all 0 for those who failed. An objective in which all are equal adds nothing but the two ends.</returns>
    public static double[] Of(ImmutableArray<ImmutableArray<double>> front)
    {
        double[] distances = new double[front.Length];
        if (front.IsEmpty || front[0].IsDefault) return distances;

        for (int objective = 0; objective < front[0].Length; objective++)
        {
            int[] order = [.. Enumerable.Range(0, front.Length).OrderBy(i => front[i][objective])];
            distances[order[0]] = distances[order[^1]] = double.PositiveInfinity;
            double range = front[order[^1]][objective] - front[order[0]][objective];
            for (int i = 1; i < order.Length - 1 && range > 0; i++)
            {
                distances[order[i]] += (front[order[i + 1]][objective] - front[order[i - 1]][objective]) / range;
            }
        }

        return distances;
    }
}
