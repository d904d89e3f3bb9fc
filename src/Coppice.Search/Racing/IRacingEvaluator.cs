using System.Collections.Immutable;

namespace Coppice.Search.Racing;

/// <summary>
/// An evaluator whose fitness is a mean over samples, and who need not look at all of them to say who survives (Maron &amp; Moore, Hoeffding Races, NIPS 1993; Birattari et al., F-Race, GECCO 2002).
/// </summary>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
public interface IRacingEvaluator<TGenome> : IFitnessEvaluator<TGenome>
{
    /// <summary>
    /// Evaluates the entrants of some contests as exactly as it takes to tell who gets the places. An evaluation may thus be an estimate, it may change when the same candidate competes again,
    /// and it depends on the contests so far, but on nothing else: the same contests in the same order give the same evaluations.
    /// </summary>
    /// <param name="contests">Contests, at least one; an entrant may take part in several.</param>
    /// <param name="cancellationToken">Stops the evaluation; nothing of the batch counts then.</param>
    /// <returns>What is known of each entrant afterwards.</returns>
    ValueTask<IReadOnlyDictionary<TGenome, Evaluation>> RaceAsync(ImmutableArray<Contest<TGenome>> contests, CancellationToken cancellationToken);
}
