using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Pruning.Encodings;
using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Operators;

namespace Coppice.Pruning.Methods;

/// <summary>Settings of <see cref="LegrPruning"/>.</summary>
public sealed record LegrPruningOptions
{
    /// <summary>Individuals alive. The paper: 64.</summary>
    public int PopulationSize { get; init; } = 32;

    /// <summary>Steps after the founders, each of <see cref="BatchSize"/> children.</summary>
    public int Generations { get; init; } = 40;

    /// <summary>Children of a step; the paper's is 1.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>How many compete to be a parent. The paper: 16.</summary>
    public int TournamentSize { get; init; } = 8;

    /// <summary>Share of its channels that each group keeps at least.</summary>
    public double MinKeptRatio { get; init; } = 0.1;

    /// <summary>The paper's settings: 64 individuals, 400 evaluations in all, one child at a time, tournaments of 16.</summary>
    public static LegrPruningOptions Published { get; } = new() { PopulationSize = 64, Generations = 336, BatchSize = 1, TournamentSize = 16 };
}

/// <summary>
/// Towards efficient model compression via learned global ranking: LeGR (Chin, Ding, Zhang &amp; Marculescu, CVPR 2020). Evolves two numbers per group that make the norms of all filters of
/// the network comparable; the lowest then go until the target is met exactly.
/// </summary>
/// <remarks>
/// <para>Deviation: a candidate is scored after adaptive batch-norm, without the 200 steps of training that the authors give it on CIFAR-100 (on CIFAR-10 they give none).</para>
/// <para>Deviation: inner groups unless asked otherwise; a group that several layers write is ranked by the sum of their norms, where the authors take the largest.</para>
/// </remarks>
/// <param name="options">The settings.</param>
public sealed class LegrPruning(LegrPruningOptions options) : IPruningMethod
{
    private const ulong Stream = 0x4C454752;
    private const double ChangedShare = 0.1;
    private const double SmallestStep = 0.1;

    /// <inheritdoc/>
    public string Name => "legr";

    /// <inheritdoc/>
    public string Description => "evolves two numbers per group that rank all filters of the network globally";

    /// <inheritdoc/>
    public string Paper => "Chin et al., Towards Efficient Model Compression via Learned Global Ranking (LeGR), CVPR 2020";

    /// <inheritdoc/>
    public bool NeedsTarget => true;

    /// <inheritdoc/>
    public bool NeedsData => true;

    /// <inheritdoc/>
    public bool IsSearch => true;

    /// <summary>Loss of the network as it is cut, without any training (their setting for ResNet-56 on CIFAR-10), on a part of the training images.</summary>
    public PublishedProtocol Published { get; } = new() { Scoring = new() { Images = ScoredOn.TrainingImages, Preparation = Preparation.None } };

    /// <inheritdoc/>
    public async Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        var session = new SearchSession(problem, Name);
        long macs = session.Macs ?? throw new CoppiceException("Cannot rank globally without a target: give --max-macs, as in --max-macs 50%.");
        var ranks = new AffineRanks(session.Space, [.. session.Scores(new L2Norm()).Select(norms => norms.Select(norm => norm * norm).ToArray())], macs, options.MinKeptRatio);
        var settings = new RegularizedEvolutionOptions
        {
            Seed = session.Seed(Stream),
            PopulationSize = options.PopulationSize,
            BatchSize = Math.Min(options.BatchSize, options.PopulationSize),
            TournamentSize = options.TournamentSize,
        };
        var evolution = new RegularizedEvolution<RealGenome>(settings, rng => Mutation(ranks, evaluations: 0).Mutate(ranks.Identity, rng), done => Mutation(ranks, done), new EncodedFitness<RealGenome>(ranks, session.Evaluator));

        var state = await session.RunAsync(evolution, options.Generations, [ranks.Identity], cancellation);

        return [session.Candidate(Name, ranks.Decode(state.Best.Genome), state.Best.Evaluation)];
    }

    /// <summary>A tenth of the genes, at least one on average, by a step that shrinks as the search goes on: σ = 1 at first.</summary>
    private GaussianMutation Mutation(AffineRanks ranks, long evaluations)
    {
        double total = options.PopulationSize + ((double)options.Generations * options.BatchSize);
        double sigma = Math.Max(SmallestStep, 1 - (evaluations / total));
        return new(ranks.Space, sigma / ranks.Space.Range(0), Math.Max(ChangedShare, 1.0 / ranks.Space.Dimensions));
    }
}
