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

    /// <summary>Its batch-norm statistics by name, once they have been estimated: little, so they are kept where the network cannot be. Null before.</summary>
    public IReadOnlyDictionary<string, HostTensor>? Statistics { get; set; }

    /// <summary>Whether nothing is left to be looked at.</summary>
    public bool IsDone => Failure is not null || Seen == scores.Count;

    /// <summary>Whether it has been told of, and so counts among those evaluated.</summary>
    public bool IsCounted { get; set; }

    /// <summary>Its mean loss, estimated where not all images have been seen.</summary>
    /// <param name="sampling">How images were drawn; not needed once all have been seen.</param>
    /// <param name="predicted">Its predicted differences from the whole network; asked for only where an estimate is made.</param>
    public SampledMean MeanLoss(PairedSampling? sampling, Func<double[]> predicted)
    {
        if (_estimate is not { } known || known.Seen != Seen)
        {
            var mean = Seen == scores.Count ? new(scores.Losses.ToArray().Average(), 0) : sampling!.Estimate(scores.Losses, predicted(), Seen);
            _estimate = known = (Seen, mean);
        }

        return known.Mean;
    }
}
