using Coppice.Graph;
using Coppice.Search;
using Coppice.Training;

namespace Coppice.Pruning;

/// <summary>What is known of a pruned candidate. Fitness is minus its loss on the search split; cost is its MACs.</summary>
public sealed record CandidateEvaluation : Evaluation
{
    /// <summary>The result of measuring a candidate.</summary>
    /// <param name="metrics">Loss and accuracy on images of the search split.</param>
    /// <param name="size">MACs and parameters.</param>
    /// <param name="fitness">What the search maximises; null for minus the loss.</param>
    public CandidateEvaluation(ClassificationMetrics metrics, Cost size, double? fitness = null)
        : base(fitness ?? -metrics.Loss, size.Macs)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        Metrics = metrics;
        Size = size;
        ImagesSeen = metrics.Images;
    }

    /// <summary>Loss and accuracy on images of the search split.</summary>
    public ClassificationMetrics Metrics { get; }

    /// <summary>MACs and parameters.</summary>
    public Cost Size { get; }

    /// <summary>On how many of the images it was measured; where that is not all, in a race, the rest of <see cref="Metrics"/> is estimated.</summary>
    public int ImagesSeen { get; init; }

    /// <summary>Whether it was measured on a part of the images alone.</summary>
    public bool IsEstimate => ImagesSeen < Metrics.Images;

    /// <summary>Ranks as searches do: ties of fitness go to the lower cost.</summary>
    internal bool IsBetterThan(CandidateEvaluation other) => Fitness > other.Fitness || (Fitness == other.Fitness && Cost < other.Cost);
}
