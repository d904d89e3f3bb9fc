using Coppice.Graph;
using Coppice.Graph.Channels;

namespace Coppice.Criteria;

/// <summary>The one loop over the filters of a group, so that a criterion is a function of a filter's weights and nothing else.</summary>
internal static class FilterWeights
{
    /// <summary>
    /// For each channel the sum of a function over all filters that write it: one filter as a rule, one per layer where several meet in an addition.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="group">A group of the network.</param>
    /// <param name="measure">Function of a filter's weights.</param>
    public static double[] Sum(Network network, ChannelGroup group, Func<ReadOnlySpan<float>, double> measure)
    {
        var channelOf = group.Units.Select((unit, channel) => (unit, channel)).ToDictionary(pair => pair.unit, pair => pair.channel);
        var scores = new double[group.Size];
        foreach (var axis in group.Axes.Where(axis => axis.Role == ChannelRole.Write))
        {
            // The filter axis is the first one but for Gemm weights stored as [in, out].
            var weight = network.Parameters[axis.Parameter];
            var filters = axis.Axis == 0 ? weight : Transpose(weight);
            int length = (int)(filters.Shape.Length / filters.Shape[0]);
            for (int filter = 0; filter < axis.Ids.Length; filter++)
            {
                if (channelOf.TryGetValue(axis.Ids[filter], out int channel))
                {
                    scores[channel] += measure(filters.Floats().Slice(filter * length, length));
                }
            }
        }

        return scores;
    }

    private static HostTensor Transpose(HostTensor matrix)
    {
        int rows = (int)matrix.Shape[0], columns = (int)matrix.Shape[1];
        var source = matrix.Floats();
        var transposed = new float[rows * columns];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                transposed[(column * rows) + row] = source[(row * columns) + column];
            }
        }

        return HostTensor.FromFloats(new(columns, rows), transposed);
    }
}
