using System.Collections.Immutable;
using Coppice.Pruning;
using Coppice.Search;
using Coppice.Search.Racing;

namespace Coppice.Benchmarks;

/// <summary>Scores candidates on all images and keeps the contests of a search, so that other ways of scoring can be shown the very same.</summary>
/// <param name="fitness">Scores on all images.</param>
internal sealed class RecordingEvaluator(PruningFitness fitness) : IRacingEvaluator<BitGenome>
{
    private readonly MemoizingEvaluator<BitGenome> _memo = new(fitness);

    /// <summary>The contests of each generation, in order.</summary>
    public List<ImmutableArray<Contest<BitGenome>>> Generations { get; } = [];

    public ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellationToken) => _memo.EvaluateAsync(genomes, cancellationToken);

    public ValueTask<IReadOnlyDictionary<BitGenome, Evaluation>> RaceAsync(ImmutableArray<Contest<BitGenome>> contests, CancellationToken cancellationToken)
    {
        Generations.Add(contests);
        return this.EvaluateEntrantsAsync(contests, cancellationToken);
    }
}
