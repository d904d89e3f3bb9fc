using System.Collections.Immutable;
using System.Text.Json;
using Coppice.Search;
using Coppice.Search.Termination;

namespace Coppice.Tests.Search.Algorithms;

/// <summary>A search algorithm with a small problem of known optimum: a line of the table that <see cref="AlgorithmTableTests"/> runs through.</summary>
internal interface IAlgorithmCase
{
    /// <summary>How many genes a genome of the case has.</summary>
    int Genes { get; }

    /// <summary>The best fitness that was reached, less the known optimum.</summary>
    Task<double> DistanceToOptimumAsync(ulong seed);

    /// <summary>The states of a run as JSON, from generation 0 to the last.</summary>
    Task<string[]> RunAsync(ulong seed, int generations);

    /// <summary>The last state as JSON of a run that goes through JSON into a new algorithm after some generations.</summary>
    Task<string> ResumeAsync(ulong seed, int generations, int interruptedAfter);

    /// <summary>Every genome that was evaluated, batch by batch.</summary>
    Task<ImmutableArray<ImmutableArray<int[]>>> EvaluatedAsync(ulong seed, int generations);

    /// <summary>Runs while every second candidate fails; how many individuals of the last state failed.</summary>
    Task<int> FailedSurvivorsAsync(ulong seed, int generations);

    /// <summary>Cancels a step in the middle of its evaluation, then takes it: is it as if it had not been cancelled?</summary>
    Task<bool> SurvivesCancellationAsync(ulong seed);

    /// <summary>Whether founders from outside are evaluated, and their best is not lost.</summary>
    Task<bool> TakesFoundersAsync(ulong seed);

    /// <summary>Evaluations counted by the state and by the evaluator.</summary>
    Task<(long State, long Evaluator)> CountAsync(ulong seed, int generations);
}

