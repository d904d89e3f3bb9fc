namespace Coppice.Search.Operators;

/// <summary>Makes a genome that differs a little from its parent.</summary>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
public interface IMutation<TGenome>
{
    /// <summary>A changed copy, or the parent itself if chance leaves it as it is.</summary>
    /// <param name="parent">The genome to vary; it stays as it is.</param>
    /// <param name="rng">The stream that all chance is drawn from.</param>
    TGenome Mutate(TGenome parent, Rng rng);
}
