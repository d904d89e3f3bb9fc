using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Search;
using Coppice.Search.Algorithms;

namespace Coppice.Pruning.Methods;

/// <summary>
/// EagleEye: fast sub-net evaluation (Li, Wu, Su &amp; Wang, ECCV 2020). Random widths that meet the target, the channels of lowest L1 norm cut, each scored after adaptive batch-norm; the best
/// is taken. A search without a search: what an evolved result must beat with as many evaluations.
/// </summary>
/// <remarks>
/// <para>Deviation: widths are repaired to the target instead of being drawn until one is within half a point of it.</para>
/// <para>Deviation: scores are losses on a search split; the authors take accuracies on training images that the statistics are estimated from; here, in one pass, some of the images of the score give them.</para>
/// </remarks>
/// <param name="samples">Candidates to draw.</param>
public sealed class EagleEyePruning(int samples) : IPruningMethod
{
    private const ulong Stream = 0x4541474C;

    /// <inheritdoc/>
    public string Name => "eagleeye";

    /// <inheritdoc/>
    public string Description => $"best of {samples} random widths, channels by L1 norm, by adaptive-BN loss";

    /// <inheritdoc/>
    public string Paper => "Li et al., EagleEye: Fast Sub-net Evaluation for Efficient Neural Network Pruning, ECCV 2020";

    /// <inheritdoc/>
    public bool NeedsTarget => true;

    /// <inheritdoc/>
    public bool NeedsData => true;

    /// <inheritdoc/>
    public bool IsSearch => true;

    /// <inheritdoc/>
    public bool Races => true;

    /// <summary>Statistics go on from the old ones with momentum 0.1; accuracy on training images. The authors read those through the training's augmentation, which is left out here.</summary>
    public PublishedProtocol Published { get; } = new()
    {
        Scoring = new() { Images = ScoredOn.TrainingImages, Preparation = Preparation.RunningBatchNorm, ByAccuracy = true },
    };

    /// <inheritdoc/>
    public async Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        var session = new SearchSession(problem, Name);
        long macs = session.Macs ?? throw new CoppiceException("Cannot draw random widths without a target: give --max-macs, as in --max-macs 50%.");
        var scores = session.Scores(new L1Norm());
        var search = new RandomSearch<BitGenome>(
            new() { Seed = session.Seed(Stream), Samples = samples, BatchSize = samples },
            rng => session.Space.Best(scores, WidthPlanner.Random(session.Space, macs, rng)),
            session.Evaluator);

        var best = (await session.RunAsync(search, generations: 0, [], cancellation)).Best;

        return [await session.CandidateAsync(Name, best.Genome, best.Evaluation, cancellation)];
    }
}
