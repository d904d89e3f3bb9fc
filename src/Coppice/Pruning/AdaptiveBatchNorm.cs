using Coppice.Graph;
using Coppice.Graph.Execution;

namespace Coppice.Pruning;

/// <summary>
/// Where candidates get their batch-norm statistics. In one pass: a batch of the images that are scored goes through a candidate layer by layer, is normalised by its own statistics, and these
/// stay; then this batch is scored already, as a second pass would score it but for rounding. That holds for one batch only: with several, the statistics that stay are their mean, which none of
/// them was normalised by. In two passes: batches of training images first, then all that are scored.
/// </summary>
public enum AdaptiveBatchNorm
{
    /// <summary>
    /// One pass, of as many images as are asked for but 256 at most, where there are so many and the activations of such a batch fit into half a gigabyte; otherwise two passes. Memory that there is
    /// has no say, so that no score depends on it.
    /// </summary>
    Auto,

    /// <summary>One pass, of as many images as are asked for.</summary>
    OnePass,

    /// <summary>Two passes, as EagleEye's authors do it.</summary>
    TwoPass,
}

/// <summary>When candidates are scored in one pass.</summary>
internal static class OnePassRule
{
    private const long MostBytes = 512 << 20;

    /// <summary>Those of 512 images rank candidates hardly better (<c>bench/run statistics</c>), and races measure nobody on fewer than these.</summary>
    private const int MostImages = 256;

    /// <summary>Scored images, the first ones, that statistics are estimated from as they are scored; 0 for two passes, and where there is no batch normalisation.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="network">The network that candidates are cut from.</param>
    /// <param name="inputShapes">Shapes of inputs whose declaration leaves more than the batch open, for one image; by name.</param>
    /// <exception cref="CoppiceException">One pass is asked for, and this network cannot be scored so.</exception>
    public static int ImagesFor(FitnessOptions options, Network network, IReadOnlyDictionary<string, TensorShape>? inputShapes)
    {
        int wanted = options.RecalibrationBatches * options.RecalibrationBatchSize, enough = Math.Min(wanted, MostImages);
        return !MergedNetwork.StatisticsOf(network).Any() ? 0 : options.AdaptiveBatchNorm switch
        {
            AdaptiveBatchNorm.TwoPass => 0,
            AdaptiveBatchNorm.OnePass => MergedNetwork.CanHold(network) ? Math.Min(wanted, options.SearchSamples) : throw new CoppiceException(
                $"Cannot score candidates of '{network.Name}' in one pass: that takes one input, one output, no nodes inside of others, and statistics that one batch normalisation each reads; leave out --adaptive-bn."),
            _ => enough <= options.SearchSamples && MergedNetwork.CanHold(network) && IsAnswerItsOwn(network) && ProgramMemory.ActivationBytes(network, enough, Precision.Float32, inputShapes) <= MostBytes ? enough : 0,
        };
    }

    /// <summary>Whether an image's answer does not depend on the images beside it once the statistics stand.</summary>
    private static bool IsAnswerItsOwn(Network network) => BatchSlicing.ImagesPerSlice(BatchNormFolding.Apply(network), new()) is not null;
}
