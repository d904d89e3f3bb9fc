using System.Collections.Immutable;
using Coppice.Pruning.Encodings;
using Coppice.Search;
using Coppice.Search.Algorithms;

namespace Coppice.Pruning.Methods;

/// <summary>Settings of <see cref="AbcPruning"/>; the defaults are those of the authors' code but for the number of cycles.</summary>
public sealed record AbcPruningOptions
{
    /// <summary>Counts, as published, or ranks; null for counts. Bits have no differences to move along.</summary>
    public GenomeKind? Genome { get; init; }

    /// <summary>n: food sources. The paper's 3 make 15 evaluations in all, each of two epochs.</summary>
    public int SourceCount { get; init; } = 10;

    /// <summary>T: cycles of employed, onlooker and scout bees.</summary>
    public int Cycles { get; init; } = 20;

    /// <summary>M: trials after which a source is abandoned, at least 1; null for 5 of counts, and of ranks for as many as there are genes of all sources.</summary>
    public int? Limit { get; init; }

    /// <summary>α: the largest share of its channels that a group may keep, in (0, 1]; of counts.</summary>
    public double MaxKeptRatio { get; init; } = 1;

    /// <summary>Steps that a group's channels are counted in; 10 in the paper; of counts.</summary>
    public int Steps { get; init; } = 10;

    /// <summary>Whether the channels that stay are drawn at random, as published, instead of by L1 norm.</summary>
    public bool RandomChannels { get; init; }

    /// <summary>Whether the uniform network is among the founders.</summary>
    public bool WarmStart { get; init; } = true;

    /// <summary>How onlookers choose; windowed, for the published rules hardly choose where fitness is nearly equal.</summary>
    public OnlookerRule Onlookers { get; init; } = OnlookerRule.Windowed;

    /// <summary>The paper's settings: α = 70 %, 3 sources, 2 cycles, limit 2, random channels.</summary>
    public static AbcPruningOptions Published { get; } = new()
    {
        SourceCount = 3,
        Cycles = 2,
        Limit = 2,
        MaxKeptRatio = 0.7,
        RandomChannels = true,
        WarmStart = false,
        Onlookers = OnlookerRule.ScaledByMaximum,
    };
}

/// <summary>
/// Channel pruning via automatic structure search: ABCPruner (Lin, Ji, Zhang, Zhang, Wu &amp; Tian, IJCAI 2020). An artificial bee colony over how many tenths of its channels each group
/// keeps; which channels they are is not searched.
/// </summary>
/// <remarks>
/// <para>
/// Deviation: a source is scored by its loss on a search split after adaptive batch-norm; the authors train two epochs and measure on the test set (<see cref="Published"/>). Their code also
/// leaves batch-norm uninherited, so that those epochs mostly learn it anew; here all weights and statistics are inherited, also with the published protocol.
/// </para>
/// <para>Deviation: with a MAC target, which the paper has not, all counts are scaled to it: a genome then says how the channels are shared out. Without one, α alone bounds the size, as published,
/// and nothing pulls towards small networks.</para>
/// <para>Deviation: channels by L1 norm unless random ones are asked for; the uniform network is among the founders.</para>
/// <para>
/// Deviation: on request the colony moves over LeGR's ranks, real numbers, in place of counts; α then has no meaning, and sources are abandoned after n · genes trials, as Karaboga &amp;
/// Basturk (2007) recommend: after 5, on so fine a landscape, the best source goes before a move from it has succeeded.
/// </para>
/// </remarks>
/// <param name="options">The settings.</param>
public sealed class AbcPruning(AbcPruningOptions options) : IPruningMethod
{
    /// <summary>Its name on the command line.</summary>
    public const string MethodName = "abc";

    private const ulong Stream = 0x414243;
    private const int AuthorsLimit = 5;

    /// <inheritdoc/>
    public string Name => MethodName;

    /// <inheritdoc/>
    public string Description => "artificial bee colony over the channels that each group keeps";

