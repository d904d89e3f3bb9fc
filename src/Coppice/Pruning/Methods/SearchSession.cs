using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Search;

namespace Coppice.Pruning.Methods;

/// <summary>What the methods that search have in common: the space and its scores, an evaluator with a memo, the loop with its progress, and the candidates that come out of it.</summary>
internal sealed class SearchSession
{
    private readonly PruningProblem _problem;
    private readonly string _method;
    private string _phase = "founders";
    private string? _earlyEnd;
    private long _before;
    private readonly Dictionary<BitGenome, CandidateEvaluation> _withinBudget = [];

    public SearchSession(PruningProblem problem, string method)
    {
        (_problem, _method) = (problem, method);
        Space = problem.SpaceOf(problem.Network);
        Macs = problem.Target is { } target ? Space.Resolve(target) : null;
        Evaluator = problem.Evaluator(
            Space, new ActionProgress<(int Done, int Total)>(batch => problem.Progress?.Report(new(_phase, batch.Done, batch.Total, _before))), Remember);
    }

    /// <summary>What may change.</summary>
    public PruningSpace Space { get; }

    /// <summary>The budget, or null for none.</summary>
    public long? Macs { get; }

    /// <summary>Scores choices of channels, each once.</summary>
    public CandidateScorer Evaluator { get; }

    /// <summary>Score of each channel of each group by a criterion.</summary>
    public ImmutableArray<double[]> Scores(IFilterCriterion criterion) => [.. Space.Groups.Select(group => criterion.Score(new(Space.Units), group))];

    /// <summary>A seed of the method's own: two methods of a run must not draw the same numbers.</summary>
    public ulong Seed(ulong stream) => Rng.For(_problem.Seed, stream).NextUInt64();

    /// <summary>Runs an algorithm to the end of its generations, or until a limit of the problem ends it.</summary>
    /// <param name="algorithm">What takes the steps.</param>
    /// <param name="generations">Steps after the founders.</param>
    /// <param name="seeds">Genomes that take the first founders' places.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="hypervolume">For a search for a front: what it has reached, in place of the best fitness.</param>
    /// <exception cref="SearchStoppedException">It was stopped, but a candidate within the budget had been measured.</exception>
    public async Task<TState> RunAsync<TState, TGenome>(
        ISearchAlgorithm<TState, TGenome> algorithm,
        int generations,
        ImmutableArray<TGenome> seeds,
        CancellationToken cancellation,
        Func<ImmutableArray<Individual<TGenome>>, double>? hypervolume = null)
        where TState : ISearchState<TGenome>
    {
        var loop = SearchLoop.Of(algorithm, _problem.Limits.With(generations, measuresFront: hypervolume is not null)) with
        {
            Clock = _problem.Clock,
            Hypervolume = hypervolume,
            Observe = (checkpoint, _) =>
            {
                _phase = checkpoint.State.Number < generations ? $"generation {checkpoint.State.Number + 1}/{generations}" : "answer";
                _before = Evaluator.Misses;
                return ValueTask.CompletedTask;
            },
        };
        var result = await OrBestSoFarAsync(loop.RunAsync(seeds, cancellation));
        if (result.State.Number < generations)
        {
            _earlyEnd = result.StopReason;
            _problem.Progress?.Report(new($"ended early: {result.StopReason}", 1, 1, Evaluator.Misses));
        }

        return result.State;
    }

    private async Task<T> OrBestSoFarAsync<T>(Task<T> search)
    {
        try
        {
            return await search;
        }
        catch (OperationCanceledException stop) when (_withinBudget.Count > 0)
        {
            _earlyEnd = "interrupted";
            var (genome, evaluation) = _withinBudget.Aggregate((best, other) => other.Value.IsBetterThan(best.Value) ? other : best);
            throw new SearchStoppedException([await CandidateAsync(_method, genome, evaluation, CancellationToken.None)], stop);
        }
    }

    /// <summary>The network of a choice of channels as it was scored: repaired, or with the weights that a training for its score has left it.</summary>
    /// <param name="name">Its name within the run.</param>
    /// <param name="genome">The channels that stay.</param>
    /// <param name="evaluation">What is known of them.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="CoppiceException">They could not be measured.</exception>
    public async Task<PrunedCandidate> CandidateAsync(string name, BitGenome genome, Evaluation evaluation, CancellationToken cancellation)
    {
        evaluation = evaluation is CandidateEvaluation { IsEstimate: true } ? (await Evaluator.EvaluateAsync([genome], cancellation))[0] : evaluation;
        if (evaluation.FailureReason is { } reason)
        {
            throw new CoppiceException($"Cannot prune '{_problem.Network.Name}' by '{_method}': none of {Evaluator.Misses} candidates could be measured ({reason.TrimEnd('.')}); check the network and the data.");
        }

        var trained = Evaluator.TrainedNetworkOf(genome);
        var network = trained ?? await Evaluator.CutAsync(genome, cancellation);
        int epochs = trained is null ? 0 : _problem.Scoring.Epochs;
        return new(name, Space.ToPlan(genome), network, Space.CostOf(genome), Evaluator.Misses, epochs, evaluation as CandidateEvaluation)
        {
            ForwardImages = Evaluator.ForwardImages,
            HasOwnWeights = trained is not null || _problem.Repairs,
            EarlyEnd = _earlyEnd,
            Race = Evaluator.RaceTally.Candidates == 0 ? null : Evaluator.RaceTally,
        };
    }

    /// <summary>
    /// Keeps what is known of those that meet the budget, for a search that is stopped; of one that races what is known last. Without a budget no candidate is best: there a fitness alone would ask
    /// for the whole network.
    /// </summary>
    private void Remember(BitGenome genome, CandidateEvaluation evaluation)
    {
        if (evaluation.Status == EvaluationStatus.Succeeded && evaluation.Cost <= Macs)
        {
            _withinBudget[genome] = evaluation;
        }
    }
}
