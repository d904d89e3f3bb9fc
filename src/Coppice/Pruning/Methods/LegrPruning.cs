using System.Collections.Immutable;
using Coppice.Pruning.Encodings;
using Coppice.Search;
using Coppice.Search.Algorithms;

namespace Coppice.Pruning.Methods;

/// <summary>Settings of <see cref="LegrPruning"/>.</summary>
public sealed record LegrPruningOptions
{
    /// <summary>What is evolved; null for ranks, as published.</summary>
    public GenomeKind? Genome { get; init; }

    /// <summary>Individuals alive. The paper: 64.</summary>
    public int PopulationSize { get; init; } = 32;

    /// <summary>Steps after the founders, each of <see cref="BatchSize"/> children.</summary>
    public int Generations { get; init; } = 40;

    /// <summary>Children of a step; the paper's is 1.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>How many compete to be a parent. The paper: 16.</summary>
    public int TournamentSize { get; init; } = 8;

    /// <summary>Share of its channels that each group keeps at least; of ranks.</summary>
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
/// <para>Deviation: on request the same evolution over bits or counts in place of ranks, whose steps do not shrink.</para>
/// </remarks>
/// <param name="options">The settings.</param>
public sealed class LegrPruning(LegrPruningOptions options) : IPruningMethod
{
    /// <summary>Its name on the command line.</summary>
    public const string MethodName = "legr";

    private const ulong Stream = 0x4C454752;

    /// <inheritdoc/>
    public string Name => MethodName;

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
    public ImmutableArray<GenomeKind> Genomes => [GenomeKind.Ranks, GenomeKind.Counts, GenomeKind.Bits];

    /// <inheritdoc/>
    public bool HeedsLimits => true;

    /// <inheritdoc/>
    public async Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        var kind = GenomeChoice.Of(this, options.Genome);
        var session = new SearchSession(problem, Name);
        long macs = session.Macs ?? throw new CoppiceException("Cannot rank globally without a target: give --max-macs, as in --max-macs 50%.");
        var genomes = new SearchGenomes(session, macs) { MinKeptRatio = options.MinKeptRatio };
        return kind switch
        {
            GenomeKind.Bits => [await EvolveAsync(session, genomes.Bits, cancellation)],
            GenomeKind.Counts => [await EvolveAsync(session, genomes.Counts, cancellation)],
            _ => [await EvolveAsync(session, genomes.Ranks, cancellation)],
        };
    }

    /// <summary>The evolution over genomes of a kind; steps shrink with the share of the evaluations that is done.</summary>
    internal RegularizedEvolution<TGenome> Algorithm<TGenome>(IGenomeEncoding<TGenome> genome, ulong seed, IFitnessEvaluator<BitGenome> channels)
        where TGenome : notnull
    {
        double total = options.PopulationSize + ((double)options.Generations * options.BatchSize);
        var settings = new RegularizedEvolutionOptions
        {
            Seed = seed,
            PopulationSize = options.PopulationSize,
            BatchSize = Math.Min(options.BatchSize, options.PopulationSize),
            TournamentSize = options.TournamentSize,
        };
        return new(settings, genome.Variation.Found, evaluations => genome.MutationAt(evaluations / total), new EncodedFitness<TGenome>(genome, channels));
    }

    private async Task<PrunedCandidate> EvolveAsync<TGenome>(SearchSession session, IGenomeEncoding<TGenome> genome, CancellationToken cancellation)
        where TGenome : notnull
    {
        var evolution = Algorithm(genome, session.Seed(Stream), session.Evaluator);
        var state = await session.RunAsync(evolution, options.Generations, [genome.Uniform(1)], cancellation);
        return await session.CandidateAsync(Name, genome.Decode(state.Best.Genome), state.Best.Evaluation, cancellation);
    }
}
