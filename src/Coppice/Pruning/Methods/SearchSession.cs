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

    public SearchSession(PruningProblem problem, string method)
    {
        (_problem, _method) = (problem, method);
        Space = problem.SpaceOf(problem.Network);
        Macs = problem.Target is { } target ? Space.Resolve(target) : null;
        Evaluator = problem.Evaluator(Space, new ActionProgress<(int Done, int Total)>(batch => problem.Progress?.Report(new(_phase, batch.Done, batch.Total, _before))));
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
                _phase = $"generation {checkpoint.State.Number + 1}/{generations}";
                _before = Evaluator.Misses;
                return ValueTask.CompletedTask;
            },
        };
        var result = await loop.RunAsync(seeds, cancellation);
        if (result.State.Number < generations)
        {
            _earlyEnd = result.StopReason;
            _problem.Progress?.Report(new($"ended early: {result.StopReason}", 1, 1, Evaluator.Misses));
        }

        return result.State;
    }

    /// <summary>The network of a choice of channels, with the weights that a training for its score has left it.</summary>
    /// <param name="name">Its name within the run.</param>
    /// <param name="genome">The channels that stay.</param>
    /// <param name="evaluation">What is known of them.</param>
    /// <exception cref="CoppiceException">They could not be measured.</exception>
    public PrunedCandidate Candidate(string name, BitGenome genome, Evaluation evaluation)
    {
        if (evaluation.FailureReason is { } reason)
        {
            throw new CoppiceException($"Cannot prune '{_problem.Network.Name}' by '{_method}': none of {Evaluator.Misses} candidates could be measured ({reason.TrimEnd('.')}); check the network and the data.");
        }

        var plan = Space.ToPlan(genome);
        var trained = Evaluator.TrainedNetworkOf(genome);
        return new(name, plan, trained ?? Pruner.Apply(Space.Units, plan), Space.CostOf(genome), Evaluator.Misses, trained is null ? 0 : _problem.Scoring.Epochs, evaluation as CandidateEvaluation)
        {
            ForwardImages = Evaluator.ForwardImages,
            HasOwnWeights = trained is not null,
            EarlyEnd = _earlyEnd,
        };
    }
}
