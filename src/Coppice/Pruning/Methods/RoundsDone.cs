namespace Coppice.Pruning.Methods;

/// <summary>How a method in rounds ends that does not come to its last one.</summary>
internal static class RoundsDone
{
    /// <summary>What to throw in the place of a stop or a failure, so that the rounds that are done come along.</summary>
    /// <param name="family">The network of each of these rounds, at least one.</param>
    /// <param name="rounds">What was to be done, such as <c>3 rounds</c>.</param>
    /// <param name="cause">The stop or the failure.</param>
    public static Exception With(IReadOnlyCollection<PrunedCandidate> family, string rounds, Exception cause)
    {
        return cause is OperationCanceledException stop
            ? new SearchStoppedException([.. Ended("interrupted")], stop)
            : new SearchFailedException([.. Ended("failed")], cause);

        IEnumerable<PrunedCandidate> Ended(string how) => family.Select(candidate => candidate with { EarlyEnd = $"{how} after {family.Count} of {rounds}" });
    }
}
