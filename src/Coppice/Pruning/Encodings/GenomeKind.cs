namespace Coppice.Pruning.Encodings;

/// <summary>What a search varies. Each kind is an <see cref="IGenomeEncoding{TGenome}"/> of its own.</summary>
public enum GenomeKind
{
    /// <summary>One bit per channel: <see cref="ChannelBits"/>.</summary>
    Bits,

    /// <summary>One number per group, how many of its channels stay: <see cref="KeptCounts"/>.</summary>
    Counts,

    /// <summary>Two numbers per group that make all channels of the network comparable: <see cref="AffineRanks"/>.</summary>
    Ranks,
}
