namespace Coppice.Search;

/// <summary>A genome that is a row of bits: what a mutation of bits needs to know of it.</summary>
/// <typeparam name="TSelf">The genome itself; a value with its own equality.</typeparam>
public interface IBitSequence<TSelf> : IGeneSequence<TSelf>
    where TSelf : IBitSequence<TSelf>
{
    /// <summary>All bits in one row; segments, if there are any, follow one another.</summary>
    BitString Bits { get; }

    /// <summary>This genome with the bits inverted where a mask has a one.</summary>
    /// <param name="mask">One bit per bit of the genome, 1 = invert.</param>
    TSelf Invert(BitString mask);
}
