using System.Collections.Immutable;
using Coppice.Graph;

namespace Coppice.Runs;

/// <summary>A network that a run has written which was stopped or failed: cut, repaired and tuned as far as the run had come; no report tells its test accuracy or that it was verified.</summary>
/// <param name="Name">Its name within the run.</param>
/// <param name="File">Where it is, relative to the run folder; its plan lies beside it.</param>
/// <param name="Cost">MACs and parameters for one image.</param>
/// <param name="MacsRatio">Its MACs in those of the original; a search in rounds that was stopped is still above its target.</param>
/// <param name="SearchLoss">Loss on the search's own images before any fine-tuning after the last cut; null where it was not measured.</param>
/// <param name="Evaluations">Candidates that its method had evaluated.</param>
/// <param name="TunedEpochs">Epochs of fine-tuning that it has had.</param>
/// <param name="EarlyEnd">How far its search came; null where it came to its end.</param>
public sealed record KeptNetwork(string Name, string File, Cost Cost, double MacsRatio, double? SearchLoss, long Evaluations, int TunedEpochs, string? EarlyEnd);

/// <summary>What is left of a run that was stopped or failed.</summary>
/// <param name="Kept">The networks that were written, in the order in which they were found; empty where there was none yet.</param>
/// <param name="NotKept">Those that could not be: name and reason, as in <c>l1: the disk is full</c>.</param>
public sealed record RunRemains(ImmutableArray<KeptNetwork> Kept, ImmutableArray<string> NotKept);

/// <summary>A run was stopped; what it had found is kept.</summary>
/// <param name="remains">What is left of it.</param>
/// <param name="cause">What stopped it.</param>
public sealed class RunStoppedException(RunRemains remains, OperationCanceledException cause)
    : OperationCanceledException(cause.Message, cause, cause.CancellationToken)
{
    /// <summary>What is left of the run.</summary>
    public RunRemains Remains { get; } = remains;
}
