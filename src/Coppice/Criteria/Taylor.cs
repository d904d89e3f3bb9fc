using Coppice.Graph.Channels;

namespace Coppice.Criteria;

/// <summary>
/// Importance estimation for neural network pruning (Molchanov, Mallya, Tyree, Frosio &amp; Kautz, CVPR 2019), sections 3.1 and 3.2: the loss without a channel is expanded to first order
/// around its gate z = 1, so the squared change is <c>I = (∂L/∂z)²</c>, averaged over mini-batches. The gate lies behind the batch normalisation ("Taylor-FO-BN"), which the paper
/// found best. Successor of the |∂L/∂z · z| of Molchanov et al. (ICLR 2017).
/// </summary>
/// <remarks>
/// Deviation: a channel that several layers write or normalise has one gate for all of them, since it goes from all of them at once; the paper gates each layer.
/// Deviation: one shot at fixed weights, or a few passes of cut and fine-tune; the paper removes a few channels after every few mini-batches.
/// </remarks>
public sealed class Taylor : IFilterCriterion
{
    /// <inheritdoc/>
    public string Name => "taylor";

    /// <inheritdoc/>
    public string Paper => "Molchanov et al., Importance Estimation for Neural Network Pruning, CVPR 2019";

    /// <inheritdoc/>
    public bool NeedsData => true;

    /// <inheritdoc/>
    public bool IsComparable => true;

    /// <inheritdoc/>
    public double[] Score(ScoringContext context, ChannelGroup group)
    {
        var gates = context.Gates ?? throw new CoppiceException("Cannot score by taylor without data: it needs gradients of the loss on images; give --data.");
        return [.. group.Units.Select(unit => gates.Batches.Average(batch => batch[unit] * batch[unit]))];
    }
}
