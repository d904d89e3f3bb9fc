using Coppice.Graph;
using Coppice.Graph.Channels;

namespace Coppice.Criteria;

/// <summary>
/// Learning efficient convolutional networks through network slimming (Liu, Li, Shen, Huang, Yan &amp; Zhang, ICCV 2017), section 3: a channel's score is |γ| of the batch normalisation
/// behind the convolution that writes it, or of the one that takes it out of a shared stream (channel selection in pre-activation and dense networks); the paper draws one threshold over all layers. It trains with λ Σ |γ| beforehand, without which the scale factors say less.
/// </summary>
/// <remarks>Deviation: where several layers write a channel (residual additions), the mean of their |γ|, so that one threshold means the same everywhere; the paper leaves those whole. A layer without batch normalisation behind it stays whole.</remarks>
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
    public string? Obstacle(Network network, ChannelGroup group) => group.Axes.FirstOrDefault(axis => axis.IsOrigin && ScaleOf(network, axis) is null) is { } writer
        ? $"no batch normalisation follows {writer.Node}"
        : null;

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
    private IEnumerable<(string Scale, int[] Ids)> Scales(Network network, ChannelGroup group) => Obstacle(network, group) is { } obstacle
        ? throw new CoppiceException($"Cannot score group '{group.Name}' by {Name}: {obstacle}; score by --method l1 or taylor instead.")
        : group.Axes.Where(axis => axis.IsOrigin).Select(writer => (ScaleOf(network, writer)!, writer.Ids));

    /// <summary>γ itself where a selection begins at it; else that of the batch normalisation that reads what the layer writes, or null where none does.</summary>
    private static string? ScaleOf(Network network, ParameterAxis writer) => writer.Role == ChannelRole.Select
        ? writer.Parameter
        : network.Index.Consumers(writer.Node.Outputs[0]).FirstOrDefault(node => node.OperatorType == "BatchNormalization")?.Inputs[1];
}
