using System.Collections.Immutable;

namespace Coppice.Search;

/// <summary>
/// The seam of every search algorithm: state → state. A step is a function of its state alone: all chance comes from (seed, generation,
/// individual), and a generation is evaluated as one batch (or a few, where the paper has phases). So a resumed run equals an unbroken one,
/// and the number of workers does not matter. Loop, termination and files are the caller's: see <see cref="SearchLoop"/>.
/// </summary>
/// <typeparam name="TState">The state between two steps.</typeparam>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
public interface ISearchAlgorithm<TState, TGenome>
    where TState : ISearchState<TGenome>
{
    /// <summary>The founders, evaluated: number 0.</summary>
    /// <param name="seeds">
    /// Genomes of the caller's that take the first founders' places, in any number; all are evaluated. Empty for founders that are all drawn.
    /// </param>
    /// <param name="cancellationToken">Stops the evaluation.</param>
    Task<TState> InitializeAsync(ImmutableArray<TGenome> seeds, CancellationToken cancellationToken);

    /// <summary>The state one step on.</summary>
    /// <param name="current">The state before; it stays as it is, also when the step is cancelled.</param>
    /// <param name="cancellationToken">Stops the evaluation.</param>
    Task<TState> StepAsync(TState current, CancellationToken cancellationToken);

    /// <summary>Whether the algorithm itself has nothing left to do, whatever the termination says. Most never have.</summary>
    /// <param name="current">The state.</param>
    bool IsComplete(TState current) => false;
}
