using System.Collections.Immutable;
using Coppice.Search;

namespace Coppice.Pruning.Encodings;

/// <summary>Evaluates genomes of any encoding by what they decode to; different genomes with the same channels share one evaluation if the inner evaluator has a memo.</summary>
/// <typeparam name="TGenome">What the algorithm varies.</typeparam>
/// <param name="encoding">What genomes mean.</param>
/// <param name="channels">Evaluates choices of channels.</param>
public sealed class EncodedFitness<TGenome>(IGenomeEncoding<TGenome> encoding, IFitnessEvaluator<BitGenome> channels) : IFitnessEvaluator<TGenome>
{
    /// <inheritdoc/>
    public ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<TGenome> genomes, CancellationToken cancellationToken) =>
        channels.EvaluateAsync([.. genomes.Select(encoding.Decode)], cancellationToken);
}
