using Coppice.Graph.Channels;

namespace Coppice.Criteria;

/// <summary>
/// Filter pruning via geometric median, FPGM (He, Liu, Wang, Hu &amp; Yang, CVPR 2019), section 3.3: filters near the geometric median of their layer can be replaced by the others, so
/// those with the smallest sum of distances go first, <c>g(j) = Σ_j' ‖F_j − F_j'‖₂</c>, all from one evaluation. The mix of section 4.1 first removes some filters by their
/// Euclidean norm and evaluates the distances among the rest.
/// </summary>
/// <remarks>
/// The paper and its code contradict each other about the mix: "40 %" is 10 % by norm and 30 % by distance in the paper, 30 % by norm and 10 % by distance in the published scripts.
/// Both are offered. Deviation: a channel that several layers write is one vector of all its filters; the paper prunes each layer on its own.
/// </remarks>
/// <param name="name">Name on the command line.</param>
/// <param name="normShare">Share, in [0, 1], of the removed filters that go by their norm; 0 for distances alone.</param>
public sealed class GeometricMedian(string name, double normShare) : IFilterCriterion
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Paper => "He et al., Filter Pruning via Geometric Median, CVPR 2019";

    /// <inheritdoc/>
    public bool IsReportedAtBestTestEpoch => true;

    /// <inheritdoc/>
    public bool NeedsWidths => normShare > 0;

    /// <inheritdoc/>
    public double[] Score(ScoringContext context, ChannelGroup group)
    {
        float[][] filters = FilterWeights.Vectors(context, group);
        int removed = context.Width is { } width ? group.Size - width : 0;
        var byNorm = SmallestNorms(filters, (int)((removed * normShare) + 1e-9));
        int[] rest = [.. Enumerable.Range(0, filters.Length).Except(byNorm)];
        var scores = new double[filters.Length];
        for (int i = 0; i < rest.Length; i++)
        {
            for (int k = i + 1; k < rest.Length; k++)
            {
                double distance = Distance(filters[rest[i]], filters[rest[k]]);
                scores[rest[i]] += distance;
                scores[rest[k]] += distance;
            }
        }

        // What goes by its norm goes before everything else, the smallest norm first.
        foreach (var (place, filter) in byNorm.Index())
        {
            scores[filter] = place - byNorm.Length;
        }

        return scores;
    }

    private static int[] SmallestNorms(float[][] filters, int count)
    {
        double[] norms = Array.ConvertAll(filters, filter => Distance(filter, new float[filter.Length]));
        return [.. Enumerable.Range(0, filters.Length).OrderBy(filter => norms[filter]).ThenBy(filter => filter).Take(count)];
    }

    private static double Distance(float[] left, float[] right)
    {
        double sum = 0;
        for (int i = 0; i < left.Length; i++)
        {
            double difference = (double)left[i] - right[i];
            sum += difference * difference;
        }

        return Math.Sqrt(sum);
    }
}
