namespace Coppice.Pruning.Methods;

/// <summary>How a method in rounds ends that does not come to its last one.</summary>
internal static class RoundsDone
{
    /// <summary>What to throw in the place of a stop or a failure, so that the rounds that are done come along.</summary>
    /// <param name="family">The network of each of these rounds, at least one.</param>
    /// <param name="rounds">What was to be done, such as <c>3 rounds</c>.</param>
    /// <param name="cause">The stop or the failure.</param>
    /// <param name="cancellation">What stops the method; a cancellation that did not come from there is a failure.</param>
    public static Exception With(IReadOnlyCollection<PrunedCandidate> family, string rounds, Exception cause, CancellationToken cancellation)
    {
        return cause is OperationCanceledException stop && cancellation.IsCancellationRequested
            ? new SearchStoppedException([.. Ended("interrupted")], stop)
            : new SearchFailedException([.. Ended("failed")], cause);

        IEnumerable<PrunedCandidate> Ended(string how) => family.Select(candidate => candidate with { EarlyEnd = $"{how} after {family.Count} of {rounds}" });
    }
}
