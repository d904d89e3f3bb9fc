using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Algorithms;

namespace Coppice.Pruning.Methods;

/// <summary>
/// The best of k random plans at the MAC target: random widths, random channels. The baseline that a search must beat
/// (Li et al., Revisiting Random Channel Pruning, CVPR 2022, found that designed methods hardly do).
/// </summary>
/// <param name="samples">k.</param>
public sealed class RandomPruning(int samples) : IPruningMethod
{
    private const ulong Stream = 0x52414E44;

    /// <inheritdoc/>
    public string Name => "random";

    /// <inheritdoc/>
    public string Description => $"best of {samples} random plans at the target by adaptive-BN loss";

    /// <inheritdoc/>
    public string Paper => "Li et al., Revisiting Random Channel Pruning, CVPR 2022 (baseline)";

    /// <inheritdoc/>
    public bool NeedsTarget => true;

    /// <inheritdoc/>
    public bool NeedsData => true;

    /// <inheritdoc/>
    public bool IsSearch => true;

    /// <inheritdoc/>
    public async Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        var target = problem.Target ?? throw new CoppiceException("Cannot draw random plans without a target: give --max-macs, as in --max-macs 50%.");
        var space = problem.SpaceOf(problem.Network);
        long macs = space.Resolve(target);
        var report = new ActionProgress<(int Done, int Total)>(batch => problem.Progress?.Report(new("random plans", batch.Done, batch.Total, batch.Done)));
        var search = new RandomSearch<BitGenome>(
            new() { Seed = Rng.For(problem.Seed, Stream).NextUInt64(), Samples = samples, BatchSize = samples },
            rng => Sample(space, macs, rng),
            problem.Evaluator(space, report));

        var generation = await search.InitializeAsync(cancellation);
        var best = generation.Best;
        if (best.Evaluation is not CandidateEvaluation { FailureReason: null } score)
        {
            throw new CoppiceException($"Cannot choose among {samples} random plans: none could be measured ({best.Evaluation.FailureReason}).");
        }

        var plan = space.ToPlan(best.Genome);
        return [new(Name, plan, Pruner.Apply(space.Units, plan), score.Size, samples, TunedEpochs: 0, score)];
    }

    private static BitGenome Sample(PruningSpace space, long macs, Rng rng)
    {
        var widths = WidthPlanner.Random(space, macs, rng);
        return new([.. space.Groups.Select((group, i) => BitString.FromIndices(group.Size, rng.Sample(group.Size, widths[i])))]);
    }
}
