using System.Collections.Immutable;
using Coppice.Search;

namespace Coppice.Pruning.Sensitivity;

/// <summary>
/// Sensitivity of every channel group (Li et al., ICLR 2017, section 3.2; Hu et al., 2018, choose their rates by it): one group is pruned at a time, by a criterion and at ratios
/// from a tenth to nine tenths, batch-norm statistics are re-estimated, nothing is tuned, and the loss on the search split is recorded.
/// </summary>
public static class SensitivityAnalysis
{
    private const int Steps = 10;

    /// <summary>Measures all groups of a space.</summary>
    /// <param name="space">What may be pruned.</param>
    /// <param name="scores">Score of each channel of each group, higher = keep.</param>
    /// <param name="evaluator">Scores genomes of the space.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="CoppiceException">The whole network cannot be measured.</exception>
    public static async Task<ImmutableArray<GroupSensitivity>> MeasureAsync(
        PruningSpace space, ImmutableArray<double[]> scores, IFitnessEvaluator<BitGenome> evaluator, CancellationToken cancellation)
    {
        var whole = BitGenome.AllOnes(space.Sizes.AsSpan());
        ImmutableArray<ImmutableArray<int>> widths = [.. space.Widths.Select(Widths)];
        ImmutableArray<BitGenome> genomes =
        [
            whole,
            .. widths.SelectMany((steps, i) => steps.Select(width => whole.Replace(i, PruningSpace.Best(scores[i], width)))),
        ];
        var evaluations = new Queue<Evaluation>(await evaluator.EvaluateAsync(genomes, cancellation));
        if (evaluations.Dequeue() is not CandidateEvaluation { FailureReason: null } full)
        {
            throw new CoppiceException($"Cannot measure the sensitivity of '{space.Units.Network.Name}': the whole network cannot be evaluated; check the network and the data.");
        }

        return [.. space.Groups.Select((group, i) => new GroupSensitivity(group.Name, group.Size, [Point(full, group.Size, group.Size), .. Points(widths[i], group.Size, evaluations)]))];
    }

    /// <summary>⌈0.9 C⌉, …, ⌈0.1 C⌉, or the next wider ones that are allowed; each width once.</summary>
    private static ImmutableArray<int> Widths(AllowedCounts allowed) =>
    [
        .. Enumerable.Range(1, Steps - 1)
            .Select(step => allowed.AtLeast(((allowed.Size * (Steps - step)) + Steps - 1) / Steps))
            .Where(width => width < allowed.Size)
            .Distinct(),
    ];

    private static IEnumerable<SensitivityPoint> Points(ImmutableArray<int> widths, int size, Queue<Evaluation> evaluations)
    {
        foreach (int width in widths)
        {
            // A width that cannot be measured is a hole in the curve, not the end of the analysis.
            if (evaluations.Dequeue() is CandidateEvaluation { FailureReason: null } candidate)
            {
                yield return Point(candidate, width, size);
            }
        }
    }

    private static SensitivityPoint Point(CandidateEvaluation candidate, int width, int size) =>
        new(width, (double)(size - width) / size, candidate.Metrics.Loss, candidate.Metrics.LossStandardError, candidate.Metrics.Accuracy);
}
