using System.Collections.Immutable;
using System.CommandLine;
using Coppice.Pruning;

namespace Coppice.Cli.Options;

/// <summary>How a candidate is measured: options that several verbs share.</summary>
internal static class FitnessOptionSet
{
    /// <summary>Images that a candidate's loss is measured on.</summary>
    public static Option<int> SearchSamples(int standard) =>
        NumberOption.Integer("--search-samples", "Images of the search split on which a candidate's loss is measured", standard, 1);

    /// <summary>Batches that batch-norm statistics are estimated from.</summary>
    public static Option<int> Recalibrate(int standard) =>
        NumberOption.Integer("--bn-recalibrate", "Batches of 128 training images for criteria, repairs and the batch-norm statistics of candidates; --adaptive-bn says where statistics come from instead", standard, 1);

    /// <summary>Where batch-norm statistics come from.</summary>
    public static ChoiceOption<AdaptiveBatchNorm> AdaptiveBatchNorm(AdaptiveBatchNorm standard)
    {
        ImmutableArray<Choice<AdaptiveBatchNorm>> choices = [new("auto", Pruning.AdaptiveBatchNorm.Auto), new("one-pass", Pruning.AdaptiveBatchNorm.OnePass), new("two-pass", Pruning.AdaptiveBatchNorm.TwoPass)];
        return new(
            "--adaptive-bn",
            "Batch-norm statistics of candidates: from --bn-recalibrate x 128 of the images that they are scored on, without labels and in the pass that scores them, or from training images in a pass of their own; auto: one pass of 256 of them at most, where --search-samples has so many and such a batch takes no more than 512 MiB",
            choices.First(choice => choice.Value == standard).Word,
            choices);
    }
}
