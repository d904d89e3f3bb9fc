using System.Collections.Immutable;
using Coppice.Criteria;

namespace Coppice.Pruning.Methods;

/// <summary>
/// One shot, the same share of channels in every group, those of highest score kept: the baseline at equal MACs, and with L1 norms the method of
/// Li et al. (ICLR 2017) with one ratio for all layers. Needs no data.
/// </summary>
/// <param name="criterion">What ranks the channels.</param>
public sealed class UniformPruning(IFilterCriterion criterion) : IPruningMethod
{
    /// <inheritdoc/>
    public string Name => criterion.Name;

    /// <inheritdoc/>
    public string Description => $"one shot: the same share of every group by {criterion.Name} score";

    /// <inheritdoc/>
    public string Paper => criterion.Paper;

    /// <inheritdoc/>
    public bool NeedsTarget => true;

    /// <inheritdoc/>
    public bool NeedsData => false;

    /// <inheritdoc/>
    public Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        var target = problem.Target ?? throw new CoppiceException($"Cannot prune by '{Name}' without a target: give --max-macs, as in --max-macs 50%.");
        var space = problem.SpaceOf(problem.Network);
        long macs = space.Resolve(target);
        var widths = WidthPlanner.Uniform(space, macs);
        var genome = space.Best([.. space.Groups.Select(group => criterion.Score(problem.Network, group))], widths);
        var plan = space.ToPlan(genome);
        var candidate = new PrunedCandidate(Name, plan, Pruner.Apply(space.Units, plan), space.CostOf(genome), Evaluations: 0, TunedEpochs: 0, Score: null);
        return Task.FromResult<ImmutableArray<PrunedCandidate>>([candidate]);
    }
}
