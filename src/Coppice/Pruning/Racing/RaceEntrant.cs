using Coppice.Graph;
using Coppice.Search;
using Coppice.Search.Racing;
using Coppice.Training;

namespace Coppice.Pruning.Racing;

/// <summary>What a race knows of a candidate.</summary>
/// <param name="genome">The candidate.</param>
/// <param name="scores">What it made of images so far.</param>
internal sealed class RaceEntrant(BitGenome genome, ImageScores scores)
{
    private (int Seen, SampledMean Mean)? _estimate;

    public BitGenome Genome => genome;

    public ImageScores Scores => scores;

    /// <summary>Images, in the order of the race, that have a say. Never fewer than before.</summary>
    public int Seen { get; set; }

    /// <summary>Images in that order that have been measured; more than have a say where an earlier run got further.</summary>
    public int Measured { get; set; }

    /// <summary>Why it cannot be measured; null where it can.</summary>
    public string? Failure { get; set; }

    /// <summary>The cut network with its statistics, as long as it may be needed again and there is memory for it.</summary>
    public Network? Prepared { get; set; }

    /// <summary>How often its statistics have been estimated.</summary>
    public int TimesPrepared { get; set; }

    /// <summary>Whether nothing is left to be looked at.</summary>
    public bool IsDone => Failure is not null || Seen == scores.Count;

    /// <summary>Its predicted differences in loss from the whole network, by image; empty where nothing predicts them.</summary>
    public double[] Predicted { get; set; } = [];

    /// <summary>Its mean loss.</summary>
    public SampledMean MeanLoss(PairedSampling sampling)
    {
        if (_estimate is not { } known || known.Seen != Seen)
        {
            _estimate = known = (Seen, sampling.Estimate(scores.Losses, Predicted, Seen));
        }

        return known.Mean;
    }
}
