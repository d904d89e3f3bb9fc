using System.Collections.Immutable;

namespace Coppice.Search;

/// <summary>All that a search knows after a step: a value that goes through JSON unharmed, and so a checkpoint.</summary>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
public interface ISearchState<TGenome>
{
    /// <summary>The number of steps since the founders, from 0.</summary>
    int Number { get; }

    /// <summary>How many candidates have been evaluated to get here, the founders included; a repeated one that needed none does not count.</summary>
    long Evaluations { get; }

    /// <summary>Everyone alive, and the best ever found where the algorithm keeps it apart; at least one.</summary>
    ImmutableArray<Individual<TGenome>> Individuals { get; }
}
