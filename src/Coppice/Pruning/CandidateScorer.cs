using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Search;

namespace Coppice.Pruning;

/// <summary>Scores choices of channels, each once, and keeps count of what that cost.</summary>
/// <param name="fitness">Measures what was not seen before.</param>
public sealed class CandidateScorer(PruningFitness fitness) : IFitnessEvaluator<BitGenome>
{
    private readonly MemoizingEvaluator<BitGenome> _memo = new(fitness);

    /// <summary>Candidates measured: the number of distinct ones seen, those of a batch that was stopped included.</summary>
    public long Misses => fitness.Evaluated;

    /// <summary>Images that they sent through a network, one of a training counting three.</summary>
    public long ForwardImages => (Misses * fitness.ForwardImages) + fitness.RepairImages;

    /// <inheritdoc/>
    public ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellationToken) => _memo.EvaluateAsync(genomes, cancellationToken);

    /// <summary>The network of a choice of channels, repaired where the problem asks for it.</summary>
    public Task<Network> CutAsync(BitGenome genome, CancellationToken cancellation) => fitness.CutAsync(genome, cancellation);

    /// <inheritdoc cref="PruningFitness.TrainedNetworkOf"/>
    public Network? TrainedNetworkOf(BitGenome genome) => fitness.TrainedNetworkOf(genome);
}
