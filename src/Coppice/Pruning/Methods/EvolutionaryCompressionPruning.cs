using System.Collections.Immutable;
using Coppice.Pruning.Encodings;
using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Operators;

namespace Coppice.Pruning.Methods;

/// <summary>Settings of <see cref="EvolutionaryCompressionPruning"/>.</summary>
public sealed record EvolutionaryCompressionPruningOptions
{
    /// <summary>What is evolved; null for bits, as published.</summary>
    public GenomeKind? Genome { get; init; }

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
/// <para>Deviation: on request counts or ranks in place of bits, in an ordinary genetic algorithm (<see cref="GeneticAlgorithm{TGenome}"/>) with the same fitness and selection.</para>
/// <para>Deviation: rank selection and bit mutation 1 / L unless the published operators are asked for; the weaknesses that they cure are shown in the tests of the algorithm.</para>
/// </remarks>
/// <param name="options">The settings.</param>
public sealed class EvolutionaryCompressionPruning(EvolutionaryCompressionPruningOptions options) : IPruningMethod
{
    /// <summary>Its name on the command line.</summary>
    public const string MethodName = "ga";

    private const ulong Stream = 0x57414E47;
    private static readonly double[] WarmShares = [1, 0.85, 0.7, 0.5];

    /// <inheritdoc/>
    public string Name => MethodName;

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
    public ImmutableArray<GenomeKind> Genomes => [GenomeKind.Bits, GenomeKind.Counts, GenomeKind.Ranks];

    /// <inheritdoc/>
    public bool HeedsLimits => true;

    /// <inheritdoc/>
    public async Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        var kind = GenomeChoice.Of(this, options.Genome);
        var session = new SearchSession(problem, Name);
        var genomes = new SearchGenomes(session, session.Macs);
        return kind switch
        {
            GenomeKind.Counts => [await EvolveAsync(session, genomes.Counts, Classic, cancellation)],
            GenomeKind.Ranks => [await EvolveAsync(session, genomes.Ranks, Classic, cancellation)],
            _ => [await EvolveAsync(session, genomes.Bits, Wang, cancellation)],
        };
    }

    /// <summary>The paper's algorithm, over bits.</summary>
    internal EvolutionaryCompression Wang(IGenomeEncoding<BitGenome> genome, ulong seed, IFitnessEvaluator<BitGenome> evaluator)
    {
        ImmutableArray<int> sizes = [.. genome.Uniform(1).Segments.Select(segment => segment.Length)];
        var settings = new EvolutionaryCompressionOptions
        {
            Seed = seed,
            PopulationSize = options.PopulationSize,
            Selection = options.PublishedOperators ? SelectionRule.Roulette : SelectionRule.Rank,
            BitMutationRate = options.PublishedOperators ? null : 1.0 / sizes.Sum(),
        };
        return new(settings, sizes, evaluator, genome.Variation.Repair);
    }

    /// <summary>An ordinary genetic algorithm, over any genome; as in the paper's, one elite.</summary>
    internal GeneticAlgorithm<TGenome> Classic<TGenome>(IGenomeEncoding<TGenome> genome, ulong seed, IFitnessEvaluator<TGenome> evaluator)
        where TGenome : notnull =>
        new(
            new() { Seed = seed, PopulationSize = options.PopulationSize, Elites = 1 },
            genome.Variation,
            options.PublishedOperators ? new RouletteWheel() : new LinearRank(),
            evaluator);

    private async Task<PrunedCandidate> EvolveAsync<TGenome>(
        SearchSession session,
        IGenomeEncoding<TGenome> genome,
        Func<IGenomeEncoding<TGenome>, ulong, IFitnessEvaluator<TGenome>, ISearchAlgorithm<Generation<TGenome>, TGenome>> algorithm,
        CancellationToken cancellation)
        where TGenome : notnull
    {
        var fitness = new SizeAwareFitness(session.Evaluator, session.Space.Cost.Full.Macs, session.Macs is null ? options.SizeWeight : null);
        var evolution = algorithm(genome, session.Seed(Stream), new EncodedFitness<TGenome>(genome, fitness));
        var state = await session.RunAsync(evolution, options.Generations, WarmStart(session, genome), cancellation);
        return await session.CandidateAsync(Name, genome.Decode(state.Best.Genome), state.Best.Evaluation, cancellation);
    }

    /// <summary>Uniform L1 at the target, or at several sizes where there is none.</summary>
    private ImmutableArray<TGenome> WarmStart<TGenome>(SearchSession session, IGenomeEncoding<TGenome> genome) =>
        options.WarmStart ? [.. (session.Macs is null ? WarmShares : [1]).Select(genome.Uniform)] : [];
}
