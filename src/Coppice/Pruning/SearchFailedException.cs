using System.Collections.Immutable;

namespace Coppice.Pruning;

/// <summary>A method in rounds failed when some of them were done; their networks come along. <see cref="Exception.InnerException"/> is the failure, which is what a user is to be told.</summary>
/// <param name="found">The networks found, the latest last, each saying in <see cref="PrunedCandidate.EarlyEnd"/> how far it came.</param>
/// <param name="cause">The failure.</param>
public sealed class SearchFailedException(ImmutableArray<PrunedCandidate> found, Exception cause) : Exception(cause.Message, cause)
{
    /// <summary>The networks found, at least one.</summary>
    public ImmutableArray<PrunedCandidate> Found { get; } = found;
}
