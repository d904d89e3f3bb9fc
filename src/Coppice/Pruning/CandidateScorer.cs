using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Pruning.Racing;
using Coppice.Search;
using Coppice.Search.Racing;

namespace Coppice.Pruning;

/// <summary>Scores choices of channels, each once, and keeps count of what that cost.</summary>
/// <param name="fitness">Measures what was not seen before.</param>
public sealed class CandidateScorer(PruningFitness fitness) : IRacingEvaluator<BitGenome>
{
    private readonly MemoizingEvaluator<BitGenome> _memo = new(fitness);

    /// <summary>Candidates measured: the number of distinct ones seen, those of a batch that was stopped included.</summary>
    public long Misses => fitness.Evaluated;

    /// <summary>Images that they sent through a network, one of a training counting three.</summary>
    public long ForwardImages => (Misses * fitness.ForwardImages) - fitness.SparedImages + fitness.RepairImages;

    /// <inheritdoc cref="PruningFitness.RaceTally"/>
    public RaceTally RaceTally => fitness.RaceTally;

    /// <inheritdoc/>
    public ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellationToken) => _memo.EvaluateAsync(genomes, cancellationToken);

    /// <summary>The network of a choice of channels, repaired where the problem asks for it.</summary>
    public Task<Network> CutAsync(BitGenome genome, CancellationToken cancellation) => fitness.CutAsync(genome, cancellation);

    /// <inheritdoc cref="PruningFitness.TrainedNetworkOf"/>
    public Network? TrainedNetworkOf(BitGenome genome) => fitness.TrainedNetworkOf(genome);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<BitGenome, Evaluation>> RaceAsync(ImmutableArray<Contest<BitGenome>> contests, CancellationToken cancellationToken) =>
        fitness.CanRace ? fitness.RaceAsync(contests, cancellationToken) : this.EvaluateEntrantsAsync(contests, cancellationToken);
}
