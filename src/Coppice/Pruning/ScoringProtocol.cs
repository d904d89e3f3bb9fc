using System.Text.Json.Serialization;

namespace Coppice.Pruning;

/// <summary>Where the images come from that candidates are compared on.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ScoredOn>))]
public enum ScoredOn
{
    /// <summary>The search split, which nothing is trained on.</summary>
    SearchSplit,

    /// <summary>Images that networks are trained on as well.</summary>
    TrainingImages,

    /// <summary>The test images themselves: what is reported of the winner is then what was maximised.</summary>
    TestImages,
}

/// <summary>What is done to a cut network before it is scored.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Preparation>))]
public enum Preparation
{
    /// <summary>Adaptive batch-norm: statistics estimated anew, from training images or (<see cref="ScoringProtocol.OnePassImages"/>) from those that are scored.</summary>
    AdaptiveBatchNorm,

    /// <summary>Statistics go on from those of the whole network with momentum 0.1, as EagleEye's authors do it.</summary>
    RunningBatchNorm,

    /// <summary>Nothing: weights and statistics as inherited.</summary>
    None,

    /// <summary>Some epochs of training.</summary>
    Training,
}

/// <summary>How candidates are compared.</summary>
public sealed record ScoringProtocol
{
    /// <summary>Ours: loss on the search split after adaptive batch-norm.</summary>
    public static ScoringProtocol Standard { get; } = new();

    /// <summary>What images they are scored on.</summary>
    public ScoredOn Images { get; init; } = ScoredOn.SearchSplit;

    /// <summary>What is done to them before.</summary>
    public Preparation Preparation { get; init; } = Preparation.AdaptiveBatchNorm;

    /// <summary>Whether statistics of batch normalisations are estimated before the score.</summary>
    [JsonIgnore]
    public bool EstimatesStatistics => Preparation is Preparation.AdaptiveBatchNorm or Preparation.RunningBatchNorm;

    /// <summary>Weight of each batch in statistics that are estimated; null for the plain mean over the batches.</summary>
    [JsonIgnore]
    public double? Momentum => Preparation == Preparation.RunningBatchNorm ? 0.1 : null;

    /// <summary>
    /// How many of the scored images, the first of them and without their labels, statistics are estimated from in the very pass that scores them; 0 for training images, in a pass of their own.
    /// </summary>
    public int OnePassImages { get; init; }

    /// <summary>Epochs over the training images that each candidate is trained; with <see cref="Preparation.Training"/> only.</summary>
    public int Epochs { get; init; }

    /// <summary>Whether the score is the top-1 accuracy instead of minus the loss.</summary>
    public bool ByAccuracy { get; init; }
}
