namespace Coppice.Search;

/// <summary>A genome that is a row of genes: what a crossover needs to know of it.</summary>
/// <typeparam name="TSelf">The genome itself; a value with its own equality.</typeparam>
public interface IGeneSequence<TSelf> : IEquatable<TSelf>
    where TSelf : IGeneSequence<TSelf>
{
    /// <summary>The number of genes, at least 1.</summary>
    int Length { get; }

    /// <summary>This genome with the genes of another where a mask has a one.</summary>
    /// <param name="other">A genome of the same shape.</param>
    /// <param name="mask">[<see cref="Length"/>], 1 = take the other's gene.</param>
    TSelf WithGenesOf(TSelf other, BitString mask);
}
