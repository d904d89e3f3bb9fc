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
    /// <summary>Its name on the command line.</summary>
    public const string MethodName = "random";

    private const ulong Stream = 0x52414E44;

    /// <inheritdoc/>
    public string Name => MethodName;

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
    public bool Races => true;

    /// <inheritdoc/>
    public async Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        var session = new SearchSession(problem, Name);
        long macs = session.Macs ?? throw new CoppiceException("Cannot draw random plans without a target: give --max-macs, as in --max-macs 50%.");
        var search = new RandomSearch<BitGenome>(
            new() { Seed = session.Seed(Stream), Samples = samples, BatchSize = samples },
            rng => Sample(session.Space, macs, rng),
            session.Evaluator);

        var best = (await session.RunAsync(search, generations: 0, [], cancellation)).Best;

        return [await session.CandidateAsync(Name, best.Genome, best.Evaluation, cancellation)];
    }

    private static BitGenome Sample(PruningSpace space, long macs, Rng rng)
    {
        var widths = WidthPlanner.Random(space, macs, rng);
        return new([.. space.Groups.Select((group, i) => BitString.FromIndices(group.Size, rng.Sample(group.Size, widths[i])))]);
    }
}
