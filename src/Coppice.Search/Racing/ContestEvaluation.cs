using System.Collections.Immutable;

namespace Coppice.Search.Racing;

/// <summary>Contests where there is no race.</summary>
public static class ContestEvaluation
{
    /// <summary>Evaluates all entrants of some contests in full, each once.</summary>
    /// <typeparam name="TGenome">The encoded candidate.</typeparam>
    /// <param name="evaluator">Evaluates them.</param>
    /// <param name="contests">The contests.</param>
    /// <param name="cancellationToken">Stops the evaluation.</param>
    public static async ValueTask<IReadOnlyDictionary<TGenome, Evaluation>> EvaluateEntrantsAsync<TGenome>(
        this IFitnessEvaluator<TGenome> evaluator, ImmutableArray<Contest<TGenome>> contests, CancellationToken cancellationToken)
        where TGenome : notnull
    {
        ArgumentNullException.ThrowIfNull(evaluator);
        ImmutableArray<TGenome> entrants = [.. contests.SelectMany(contest => contest.Entrants).Distinct()];
        return entrants.Zip(await evaluator.EvaluateAsync(entrants, cancellationToken)).ToDictionary(pair => pair.First, pair => pair.Second);
    }
}
