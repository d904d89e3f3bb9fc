using Coppice.Graph;
using Coppice.Graph.Channels;

namespace Coppice.Criteria;

/// <summary>
/// Pruning filters for efficient ConvNets (Li, Kadav, Durdanovic, Samet &amp; Graf, ICLR 2017), section 3.1: a filter's score is the sum of its absolute weights,
/// <c>s_j = Σ_l Σ |K_{j,l}|</c>; the smallest go first. "Independent" scores: from the full weights of each layer.
/// </summary>
/// <remarks>
/// Deviation: where several layers write a channel (residual additions), their filters' norms are added; the paper ranks by the projection shortcut where there is one.
/// </remarks>
public sealed class L1Norm : IFilterCriterion
{
    /// <inheritdoc/>
    public string Name => "l1";

    /// <inheritdoc/>
    public string Paper => "Li et al., Pruning Filters for Efficient ConvNets, ICLR 2017";

    /// <inheritdoc/>
    public double[] Score(Network network, ChannelGroup group) => FilterWeights.Sum(network, group, Norm);

    private static double Norm(ReadOnlySpan<float> filter)
    {
        double sum = 0;
        foreach (float weight in filter)
        {
            sum += Math.Abs(weight);
        }

        return sum;
    }
}
