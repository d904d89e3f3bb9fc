using System.Collections.Immutable;

namespace Coppice.Search.Pareto;

/// <summary>
/// Hypervolume (Zitzler &amp; Thiele, 1998): the volume that a set of vectors dominates, up to a reference point. Exact, for any number of
/// objectives, by slicing (While et al., 2006): in two dimensions a sweep; above, the last objective is cut into slabs at the vectors' values,
/// and a slab's volume is its height times the hypervolume, one dimension lower, of the vectors that reach into it.
/// </summary>
/// <remarks>O(n log n) in two dimensions and a factor n more for each further one.</remarks>
public static class Hypervolume
{
    /// <summary>The dominated volume.</summary>
    /// <param name="vectors">[n] of [objectives], smaller = better, in any order, dominated ones and repeats included; finite.</param>
    /// <param name="reference">[objectives]: the corner of the worst. A vector that is not better in every objective adds nothing.</param>
    /// <returns>At least 0; 0 without vectors.</returns>
    public static double Of(IEnumerable<ImmutableArray<double>> vectors, ImmutableArray<double> reference)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        if (reference.IsDefaultOrEmpty) throw new ArgumentException("A hypervolume needs a reference point with at least one objective.", nameof(reference));
        List<double[]> gains = [];
        foreach (var vector in vectors)
        {
            if (vector.Length != reference.Length)
            {
                throw new ArgumentException($"A vector has {vector.Length} objectives, but the reference point {reference.Length}.", nameof(vectors));
            }

            // Seen from the reference: how much better, larger = better; so the volume is that of a union of boxes at the origin.
            double[] gain = [.. reference.Zip(vector, (worst, value) => worst - value)];
            if (gain.All(side => side > 0)) gains.Add(gain);
        }

        return Union(gains, reference.Length);
    }

    /// <summary>The hypervolume of a population; who failed adds nothing.</summary>
    /// <typeparam name="TGenome">The encoded candidate.</typeparam>
    /// <param name="population">The individuals.</param>
    /// <param name="objectives">The numbers to minimise.</param>
    /// <param name="reference">[objectives]: the corner of the worst.</param>
    public static double Of<TGenome>(
        IEnumerable<Individual<TGenome>> population, Objectives objectives, ImmutableArray<double> reference)
    {
        ArgumentNullException.ThrowIfNull(objectives);
        return Of(objectives.Of(population).Where(vector => !vector.IsDefault), reference);
    }

    /// <summary>The volume of the union of the boxes [0, gain₁] × … × [0, gain_d].</summary>
    private static double Union(List<double[]> boxes, int dimensions) => dimensions switch
    {
        _ when boxes.Count == 0 => 0,
        1 => boxes.Max(box => box[0]),
        2 => Area(boxes),
        _ => Slabs(boxes, dimensions),
    };

    private static double Area(List<double[]> boxes)
    {
        double area = 0, height = 0;
        foreach (double[] box in boxes.OrderByDescending(box => box[0]))
        {
            if (box[1] <= height) continue;
            area += box[0] * (box[1] - height);
            height = box[1];
        }

        return area;
    }

    private static double Slabs(List<double[]> boxes, int dimensions)
    {
        double[][] tallestFirst = [.. boxes.OrderByDescending(box => box[dimensions - 1])];
        List<double[]> reaching = [];
        double volume = 0;
        for (int i = 0; i < tallestFirst.Length; i++)
        {
            reaching.Add(tallestFirst[i]);
            double next = i + 1 < tallestFirst.Length ? tallestFirst[i + 1][dimensions - 1] : 0;
            double thickness = tallestFirst[i][dimensions - 1] - next;
            if (thickness > 0) volume += thickness * Union(reaching, dimensions - 1);
        }

        return volume;
    }
}
