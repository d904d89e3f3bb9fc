using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Search;

namespace Coppice.Pruning.Methods;

/// <summary>How many channels each group keeps.</summary>
public enum Allocation
{
    /// <summary>The same share of every group.</summary>
    Uniform,

    /// <summary>As many as lie above one threshold over the scores of all groups.</summary>
    Global,
}

/// <summary>
/// One shot by the scores of a criterion. With equal shares the baseline at equal MACs, and with L1 norms the method of Li et al. (ICLR 2017) with one ratio for all layers;
/// with a threshold over all groups and the scale factors of batch normalisations the cut of network slimming (Liu et al., ICCV 2017).
/// </summary>
/// <param name="criterion">What ranks the channels.</param>
/// <param name="allocation">How many channels each group keeps.</param>
/// <param name="name">Name on the command line; null for that of the criterion.</param>
public sealed class OneShotPruning(IFilterCriterion criterion, Allocation allocation, string? name = null) : IPruningMethod
{
    /// <summary>How many channels each group keeps.</summary>
    public Allocation Allocation => allocation;

    /// <inheritdoc/>
    public string Name => name ?? criterion.Name;

    /// <inheritdoc/>
    public string Description => allocation == Allocation.Uniform
        ? $"one shot: the same share of every group by {criterion.Name} score"
        : $"one shot: one threshold over all groups by {(criterion.IsComparable ? "" : "relative ")}{criterion.Name} score";

    /// <inheritdoc/>
    public string Paper => criterion.Paper;

    /// <inheritdoc/>
    public bool NeedsTarget => true;

    /// <inheritdoc/>
    public bool NeedsData => criterion.NeedsData;

    /// <inheritdoc/>
    public bool DrawsByChance => criterion.NeedsData || criterion.DrawsByChance;

    /// <inheritdoc/>
    public bool IsSearch => false;

    /// <summary>Where the paper reports the best test accuracy of its retraining.</summary>
    public PublishedProtocol? Published => criterion.IsReportedAtBestTestEpoch ? new() { KeepsBestTestEpoch = true } : null;

    /// <inheritdoc/>
    public void CheckSettings()
    {
        if (allocation == Allocation.Global && criterion.NeedsWidths)
        {
            throw new CoppiceException($"Cannot draw one threshold over all groups by '{Name}': its scores depend on how many channels each group keeps; use --allocation uniform.");
        }
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        Check(problem);
        var whole = problem.SpaceOf(problem.Network);
        var space = whole.ScoredBy(criterion);
        long? macs = problem.Target is { } target ? space.Resolve(target) : null;
        var context = await problem.ScoringAsync(criterion, space.Units, cancellation);
        var genome = allocation == Allocation.Uniform
            ? BestOfWidths(space, context, WidthPlanner.Uniform(space, macs!.Value))
            : AboveThreshold(space, context, macs, problem.ChannelShare);
        var plan = space.ToPlan(genome);
        long images = criterion.NeedsData ? GateGradientPass.ForwardsPerImage * problem.Images!.Recalibration.Count : 0;
        string? note = LeftWhole.Note(Name, criterion, whole);
        return [new(Name, plan, Pruner.Apply(space.Units, plan), space.CostOf(genome), Evaluations: 0, TunedEpochs: 0, Score: null) { ForwardImages = images, Note = note }];
    }

    /// <summary>What it may change: the groups that its criterion can score.</summary>
    internal PruningSpace SpaceOf(PruningProblem problem) => problem.SpaceOf(problem.Network).ScoredBy(criterion);

    /// <summary>Checks that the problem says how much goes, in a way that the criterion allows.</summary>
    /// <exception cref="CoppiceException">It does not.</exception>
    internal void Check(PruningProblem problem)
    {
        CheckSettings();
        if (problem.Target is null && (allocation == Allocation.Uniform || problem.ChannelShare is null))
        {
            throw new CoppiceException($"Cannot prune by '{Name}' without a target: give --max-macs, as in --max-macs 50%.");
        }
    }

    private BitGenome AboveThreshold(PruningSpace space, ScoringContext context, long? macs, double? share)
    {
        var ranking = ChannelRanking.Of([.. space.Groups.Select(group => criterion.Score(context, group))], relative: !criterion.IsComparable);
        return macs is { } budget ? GlobalThreshold.AtMacs(space, ranking, budget) : GlobalThreshold.AtShare(space, ranking, share!.Value);
    }

    /// <summary>The channels of highest score of each group, from the input on: what a group loses is known when the next one is scored.</summary>
    private BitGenome BestOfWidths(PruningSpace space, ScoringContext context, ImmutableArray<int> widths)
    {
        var removed = new HashSet<int>();
        var segments = ImmutableArray.CreateBuilder<BitString>();
        foreach (var (i, group) in space.Groups.Index())
        {
            var kept = PruningSpace.Best(criterion.Score(context with { Width = widths[i], RemovedUnits = removed }, group), widths[i]);
            removed.UnionWith(Enumerable.Range(0, group.Size).Where(channel => !kept[channel]).Select(channel => group.Units[channel]));
            segments.Add(kept);
        }

        return new(segments.ToImmutable());
    }
}
