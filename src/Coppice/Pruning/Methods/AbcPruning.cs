using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Pruning.Encodings;
using Coppice.Search;
using Coppice.Search.Algorithms;

namespace Coppice.Pruning.Methods;

/// <summary>Settings of <see cref="AbcPruning"/>; the defaults are those of the authors' code but for the number of cycles.</summary>
public sealed record AbcPruningOptions
{
    /// <summary>n: food sources. The paper's 3 make 15 evaluations in all, each of two epochs.</summary>
    public int SourceCount { get; init; } = 10;

    /// <summary>T: cycles of employed, onlooker and scout bees.</summary>
    public int Cycles { get; init; } = 20;

    /// <summary>M: trials after which a source is abandoned.</summary>
    public int Limit { get; init; } = 5;

    /// <summary>α: the largest share of its channels that a group may keep, in (0, 1].</summary>
    public double MaxKeptRatio { get; init; } = 1;

    /// <summary>Steps that a group's channels are counted in; 10 in the paper.</summary>
    public int Steps { get; init; } = 10;

    /// <summary>Whether the channels of a count are drawn at random, as published, instead of by L1 norm.</summary>
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
/// </remarks>
/// <param name="options">The settings.</param>
public sealed class AbcPruning(AbcPruningOptions options) : IPruningMethod
{
    private const ulong Stream = 0x414243;

    /// <inheritdoc/>
    public string Name => "abc";

    /// <inheritdoc/>
    public string Description => "artificial bee colony over the channels that each group keeps";

    /// <inheritdoc/>
    public string Paper => "Lin et al., Channel Pruning via Automatic Structure Search (ABCPruner), IJCAI 2020";

    /// <inheritdoc/>
    public bool NeedsTarget => options.MaxKeptRatio >= 1;

    /// <inheritdoc/>
    public bool NeedsData => true;

    /// <inheritdoc/>
    public bool IsSearch => true;

    /// <summary>Each source is trained for two epochs on all training images and measured on the test images; the winner's two epochs stay with it.</summary>
    public PublishedProtocol Published { get; } = new()
    {
        Scoring = new() { Images = ScoredOn.TestImages, Preparation = Preparation.Training, Epochs = 2, ByAccuracy = true },
        KeepsBestTestEpoch = true,
        TakesTarget = false,
        SizeRule = "--max-kept, α in the paper, bounds what each group keeps",
    };

    /// <inheritdoc/>
    public async Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        if (NeedsTarget && problem.Target is null)
        {
            throw new CoppiceException("Cannot search channel counts without a bound: nothing would pull towards a smaller network; give --max-macs, as in --max-macs 50%.");
        }

        var session = new SearchSession(problem, Name);
        var scores = options.RandomChannels ? RandomScores(session) : session.Scores(new L1Norm());
        int maxSteps = Math.Clamp((int)Math.Round(options.MaxKeptRatio * options.Steps), 1, options.Steps);
        var counts = new KeptCounts(session.Space, scores, session.Macs, options.Steps, maxSteps);
        var settings = new ArtificialBeeColonyOptions { Seed = session.Seed(Stream), SourceCount = options.SourceCount, Limit = options.Limit, Onlookers = options.Onlookers };
        var colony = new ArtificialBeeColony(settings, counts.Space, new EncodedFitness<IntegerGenome>(counts, session.Evaluator));
        ImmutableArray<IntegerGenome> seeds = options.WarmStart ? [new([.. counts.Space.Upper])] : [];

        var state = await session.RunAsync(colony, options.Cycles, seeds, cancellation);

        return [session.Candidate(Name, counts.Decode(state.Best.Genome), state.Best.Evaluation)];
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
