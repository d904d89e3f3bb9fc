using System.Collections.Immutable;
using Coppice.Search.Termination;

namespace Coppice.Search;

/// <summary>Makes the loop of a search around an algorithm.</summary>
public static class SearchLoop
{
    /// <summary>A loop; observers, hypervolume and clock are added by <c>with</c>.</summary>
    /// <typeparam name="TState">The state of the algorithm.</typeparam>
    /// <typeparam name="TGenome">The encoded candidate.</typeparam>
    /// <param name="algorithm">What takes the steps.</param>
    /// <param name="termination">What ends them.</param>
    public static SearchLoop<TState, TGenome> Of<TState, TGenome>(ISearchAlgorithm<TState, TGenome> algorithm, ITermination termination)
        where TState : ISearchState<TGenome> => new(algorithm, termination);
}

/// <summary>
/// Runs any algorithm until a termination stops it:
/// <code>
/// state ← founders
/// until the termination gives a reason, or the algorithm is complete:
///     state ← step(state); tell the observer
/// </code>
/// </summary>
/// <typeparam name="TState">The state of the algorithm.</typeparam>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
/// <param name="Algorithm">What takes the steps.</param>
/// <param name="Termination">What ends them; asked after the founders and after each step.</param>
public sealed record SearchLoop<TState, TGenome>(ISearchAlgorithm<TState, TGenome> Algorithm, ITermination Termination)
    where TState : ISearchState<TGenome>
{
    /// <summary>Called after the founders and after each step, and awaited: a place to save the checkpoint or to print. Default: nobody looks on.</summary>
    public Func<SearchCheckpoint<TState>, CancellationToken, ValueTask>? Observe { get; init; }

    /// <summary>The hypervolume of a population, for <see cref="HypervolumeStagnation"/> and the report. Default: not measured.</summary>
    public Func<ImmutableArray<Individual<TGenome>>, double>? Hypervolume { get; init; }

    /// <summary>The clock for <see cref="MaxDuration"/>. Default: the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Runs from the founders on.</summary>
    /// <param name="cancellationToken">Stops the run; the last checkpoint that was observed can be resumed.</param>
    public Task<SearchResult<TState>> RunAsync(CancellationToken cancellationToken) => RunAsync([], cancellationToken);

    /// <summary>Runs from the founders on, with some of the caller's among them.</summary>
    /// <param name="seeds">Genomes that take the first founders' places.</param>
    /// <param name="cancellationToken">Stops the run; the last checkpoint that was observed can be resumed.</param>
    public async Task<SearchResult<TState>> RunAsync(ImmutableArray<TGenome> seeds, CancellationToken cancellationToken)
    {
        long begun = Clock.GetTimestamp();
        var founders = await Algorithm.InitializeAsync(seeds, cancellationToken);
        var first = await AdvanceAsync(SearchProgress.NotStarted, founders, begun, cancellationToken);
        return await ResumeAsync(first, cancellationToken);
    }

    /// <summary>Goes on from a checkpoint, as if the run had never been interrupted.</summary>
    /// <param name="checkpoint">Where to go on.</param>
    /// <param name="cancellationToken">Stops the run; the last checkpoint that was observed can be resumed.</param>
    public async Task<SearchResult<TState>> ResumeAsync(SearchCheckpoint<TState> checkpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        string? reason;
        while ((reason = ReasonToStop(checkpoint)) is null)
        {
            long begun = Clock.GetTimestamp();
            var next = await Algorithm.StepAsync(checkpoint.State, cancellationToken);
            checkpoint = await AdvanceAsync(checkpoint.Progress, next, begun, cancellationToken);
        }

        return new(checkpoint, reason);
    }

    private string? ReasonToStop(SearchCheckpoint<TState> checkpoint) =>
        Termination.ReasonToStop(checkpoint.Progress) ?? (Algorithm.IsComplete(checkpoint.State) ? "the algorithm is complete" : null);

    private async ValueTask<SearchCheckpoint<TState>> AdvanceAsync(
        SearchProgress before, TState state, long begun, CancellationToken cancellationToken)
    {
        var progress = before.Advance(state.Evaluations - before.Evaluations, state.Individuals.Max(individual => individual.Fitness)) with
        {
            Elapsed = before.Elapsed + Clock.GetElapsedTime(begun),
            Hypervolumes = Hypervolume is null ? before.Hypervolumes : before.Hypervolumes.Add(Hypervolume(state.Individuals)),
        };
        var checkpoint = new SearchCheckpoint<TState>(state, progress);
        if (Observe is not null) await Observe(checkpoint, cancellationToken);
        return checkpoint;
    }
}
