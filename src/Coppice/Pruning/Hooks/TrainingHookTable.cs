using System.Collections.Immutable;

namespace Coppice.Pruning.Hooks;

/// <summary>A method that acts during the training.</summary>
/// <param name="Name">Its option on the command line, without the dashes.</param>
/// <param name="Paper">Where it comes from.</param>
public sealed record TrainingHookEntry(string Name, string Paper);

/// <summary>The training hooks. A new one is a file beside this one, a line here and an option of `train` and `finetune`.</summary>
public static class TrainingHookTable
{
    /// <summary>All of them.</summary>
    public static ImmutableArray<TrainingHookEntry> All { get; } =
    [
        new("slimming", "Liu et al., Learning Efficient Convolutional Networks through Network Slimming, ICCV 2017"),
        new("soft-prune", "He et al., Soft Filter Pruning for Accelerating Deep CNNs, IJCAI 2018; with --gradient-mask as in FPGM, CVPR 2019"),
    ];
}
