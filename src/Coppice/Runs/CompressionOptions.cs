using System.Collections.Immutable;
using Coppice.Graph.Execution;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Pruning.Racing;
using Coppice.Training;

namespace Coppice.Runs;

/// <summary>Everything that decides how a compression goes; saved with the run, so that it can be read and repeated.</summary>
public sealed record CompressionOptions
{
    /// <summary>Name of the pruning method.</summary>
    public string Algorithm { get; init; } = CcepPruning.MethodName;

    /// <summary>Methods that are run at the same MACs with the same fine-tuning, for comparison. Only with a target.</summary>
    public ImmutableArray<string> Baselines { get; init; } = ["l1", RandomPruning.MethodName];

    /// <summary>What the result may cost, such as <c>50%</c>; null for a method that chooses on its own.</summary>
    public string? MaxMacs { get; init; }

    /// <summary>
    /// Whether the algorithm runs as its authors ran it (<see cref="IPruningMethod.Published"/>), their use of test images included, which the report then says. Its settings are in
    /// <see cref="Methods"/>, as in <see cref="PruningMethodOptions.Published"/>. Without baselines: they would be judged by another protocol.
    /// </summary>
    public bool Faithful { get; init; }

    /// <summary>Which groups may lose channels.</summary>
    public GroupScope Scope { get; init; } = GroupScope.Inner;

    /// <summary>What the user forbids, for every method alike.</summary>
    public PruningConstraints Constraints { get; init; } = new();

    /// <summary>Settings of the methods.</summary>
    public PruningMethodOptions Methods { get; init; } = new();

    /// <summary>
    /// Whether the weights that read what stays are repaired by least squares after each cut, in scores and results alike and for every method; not with <see cref="Faithful"/>.
    /// </summary>
    public bool Repair { get; init; }

    /// <summary>
    /// Whether a network without batch normalisation gets some for the run (<see cref="BatchNormInsertion"/>), so that statistics can be estimated anew after each cut; they are folded again in
    /// the end. Not with <see cref="Faithful"/>.
    /// </summary>
    public bool InsertBatchNorm { get; init; } = true;

    /// <summary>What ends the search of a method before its last generation.</summary>
    public SearchLimits Limits { get; init; } = new();

    /// <summary>How candidates are scored.</summary>
    public FitnessOptions Fitness { get; init; } = new();

    /// <summary>How candidates race where a method lets them compete; null for a score on all images always, as <see cref="Faithful"/> demands.</summary>
    public RaceOptions? Race { get; init; } = new();

    /// <summary>Memory in bytes that this process may take as it searches, all in all (<see cref="MemoryLimit"/>), and the networks that are fine-tuned at a time; null for half of what there is, for candidates alone.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Fine-tuning of the networks found. <see cref="TrainingOptions.Epochs"/> 0: none.</summary>
    public TrainingOptions FineTune { get; init; } = new() { Epochs = 5, LearningRate = 0.02 };

    /// <summary>Whether the original network teaches during fine-tuning.</summary>
    public bool Distill { get; init; } = true;

    /// <summary>λ of network slimming's penalty on batch-norm scales in the fine-tuning between rounds and passes, above 0, but never in the last one; null for none.</summary>
    public double? Slimming { get; init; }

    /// <summary>Seed of everything drawn by chance but the split of the images.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Arithmetic of scoring and tuning; null for the fastest that the CPU has. What is reported is measured in single precision.</summary>
    public Precision? Precision { get; init; }

    /// <summary>Threads of ONNX Runtime when latency is measured.</summary>
    public int LatencyThreads { get; init; } = 1;

    /// <summary>Whether the result of an earlier run in the same folder may be deleted.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Timed runs per network.</summary>
    public int LatencyRepetitions { get; init; } = 200;
}
