namespace Coppice.Search.Operators;

/// <summary>Makes two children from two parents; whatever one child gets of the mother, the other gets of the father.</summary>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
public interface ICrossover<TGenome>
{
    /// <summary>Both children; copies of the parents if chance leaves them as they are.</summary>
    /// <param name="mother">The parent that the first child resembles.</param>
    /// <param name="father">The parent that the second child resembles; of the same shape.</param>
    /// <param name="rng">The stream that all chance is drawn from.</param>
    (TGenome First, TGenome Second) Cross(TGenome mother, TGenome father, Rng rng);
}
