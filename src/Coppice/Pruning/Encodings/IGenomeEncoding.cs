using Coppice.Search;
using Coppice.Search.Operators;

namespace Coppice.Pruning.Encodings;

/// <summary>
/// What a genome means: the channels that stay. An algorithm searches over its genomes; networks are cut by bits, so every encoding ends there. Where a MAC target is given, what comes
/// out meets it: by repair, never by rejection. How genomes of a kind are drawn, crossed, mutated and repaired is said here too, once for all algorithms.
/// </summary>
/// <typeparam name="TGenome">What the algorithm varies.</typeparam>
public interface IGenomeEncoding<TGenome>
{
    /// <summary>Founders, crossover, mutation and repair, for algorithms that cross.</summary>
    Variation<TGenome> Variation { get; }

    /// <summary>The channels that stay: one segment per group of the space, a function of the genome alone.</summary>
    BitGenome Decode(TGenome genome);

    /// <summary>The genome of the uniform network, to start a search from: every group keeps the same share of its channels, those of highest score.</summary>
    /// <param name="share">The share, in (0, 1]; without meaning where a MAC target decides it.</param>
    TGenome Uniform(double share);

    /// <summary>The mutation of algorithms that vary by mutation alone; its children need no further repair.</summary>
    /// <param name="done">The share of the search that is over, from 0: steps may shrink with it.</param>
    IMutation<TGenome> MutationAt(double done);
}

/// <summary>An encoding whose genes are numbers, so that moves along differences of genomes have a meaning.</summary>
/// <typeparam name="TGenome">What the algorithm varies.</typeparam>
public interface INumericEncoding<TGenome> : IGenomeEncoding<TGenome>
{
    /// <summary>The genomes: their number of genes and the bounds of each.</summary>
    INumericSpace<TGenome> Space { get; }
}
