using System.Collections.Immutable;

namespace Coppice.Pruning;

/// <summary>A method was stopped before it had its answer; what it had found until then comes along.</summary>
/// <param name="found">The networks found, the best or latest last, each saying in <see cref="PrunedCandidate.EarlyEnd"/> how far it came.</param>
/// <param name="cause">What stopped it.</param>
public sealed class SearchStoppedException(ImmutableArray<PrunedCandidate> found, OperationCanceledException cause)
    : OperationCanceledException(cause.Message, cause, cause.CancellationToken)
{
    /// <summary>The networks found, at least one.</summary>
    public ImmutableArray<PrunedCandidate> Found { get; } = found;
}
