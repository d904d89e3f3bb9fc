using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Pruning.Encodings;
using Coppice.Pruning.Racing;
using Coppice.Search;
using Coppice.Search.Algorithms;

namespace Coppice.Pruning.Methods;

/// <summary>Settings of <see cref="CcepPruning"/>; the defaults are the paper's for CIFAR-10 but for the number of rounds.</summary>
public sealed record CcepOptions
{
    /// <summary>T: rounds of prune and fine-tune. The paper's 20 suit its short cuts; with a target each round cuts as much as T rounds need.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>m: individuals of a species, and offspring per generation.</summary>
    public int PopulationSize { get; init; } = 5;

    /// <summary>G: generations per round.</summary>
    public int Generations { get; init; } = 10;

    /// <summary>1 − p₁: probability that a founder keeps a filter; without a target.</summary>
    public double InitialKeepProbability { get; init; } = 0.95;

    /// <summary>p₂: probability that a mutation flips a bit.</summary>
    public double MutationRate { get; init; } = 0.10;

    /// <summary>1 − r: share of its filters that a group keeps at least in one round; null with a target for twice the cut that a uniform round would make.</summary>
    public double? MinKeptRatio { get; init; }

    /// <summary>Whether L1-ranked masks are among the founders; only with a target.</summary>
    public bool WarmStart { get; init; } = true;

    /// <summary>Epochs of fine-tuning after each round; with a target not after the last one, which the final fine-tuning follows.</summary>
    public int RoundEpochs { get; init; } = 1;
}

/// <summary>
/// CCEP: cooperative coevolutionary pruning (Shang, Wu, Hong &amp; Qian, IJCAI 2022). The outer loop:
/// <code>
/// repeat T times:
///     for each channel group: evolve what it keeps, all other groups as in the present network   (one search of CooperativeCoevolution)
///     cut every group to its winner
///     fine-tune
/// </code>
/// </summary>
/// <remarks>
/// <para>Deviation: fitness is the loss on a search split that is never trained on, after adaptive batch-norm; the authors measure accuracy on a slice of the training images.</para>
/// <para>Deviation: the last state of each fine-tuning goes on; the authors keep the epoch with the best test accuracy, T times over.</para>
/// <para>Deviation: fine-tuning between rounds is short and the long one comes at the end, the same for every method that is compared; the authors tune 100 epochs T times.</para>
/// <para>
/// Deviation: with a MAC target, which the paper has not, round t of T may cost full · (target / full)^(t / T); the splice of the species meets that
/// budget at the least sum of losses, L1-ranked masks at several densities are among the founders, and single channels close the remaining gap.
/// Without a target, the paper's own procedure: a family of networks, one per round.
/// </para>
/// </remarks>
/// <param name="options">The settings.</param>
public sealed class CcepPruning(CcepOptions options) : IPruningMethod
{
    /// <summary>Its name on the command line.</summary>
    public const string MethodName = "ccep";

    private const double PaperMinKeptRatio = 0.90;
    private const int WarmStartDensities = 4;

    /// <summary>Rounds of measuring in full what an answer is made of and asking anew: each replaces estimates by what they were estimates of, so few are needed.</summary>
    private const int MostCompletions = 8;

    private readonly L1Norm _criterion = new();

    /// <inheritdoc/>
    public string Name => MethodName;

    /// <inheritdoc/>
    public string Description => "cooperative coevolution: one species per channel group, rounds of prune and fine-tune";

    /// <inheritdoc/>
    public string Paper => "Shang et al., Neural Network Pruning by Cooperative Coevolution, IJCAI 2022";

    /// <inheritdoc/>
    public bool NeedsTarget => false;

    /// <inheritdoc/>
    public bool NeedsData => true;

    /// <inheritdoc/>
    public bool IsSearch => true;

    /// <inheritdoc/>
    public bool Races => true;

    /// <summary>As in the authors' code: accuracy of the network as it is cut, on a slice of the training images; of each fine-tuning the epoch that is best on the test images goes on.</summary>
    public PublishedProtocol Published { get; } = new()
    {
        Scoring = new() { Images = ScoredOn.TrainingImages, Preparation = Preparation.None, ByAccuracy = true },
        KeepsBestTestEpoch = true,
        TakesTarget = false,
        SizeRule = "each round cuts a little, and --rounds says how often",
    };

