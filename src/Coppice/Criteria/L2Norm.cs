using Coppice.Graph.Channels;

namespace Coppice.Criteria;

/// <summary>
/// Soft filter pruning (He, Kang, Dong, Fu &amp; Yang, IJCAI 2018), section 3.2: a filter's score is its Euclidean norm, <c>‖F_j‖₂ = √(Σ w²)</c>; the smallest go first.
/// Here without the paper's training, which lets zeroed filters recover.
/// </summary>
/// <remarks>Deviation: where several layers write a channel (residual additions), their filters count as one, √(Σ ‖F‖²); the paper prunes each layer on its own.</remarks>
public sealed class L2Norm : IFilterCriterion
{
    /// <inheritdoc/>
    public string Name => "l2";

    /// <inheritdoc/>
    public string Paper => "He et al., Soft Filter Pruning for Accelerating Deep CNNs, IJCAI 2018";

    /// <inheritdoc/>
    public double[] Score(ScoringContext context, ChannelGroup group) => Array.ConvertAll(FilterWeights.Sum(context, group, SumOfSquares), Math.Sqrt);

    private static double SumOfSquares(ReadOnlySpan<float> filter)
    {
        double sum = 0;
        foreach (float weight in filter)
        {
            sum += (double)weight * weight;
        }

        return sum;
    }
}
