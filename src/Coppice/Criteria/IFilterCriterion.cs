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

    /// <summary>Whether it looks at gradients of the loss on images: <see cref="ScoringContext.Gates"/> is then given.</summary>
    bool NeedsData => false;

    /// <summary>Whether it must know how many channels stay before it scores: <see cref="ScoringContext.Width"/> is then given, and no threshold over all groups can be drawn.</summary>
    bool NeedsWidths => false;

    /// <summary>Whether scores of different groups may be compared as they are; those of others are divided by the mean of their group first.</summary>
    bool IsComparable => false;

    /// <summary>Whether the paper's accuracies are those of the epoch of its retraining that is best on the test images.</summary>
    bool IsReportedAtBestTestEpoch => false;

    /// <summary>Whether its scores follow from <see cref="ScoringContext.Seed"/>.</summary>
    bool DrawsByChance => false;

    /// <summary>Why it cannot score a group, or null where it can. A group that cannot be scored stays whole.</summary>
    /// <param name="network">The network.</param>
    /// <param name="group">A group of the network.</param>
    string? Obstacle(Network network, ChannelGroup group) => null;

    /// <summary>Scores the channels of a group.</summary>
    /// <param name="context">The network and whatever else the criterion asked for.</param>
    /// <param name="group">A group of the network.</param>
    /// <returns>[channels], not negative as a rule, higher = keep.</returns>
    /// <exception cref="CoppiceException">The group has nothing that this criterion could score.</exception>
    double[] Score(ScoringContext context, ChannelGroup group);
}
