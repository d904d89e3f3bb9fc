using System.Collections.Immutable;

namespace Coppice.Search.Operators;

/// <summary>Who mates.</summary>
/// <remarks>In every selection here, candidates that failed do not mate while anyone else has succeeded.</remarks>
public interface ISelection
{
    /// <summary>Looks at a population once, and gives a function that draws one parent of it per call, with replacement.</summary>
    /// <typeparam name="TGenome">The encoded candidate.</typeparam>
    /// <param name="population">Who may mate, at least one.</param>
    Func<Rng, Individual<TGenome>> From<TGenome>(ImmutableArray<Individual<TGenome>> population);
}
