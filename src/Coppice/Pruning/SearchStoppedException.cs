using System.Collections.Immutable;

namespace Coppice.Pruning;

/// <summary>A method was stopped before it had its answer; what it had found until then comes along.</summary>
/// <param name="found">The networks found, the best or latest last, each saying in <see cref="PrunedCandidate.EarlyEnd"/> how far it came.</param>
/// <param name="cause">What stopped it.</param>
public sealed class SearchStoppedException(ImmutableArray<PrunedCandidate> found, OperationCanceledException cause)
    : OperationCanceledException(cause.Message, cause, cause.CancellationToken)
{
    /// <summary>A method in rounds was stopped when some of them were done.</summary>
    /// <param name="family">The network of each round, at least one.</param>
    /// <param name="done">How many rounds were done, such as <c>1 of 3 rounds</c>.</param>
    /// <param name="cause">What stopped it.</param>
    public static SearchStoppedException After(IEnumerable<PrunedCandidate> family, string done, OperationCanceledException cause) =>
        new([.. family.Select(candidate => candidate with { EarlyEnd = $"interrupted after {done}" })], cause);

    /// <summary>The networks found, at least one.</summary>
    public ImmutableArray<PrunedCandidate> Found { get; } = found;
}
