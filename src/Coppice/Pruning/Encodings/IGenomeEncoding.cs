using Coppice.Search;

namespace Coppice.Pruning.Encodings;

/// <summary>
/// What a genome means: the channels that stay. An algorithm searches over its genomes; networks are cut by bits, so every encoding ends there. Where a MAC target is given, what comes
/// out meets it: by repair, never by rejection.
/// </summary>
/// <typeparam name="TGenome">What the algorithm varies.</typeparam>
public interface IGenomeEncoding<TGenome>
{
    /// <summary>The channels that stay: one segment per group of the space, a function of the genome alone.</summary>
    BitGenome Decode(TGenome genome);
}