    /// <summary>Bits alone: a species is the mask of a layer.</summary>
    public ImmutableArray<GenomeKind> Genomes => [GenomeKind.Bits];

    /// <inheritdoc/>
    public async Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        var full = problem.SpaceOf(problem.Network);
        long? target = problem.Target is null ? null : full.Resolve(problem.Target);
        var family = ImmutableArray.CreateBuilder<PrunedCandidate>();
        var present = new PrunedCandidate(Name, PruningPlan.Identity(problem.Network.Name), problem.Network, full.Cost.Full, 0, 0, null);
        try
        {
            for (int round = 0; round < options.Rounds; round++)
            {
                long? budget = target is null ? null : MacTarget.AtRound(full.Cost.Full.Macs, target.Value, round, options.Rounds);
                family.Add(present = await RunRoundAsync(problem, present, round, budget, cancellation));
                if (round < options.Rounds - 1 || target is null)
                {
                    family[round] = present = await TuneAsync(problem, present, round, cancellation);
                }
            }
        }
        catch (Exception end) when (family.Count > 0)
        {
            throw RoundsDone.With(family, $"{options.Rounds} rounds", end, cancellation);
        }

        return family.ToImmutable();
    }

    private async Task<PrunedCandidate> RunRoundAsync(
        PruningProblem problem, PrunedCandidate present, int round, long? budget, CancellationToken cancellation)
    {
        var space = problem.SpaceOf(present.Network);
        long before = present.Evaluations;
        string phase = "founders";
        var report = new ActionProgress<(int Done, int Total)>(batch => problem.Progress?.Report(
            new($"round {round + 1}/{options.Rounds}, {phase}", batch.Done, batch.Total, before)));
        var evaluator = problem.Evaluator(space, report);
        var settings = Settings(problem.Seed, space, round, budget);
        var search = new CooperativeCoevolution(settings, space.Widths, evaluator);
        ImmutableArray<double[]> scores = [.. space.Groups.Select(group => _criterion.Score(new(space.Units), group))];

        await RequireMeasurableAsync(evaluator, space, cancellation);
        var state = budget is not null && options.WarmStart
            ? await search.InitializeAsync(WarmStart(space, settings, scores), cancellation)
            : await search.InitializeAsync(cancellation);
        while (!search.IsComplete(state))
        {
            phase = $"generation {state.Generation + 1}/{options.Generations}";
            before = present.Evaluations + evaluator.Misses;
            state = await search.StepAsync(state, cancellation);
        }

        var (genome, members) = Answer(state);
        for (int i = 0; i < MostCompletions && evaluator.RaceTally.Candidates > 0 && await search.CompleteAsync(state, members, cancellation) is var complete && complete != state; i++)
        {
            state = complete;
            (genome, members) = Answer(state);
        }

        return await CutAsync(space, evaluator, genome, present, round, cancellation);

        (BitGenome Genome, BitGenome Members) Answer(CoevolutionState reached) =>
            budget is { } macs ? Splice(search, reached, space, settings, scores, macs) : (search.Winners(reached), search.Winners(reached));
    }

    /// <summary>Fitness is a loss relative to the whole network; what fails there fails for every candidate. The memo keeps the result for the search.</summary>
    private static async Task RequireMeasurableAsync(CandidateScorer evaluator, PruningSpace space, CancellationToken cancellation)
    {
        var full = (await evaluator.EvaluateAsync([BitGenome.AllOnes(space.Sizes.AsSpan())], cancellation))[0];
        if (full.FailureReason is { } reason)
        {
            throw new CoppiceException($"Cannot search '{space.Units.Network.Name}': the whole network cannot be measured ({reason.TrimEnd('.')}); check the network and the data.");
        }
    }

    private CooperativeCoevolutionOptions Settings(ulong seed, PruningSpace space, int round, long? budget) => new()
    {
        Seed = seed,
        Round = round,
        PopulationSize = options.PopulationSize,
        Generations = options.Generations,
        InitialKeepProbability = options.InitialKeepProbability,
        MutationRate = options.MutationRate,
        MinKeptRatio = options.MinKeptRatio ?? (budget is { } macs ? TwiceTheUniformCut(space, macs) : PaperMinKeptRatio),
        MinKeptCount = space.Constraints.MinChannels,
        CostBudget = budget,
    };

    /// <summary>Groups differ in how much they can lose; a floor at twice the uniform cut lets some keep everything while others make up for it.</summary>
    private static double TwiceTheUniformCut(PruningSpace space, long macs)
    {
        var widths = WidthPlanner.Uniform(space, macs);
        double kept = (double)widths.Sum() / space.Sizes.Sum();
        return Math.Clamp(1 - (2 * (1 - kept)), 0.05, 1);
    }

    /// <summary>For each group the masks of highest L1 norm at equally spaced densities down to the floor.</summary>
    private static ImmutableArray<ImmutableArray<BitString>> WarmStart(
        PruningSpace space, CooperativeCoevolutionOptions settings, ImmutableArray<double[]> scores) =>
    [
        .. space.Widths.Select(settings.Within).Select((widths, i) => Enumerable.Range(1, WarmStartDensities)
            .Select(step => widths.Size - (int)Math.Round((double)(widths.Size - widths.Least) * step / WarmStartDensities))
            .Select(widths.AtLeast)
            .Distinct()
            .Select(width => PruningSpace.Best(scores[i], width))
            .ToImmutableArray()),
    ];

    /// <summary>
    /// The splice treats savings as additive, but neighbouring groups multiply: the true cost is a little off, so the question is asked again with a budget
    /// that is corrected by the error, and single channels close the gap that remains.
    /// </summary>
    /// <returns>The answer, and the archived individuals that it was made of before single channels closed the gap.</returns>
    private static (BitGenome Genome, BitGenome Members) Splice(
        CooperativeCoevolution search,
        CoevolutionState state,
        PruningSpace space,
        CooperativeCoevolutionOptions settings,
        ImmutableArray<double[]> scores,
        long macs)
    {
        const int MaxCorrections = 8;
        double asked = macs;
        BitGenome? genome = null;
        for (int i = 0; i < MaxCorrections && PricedSplice.TryFind(state.Species, asked, out var splice); i++)
        {
            genome = splice.Genome;
            long excess = space.CostOf(genome).Macs - macs;
            if (excess <= 0)
            {
                break;
            }

            asked -= excess;
        }

        // No splice at all: the archives do not reach deep enough. The full genome is then cut by its scores alone.
        genome ??= BitGenome.AllOnes(space.Sizes.AsSpan());
        return (BudgetRepair.Fit(space, genome, scores, macs, [.. space.Widths.Select(widths => settings.Within(widths).Least)]), genome);
    }

    private async Task<PrunedCandidate> CutAsync(
        PruningSpace space, CandidateScorer evaluator, BitGenome genome, PrunedCandidate present, int round, CancellationToken cancellation)
    {
        var evaluation = (await evaluator.EvaluateAsync([genome], cancellation))[0];
        if (evaluation.FailureReason is { } reason)
        {
            throw new CoppiceException($"Cannot cut '{present.Network.Name}' in round {round + 1}: the network made of the species' winners cannot be measured ({reason.TrimEnd('.')}); give a milder --max-macs or more --rounds.");
        }

        var plan = space.ToPlan(genome);
        return new(
            $"{Name}-{round + 1}",
            present.Plan.Then(plan),
            await evaluator.CutAsync(genome, cancellation),
            space.CostOf(genome),
            present.Evaluations + evaluator.Misses,
            present.TunedEpochs,
            evaluation as CandidateEvaluation)
        {
            ForwardImages = present.ForwardImages + evaluator.ForwardImages,
            HasOwnWeights = true,
            Race = evaluator.RaceTally.Candidates == 0 ? present.Race : evaluator.RaceTally + (present.Race ?? RaceTally.None),
        };
    }

    private async Task<PrunedCandidate> TuneAsync(PruningProblem problem, PrunedCandidate candidate, int round, CancellationToken cancellation)
    {
        var tuned = await problem.TuneRoundAsync(candidate, options.RoundEpochs, $"round {round + 1}/{options.Rounds}, fine-tuning", cancellation);
        return tuned != candidate ? tuned : await problem.RecalibrateAsync(candidate, cancellation);
    }
}
