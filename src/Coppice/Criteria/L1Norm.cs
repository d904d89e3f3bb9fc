using Coppice.Graph.Channels;

namespace Coppice.Criteria;

/// <summary>
/// Pruning filters for efficient ConvNets (Li, Kadav, Durdanovic, Samet &amp; Graf, ICLR 2017), section 3.1: a filter's score is the sum of its absolute weights,
/// <c>s_j = Σ_l Σ |K_{j,l}|</c>; the smallest go first. Section 3.3 knows two ways for several layers: "independent" scores come from the full weights of each layer;
/// "greedy" ones leave out the kernels of input maps that the layers before have lost already, which changes the scores but not the shapes.
/// </summary>
/// <remarks>
/// Deviation: where several layers write a channel (residual additions), their filters' norms are added; the paper ranks by the projection shortcut where there is one.
/// Deviation: "greedy" goes through groups in topological order; the paper does not say in which order it goes through residual blocks.
/// </remarks>
/// <param name="greedy">Whether kernels of removed input maps are left out.</param>
public sealed class L1Norm(bool greedy = false) : IFilterCriterion
{
    /// <inheritdoc/>
    public string Name => greedy ? "l1-greedy" : "l1";

    /// <inheritdoc/>
    public string Paper => "Li et al., Pruning Filters for Efficient ConvNets, ICLR 2017";

    /// <inheritdoc/>
    public bool IsReportedAtBestTestEpoch => true;

    /// <inheritdoc/>
    public bool NeedsWidths => greedy;

    /// <inheritdoc/>
    public double[] Score(ScoringContext context, ChannelGroup group) => FilterWeights.Sum(context, group, Norm, greedy ? context.RemovedUnits : null);

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