/// <param name="Make">The algorithm for a seed and an evaluator.</param>
/// <param name="Evaluate">The problem.</param>
/// <param name="Optimum">Its best fitness.</param>
/// <param name="Best">A genome of that fitness.</param>
/// <param name="GenesOf">The genes of a genome as integers.</param>
/// <param name="Generations">How many generations reach the optimum for sure.</param>
internal sealed record AlgorithmCase<TState, TGenome>(
    Func<ulong, IFitnessEvaluator<TGenome>, ISearchAlgorithm<TState, TGenome>> Make,
    Func<TGenome, Evaluation> Evaluate,
    double Optimum,
    TGenome Best,
    Func<TGenome, int[]> GenesOf,
    int Generations) : IAlgorithmCase
    where TState : ISearchState<TGenome>
    where TGenome : notnull
{
    public int Genes => GenesOf(Best).Length;

    public async Task<double> DistanceToOptimumAsync(ulong seed)
    {
        var loop = SearchLoop.Of(Make(seed, new FunctionEvaluator<TGenome>(Evaluate)), new AnyOf(new FitnessReached(Optimum), new MaxGenerations(Generations)));
        return (await loop.RunAsync(CancellationToken.None)).Progress.BestFitness - Optimum;
    }

    public async Task<string[]> RunAsync(ulong seed, int generations)
    {
        List<string> states = [];
        var loop = SearchLoop.Of(Make(seed, new FunctionEvaluator<TGenome>(Evaluate)), new MaxGenerations(generations)) with
        {
            Observe = (checkpoint, _) =>
            {
                states.Add(JsonSerializer.Serialize(checkpoint.State));
                return ValueTask.CompletedTask;
            },
        };
        await loop.RunAsync(CancellationToken.None);
        return [.. states];
    }

    public async Task<string> ResumeAsync(ulong seed, int generations, int interruptedAfter)
    {
        var evaluator = new FunctionEvaluator<TGenome>(Evaluate);
        var first = await SearchLoop.Of(Make(seed, evaluator), new MaxGenerations(interruptedAfter)).RunAsync(CancellationToken.None);
        var saved = JsonSerializer.Deserialize<SearchCheckpoint<TState>>(JsonSerializer.Serialize(first.Last))!;
        Assert.Equal(first.Last, saved);

        var second = await SearchLoop.Of(Make(seed, evaluator), new MaxGenerations(generations)).ResumeAsync(saved, CancellationToken.None);
        Assert.Equal(generations, second.State.Number);
        return JsonSerializer.Serialize(second.State);
    }

    public async Task<ImmutableArray<ImmutableArray<int[]>>> EvaluatedAsync(ulong seed, int generations)
    {
        var evaluator = new FunctionEvaluator<TGenome>(Evaluate);
        await SearchLoop.Of(Make(seed, evaluator), new MaxGenerations(generations)).RunAsync(CancellationToken.None);
        return [.. evaluator.Batches.Select(batch => batch.Select(GenesOf).ToImmutableArray())];
    }

    public async Task<int> FailedSurvivorsAsync(ulong seed, int generations)
    {
        // Candidates fail by a hash of their genes; but the best does not, nor does what keeps everything, which coevolution cannot do without.
        var evaluator = new FunctionEvaluator<TGenome>(genome =>
            !genome.Equals(Best) && GenesOf(genome).Any(gene => gene != 1) && GenesOf(genome).Aggregate(17, (hash, gene) => unchecked((hash * 31) + gene)) % 2 == 0
                ? Evaluation.Failed("chance")
                : Evaluate(genome));
        var result = await SearchLoop.Of(Make(seed, evaluator), new MaxGenerations(generations)).RunAsync(CancellationToken.None);
        return result.State.Individuals.Count(individual => !individual.Succeeded);
    }

    public async Task<bool> SurvivesCancellationAsync(ulong seed)
    {
        using var source = new CancellationTokenSource();
        bool isArmed = false;
        var algorithm = Make(seed, new FunctionEvaluator<TGenome>(genome =>
        {
            if (isArmed) source.Cancel();
            source.Token.ThrowIfCancellationRequested();
            return Evaluate(genome);
        }));
        var state = await algorithm.InitializeAsync([], CancellationToken.None);
        string before = JsonSerializer.Serialize(state);

        isArmed = true;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StepUntilCancelledAsync(algorithm, state, source.Token));

        var fresh = Make(seed, new FunctionEvaluator<TGenome>(Evaluate));
        return before == JsonSerializer.Serialize(state)
            && JsonSerializer.Serialize(await fresh.StepAsync(state, CancellationToken.None)) == (await RunAsync(seed, 1))[1];
    }

    public async Task<bool> TakesFoundersAsync(ulong seed)
    {
        var evaluator = new FunctionEvaluator<TGenome>(Evaluate);
        var algorithm = Make(seed, evaluator);
        var state = await algorithm.InitializeAsync([Best], CancellationToken.None);
        bool isEvaluated = evaluator.Evaluated.Contains(Best);
        for (int step = 0; step < 5; step++) state = await algorithm.StepAsync(state, CancellationToken.None);
        return isEvaluated && state.Individuals.Max(individual => individual.Fitness).Equals(Optimum);
    }

    public async Task<(long State, long Evaluator)> CountAsync(ulong seed, int generations)
    {
        var evaluator = new FunctionEvaluator<TGenome>(Evaluate);
        var result = await SearchLoop.Of(Make(seed, evaluator), new MaxGenerations(generations)).RunAsync(CancellationToken.None);
        Assert.Equal(result.State.Evaluations, result.Progress.Evaluations);
        return (result.State.Evaluations, evaluator.Evaluated.Count());
    }

    /// <summary>A step may need no evaluation, as every child may be known; then the next one is cancelled.</summary>
    private static async Task StepUntilCancelledAsync(ISearchAlgorithm<TState, TGenome> algorithm, TState state, CancellationToken cancellationToken)
    {
        for (int step = 0; step < 100; step++) state = await algorithm.StepAsync(state, cancellationToken);
    }
}