    /// <inheritdoc/>
    public string Paper => "Lin et al., Channel Pruning via Automatic Structure Search (ABCPruner), IJCAI 2020";

    /// <inheritdoc/>
    public bool NeedsTarget => options.MaxKeptRatio >= 1 || options.Genome == GenomeKind.Ranks;

    /// <inheritdoc/>
    public bool NeedsData => true;

    /// <inheritdoc/>
    public bool IsSearch => true;

    /// <inheritdoc/>
    public bool Races => true;

    /// <summary>Each source is trained for two epochs on all training images and measured on the test images; the winner's two epochs stay with it.</summary>
    public PublishedProtocol Published { get; } = new()
    {
        Scoring = new() { Images = ScoredOn.TestImages, Preparation = Preparation.Training, Epochs = 2, ByAccuracy = true },
        KeepsBestTestEpoch = true,
        TakesTarget = false,
        SizeRule = "--max-kept, α in the paper, bounds what each group keeps",
    };

    /// <inheritdoc/>
    public ImmutableArray<GenomeKind> Genomes => [GenomeKind.Counts, GenomeKind.Ranks];

    /// <inheritdoc/>
    public bool HeedsLimits => true;

    /// <inheritdoc/>
    public async Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        var kind = GenomeChoice.Of(this, options.Genome);

        // As published, α alone bounds the size, and 100 % of it nothing.
        if (NeedsTarget && problem.Target is null && problem.Scoring.Preparation != Preparation.Training)
        {
            throw new CoppiceException($"Cannot search channel {GenomeChoice.Word(kind)} without a bound: nothing would pull towards a smaller network; give --max-macs, as in --max-macs 50%.");
        }

        var session = new SearchSession(problem, Name);
        var genomes = new SearchGenomes(session, session.Macs)
        {
            Scores = options.RandomChannels ? RandomScores(session) : null,
            Steps = options.Steps,
            MaxSteps = Math.Clamp((int)Math.Round(options.MaxKeptRatio * options.Steps), 1, options.Steps),
        };
        return [kind == GenomeKind.Ranks ? await ForageAsync(session, genomes.Ranks, cancellation) : await ForageAsync(session, genomes.Counts, cancellation)];
    }

    /// <summary>The colony over genomes of a kind.</summary>
    internal ArtificialBeeColony<TGenome> Colony<TGenome>(INumericEncoding<TGenome> genome, ulong seed, IFitnessEvaluator<BitGenome> channels)
        where TGenome : IEquatable<TGenome>
    {
        int limit = options.Limit ?? (options.Genome == GenomeKind.Ranks ? options.SourceCount * genome.Space.Dimensions : AuthorsLimit);
        var settings = new ArtificialBeeColonyOptions { Seed = seed, SourceCount = options.SourceCount, Limit = limit, Onlookers = options.Onlookers };
        return new(settings, genome.Space, new EncodedFitness<TGenome>(genome, channels));
    }

    private async Task<PrunedCandidate> ForageAsync<TGenome>(SearchSession session, INumericEncoding<TGenome> genome, CancellationToken cancellation)
        where TGenome : IEquatable<TGenome>
    {
        var colony = Colony(genome, session.Seed(Stream), session.Evaluator);
        var state = await session.RunAsync(colony, options.Cycles, options.WarmStart ? [genome.Uniform(1)] : [], cancellation);
        return await session.CandidateAsync(Name, genome.Decode(state.Best.Genome), state.Best.Evaluation, cancellation);
    }

    /// <summary>The same random order for every candidate: what differs between two of them is their counts alone.</summary>
    private static ImmutableArray<double[]> RandomScores(SearchSession session) =>
    [
        .. session.Space.Groups.Select((group, i) =>
        {
            var rng = Rng.For(session.Seed(Stream), Stream, (ulong)i);
            return Enumerable.Range(0, group.Size).Select(_ => rng.NextDouble()).ToArray();
        }),
    ];
}
