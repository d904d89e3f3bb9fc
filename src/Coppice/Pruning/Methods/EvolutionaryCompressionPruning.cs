using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Pruning.Encodings;
using Coppice.Search;
using Coppice.Search.Algorithms;

namespace Coppice.Pruning.Methods;

/// <summary>Settings of <see cref="EvolutionaryCompressionPruning"/>.</summary>
public sealed record EvolutionaryCompressionPruningOptions
{
    /// <summary>K: individuals of a generation. The paper's 1000 suit a cluster.</summary>
    public int PopulationSize { get; init; } = 32;

    /// <summary>Generations after the founders. The paper: 100.</summary>
    public int Generations { get; init; } = 50;

    /// <summary>λ: what a network of no size is worth against one of no error; without a MAC target.</summary>
    public double SizeWeight { get; init; } = 1;

    /// <summary>Whether parents are drawn by roulette and mutated by segment inversion, as published, instead of by rank with single bits: see <see cref="EvolutionaryCompression"/>.</summary>
    public bool PublishedOperators { get; init; }

    /// <summary>Whether L1-ranked networks at several sizes are among the founders.</summary>
    public bool WarmStart { get; init; } = true;
}

/// <summary>
/// Towards evolutionary compression (Wang, Xu, Qiu, Xu &amp; Tao, KDD 2018): one bit per filter of the whole network,
/// <c>f(T) = (1 − C(T)) + λ (1 − R(T))</c>, C the error, R the relative size. Layers that meet in an addition share their bits.
/// </summary>
/// <remarks>
/// <para>
/// Deviation: R is the share of the MACs of the real, cut network, a sum over layers of |T_in| · |T_out| · k² · output area: the paper's coupled size, weighted by work; C is
/// the error after adaptive batch-norm on a search split, without tuning.
/// </para>
/// <para>
/// Deviation: with a MAC target, which the paper has not, every genome is repaired to it and the size term, now a constant, is left out: f = exp(−loss), positive as roulette wants it
/// and finer than accuracy.
/// </para>
/// <para>Deviation: rank selection and bit mutation 1 / L unless the published operators are asked for; the weaknesses that they cure are shown in the tests of the algorithm.</para>
/// </remarks>
/// <param name="options">The settings.</param>
public sealed class EvolutionaryCompressionPruning(EvolutionaryCompressionPruningOptions options) : IPruningMethod
{
    private const ulong Stream = 0x57414E47;
    private static readonly double[] WarmShares = [1, 0.85, 0.7, 0.5];

    /// <inheritdoc/>
    public string Name => "ga";

    /// <inheritdoc/>
    public string Description => "genetic algorithm over one bit per filter of the whole network";

    /// <inheritdoc/>
    public string Paper => "Wang et al., Towards Evolutionary Compression, KDD 2018";

    /// <inheritdoc/>
    public bool NeedsTarget => false;

    /// <inheritdoc/>
    public bool NeedsData => true;

    /// <inheritdoc/>
    public bool IsSearch => true;

    /// <summary>Accuracy of the network as it is cut, on a part of the training images. That individuals are tuned briefly before is a guess of ours about the paper, and left out.</summary>
    public PublishedProtocol Published { get; } = new()
    {
        Scoring = new() { Images = ScoredOn.TrainingImages, Preparation = Preparation.None, ByAccuracy = true },
        TakesTarget = false,
        SizeRule = "--size-weight, λ in the paper, weighs size against accuracy",
    };

    /// <inheritdoc/>
    public async Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        var session = new SearchSession(problem, Name);
        var scores = session.Scores(new L1Norm());
        var bits = new ChannelBits(session.Space, scores, session.Macs);
        var fitness = new SizeAwareFitness(session.Evaluator, session.Space.Cost.Full.Macs, session.Macs is null ? options.SizeWeight : null);
        var algorithm = new EvolutionaryCompression(Settings(session), session.Space.Sizes, fitness, bits);
        var seeds = options.WarmStart ? WarmStart(session, scores) : [];

        var state = await session.RunAsync(algorithm, options.Generations, seeds, cancellation);

        return [session.Candidate(Name, state.Best.Genome, state.Best.Evaluation)];
    }

    private EvolutionaryCompressionOptions Settings(SearchSession session) => new()
    {
        Seed = session.Seed(Stream),
        PopulationSize = options.PopulationSize,
        Selection = options.PublishedOperators ? SelectionRule.Roulette : SelectionRule.Rank,
        BitMutationRate = options.PublishedOperators ? null : 1.0 / session.Space.Sizes.Sum(),
    };

    /// <summary>Uniform L1 at the target, or at several sizes where there is none.</summary>
    private static ImmutableArray<BitGenome> WarmStart(SearchSession session, ImmutableArray<double[]> scores) => session.Macs is { } macs
        ? [session.Space.Best(scores, WidthPlanner.Uniform(session.Space, macs))]
        : [.. WarmShares.Select(share => session.Space.Best(scores, WidthPlanner.AtShares(session.Space, [.. session.Space.Groups.Select(_ => share)])))];
}
