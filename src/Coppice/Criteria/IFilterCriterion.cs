using Coppice.Graph;
using Coppice.Graph.Channels;

namespace Coppice.Criteria;

/// <summary>Says how much each channel of a group matters. One paper, one file.</summary>
public interface IFilterCriterion
{
    /// <summary>Name on the command line.</summary>
    string Name { get; }

    /// <summary>The paper, for lists and reports.</summary>
    string Paper { get; }

    /// <summary>Scores the channels of a group.</summary>
    /// <param name="network">The network.</param>
    /// <param name="group">A group of the network.</param>
    /// <returns>[channels], higher = keep.</returns>
    double[] Score(Network network, ChannelGroup group);
}
