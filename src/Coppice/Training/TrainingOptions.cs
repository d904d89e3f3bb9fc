using Coppice.Data;
using Coppice.Graph.Execution;
using Coppice.Training.Distillations;

namespace Coppice.Training;

/// <summary>How a network is trained: stochastic gradient descent with momentum. Immutable; saved with the run.</summary>
public sealed record TrainingOptions
{
    /// <summary>Passes over the training images; 0 leaves the network as it is.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Images per iteration.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Base learning rate.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>Course of the learning rate.</summary>
    public LearningRateSchedule Schedule { get; init; } = new CosineSchedule { WarmUp = 0.1 };

    /// <summary>Momentum of SGD, in [0, 1).</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Nesterov's form of the momentum.</summary>
    public bool Nesterov { get; init; } = true;

    /// <summary>L2 penalty on weights of convolutions and fully connected layers; biases, γ and β are spared.</summary>
    public double WeightDecay { get; init; } = 5e-4;

    /// <summary>Share of the target that is spread over all classes, in [0, 1).</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>What is done to training images.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.None;

    /// <summary>How a teacher takes part; without effect where none is given.</summary>
    public Distillation Distillation { get; init; } = new KnowledgeDistillation();

    /// <summary>Where a teacher's feature maps are compared with the student's; without effect where the distillation compares none.</summary>
    public TapSelection Taps { get; init; } = TapSelection.Stages;

    /// <summary>Arithmetic of convolutions and activations; null for the fastest that the CPU has.</summary>
    public Precision? Precision { get; init; }

    /// <summary>Seed of the order of images and of their augmentation.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Checks the settings.</summary>
    /// <exception cref="CoppiceException">At least one is out of range; the message lists them all.</exception>
    public void Validate()
    {
        string[] faults =
        [
            .. Fault(Epochs >= 0, $"epochs must be at least 0, not {Epochs}"),
            .. Fault(BatchSize >= 1, $"batch size must be at least 1, not {BatchSize}"),
            .. Fault(LearningRate is > 0 and < 1000, FormattableString.Invariant($"learning rate must lie in (0, 1000), not {LearningRate}")),
            .. Fault(Momentum is >= 0 and < 1, FormattableString.Invariant($"momentum must lie in [0, 1), not {Momentum}")),
            .. Fault(WeightDecay >= 0, FormattableString.Invariant($"weight decay must not be negative, but is {WeightDecay}")),
            .. Fault(LabelSmoothing is >= 0 and < 1, FormattableString.Invariant($"label smoothing must lie in [0, 1), not {LabelSmoothing}")),
            .. Schedule.Faults,
            .. Distillation.Faults,
        ];
        if (faults.Length > 0)
        {
            throw new CoppiceException($"Cannot train: {string.Join("; ", faults)}.");
        }
    }

    private static string[] Fault(bool holds, string fault) => holds ? [] : [fault];
}
