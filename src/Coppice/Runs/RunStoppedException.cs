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

/// <summary>A run was stopped; what it had found is kept.</summary>
/// <param name="kept">The networks that were written.</param>
/// <param name="cause">What stopped it.</param>
public sealed class RunStoppedException(ImmutableArray<KeptNetwork> kept, OperationCanceledException cause)
    : OperationCanceledException(cause.Message, cause, cause.CancellationToken)
{
    /// <summary>The networks that were written, in the order in which they were found; empty where there was none yet.</summary>
    public ImmutableArray<KeptNetwork> Kept { get; } = kept;
}
