using System.Collections.Immutable;

namespace Coppice.Search;

/// <summary>
/// The seam between a search and the world: evaluates a whole generation as one batch. In process, on many threads or on many machines,
/// the result must be the same.
/// </summary>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
public interface IFitnessEvaluator<TGenome>
{
    /// <summary>Evaluates each genome. The evaluation of a genome depends on that genome alone, not on the batch that it is part of.</summary>
    /// <param name="genomes">The candidates, at least one.</param>
    /// <param name="cancellationToken">Stops the evaluation; nothing of the batch counts then.</param>
    /// <returns>One evaluation per genome, in the same order; a candidate that cannot be evaluated is <see cref="Evaluation.Failed"/>.</returns>
    ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<TGenome> genomes, CancellationToken cancellationToken);
}
