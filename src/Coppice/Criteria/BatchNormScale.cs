using Coppice.Graph;
using Coppice.Graph.Channels;

namespace Coppice.Criteria;

/// <summary>
/// Learning efficient convolutional networks through network slimming (Liu, Li, Shen, Huang, Yan &amp; Zhang, ICCV 2017), section 3: a channel's score is |γ| of the batch normalisation
/// behind the convolution that writes it, or of the one that takes it out of a shared stream (channel selection in pre-activation and dense networks); the paper draws one threshold over all layers. It trains with λ Σ |γ| beforehand, without which the scale factors say less.
/// </summary>
/// <remarks>Deviation: where several layers write a channel (residual additions), the mean of their |γ|, so that one threshold means the same everywhere; the paper leaves those whole.</remarks>
public sealed class BatchNormScale : IFilterCriterion
{
    /// <inheritdoc/>
    public string Name => "bn-scale";

    /// <inheritdoc/>
    public string Paper => "Liu et al., Learning Efficient Convolutional Networks through Network Slimming, ICCV 2017";

    /// <inheritdoc/>
    public bool IsReportedAtBestTestEpoch => true;

    /// <inheritdoc/>
    public bool IsComparable => true;

    /// <inheritdoc/>
    public double[] Score(ScoringContext context, ChannelGroup group)
    {
        var channelOf = group.ChannelOfUnit();
        var (sums, counts) = (new double[group.Size], new int[group.Size]);
        foreach (var (scale, ids) in Scales(context.Network, group))
        {
            var values = context.Network.Parameters[scale].Floats();
            for (int position = 0; position < ids.Length; position++)
            {
                if (channelOf.TryGetValue(ids[position], out int channel))
                {
                    sums[channel] += Math.Abs(values[position]);
                    counts[channel]++;
                }
            }
        }

        return [.. sums.Zip(counts, (sum, count) => sum / count)];
    }

    /// <summary>Name of γ behind each layer that writes channels of the group, with the unit of each position.</summary>
    private static IEnumerable<(string Scale, int[] Ids)> Scales(Network network, ChannelGroup group)
    {
        foreach (var writer in group.Axes.Where(axis => axis.IsOrigin))
        {
            if (writer.Role == ChannelRole.Select)
            {
                yield return (writer.Parameter, writer.Ids);
                continue;
            }

            var batchNorm = network.Index.Consumers(writer.Node.Outputs[0]).FirstOrDefault(node => node.OperatorType == "BatchNormalization")
                ?? throw new CoppiceException($"Cannot score group '{group.Name}' by bn-scale: no batch normalisation follows {writer.Node}; score by --method l1 or taylor instead.");
            yield return (batchNorm.Inputs[1], writer.Ids);
        }
    }
}
