using System.Collections.Immutable;
using Coppice.Training.Distillations;

namespace Coppice.Pruning;

/// <summary>
/// How the authors of a method went about it where that differs from our protocol: what <c>--faithful</c> does, its leakage included. All of them train on all training images, those that
/// candidates are compared on included. The method's own settings are those of <see cref="Methods.PruningMethodOptions.Published"/>.
/// </summary>
public sealed record PublishedProtocol
{
    /// <summary>How candidates are compared.</summary>
    public ScoringProtocol Scoring { get; init; } = ScoringProtocol.Standard;

    /// <summary>Whether each fine-tuning ends with its epoch of best test accuracy instead of its last one.</summary>
    public bool KeepsBestTestEpoch { get; init; }

    /// <summary>How the original network teaches; null where it does not.</summary>
    public Distillation? Distillation { get; init; }

    /// <summary>Whether the method can be told the size of its result; where not, as in the papers that have no such target, asking for one is refused.</summary>
    public bool TakesTarget { get; init; } = true;

    /// <summary>How the size of the result is chosen where it cannot be told; for messages.</summary>
    public string SizeRule { get; init; } = "";

    /// <summary>What a reader of the numbers must know, a sentence each.</summary>
    /// <param name="isTrained">Whether any network was trained at all.</param>
    /// <param name="choosesEpochs">Whether an epoch was chosen by test images.</param>
    public ImmutableArray<string> Leaks(bool isTrained, bool choosesEpochs) =>
    [
        .. Say(Scoring.Images == ScoredOn.TestImages, "Candidates were compared on the test images: the test accuracies are what the search maximised, not what to expect of new images."),
        .. Say(choosesEpochs, "Each fine-tuning kept its epoch of best test accuracy: the test accuracies are the best of several looks at the test images, and too high."),
        .. Say(Scoring.Images == ScoredOn.TrainingImages, "Candidates were compared on images that the networks are trained on, where all of them look alike and too good."),
        .. Say(isTrained, "Networks were trained on the search split too: the search accuracies are accuracies on training images."),
    ];

    private static ImmutableArray<string> Say(bool holds, string leak) => holds ? [leak] : [];
}
