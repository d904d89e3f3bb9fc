using System.Collections.Immutable;
using Coppice.Search;

namespace Coppice.Pruning;

/// <summary>
/// Error and size in one positive number (Wang et al., KDD 2018): <c>(1 − C) + λ (1 − R)</c>, C the top-1 error and R the share of the MACs; without λ, where all candidates are of one
/// size, <c>exp(−loss)</c>: the geometric mean of the probability that the network gives the right class.
/// </summary>
/// <param name="candidates">Measures candidates.</param>
/// <param name="fullMacs">MACs of the whole network.</param>
/// <param name="sizeWeight">λ, not negative; null for no size term.</param>
public sealed class SizeAwareFitness(IFitnessEvaluator<BitGenome> candidates, long fullMacs, double? sizeWeight) : IFitnessEvaluator<BitGenome>
{
    /// <inheritdoc/>
    public async ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellationToken) =>
        [.. (await candidates.EvaluateAsync(genomes, cancellationToken)).Select(evaluation => evaluation is CandidateEvaluation { FailureReason: null } candidate ? Weigh(candidate) : evaluation)];

    private CandidateEvaluation Weigh(CandidateEvaluation candidate) => new(
        candidate.Metrics,
        candidate.Size,
        sizeWeight is { } lambda
            ? candidate.Metrics.Accuracy + (lambda * (1 - ((double)candidate.Size.Macs / fullMacs)))
            : Math.Exp(-candidate.Metrics.Loss));
}
