using System.Collections.Immutable;

namespace Coppice.Search;

/// <summary>
/// Evaluates each distinct genome once, also when it comes twice in one batch. Nothing is remembered of a batch that was cancelled or threw.
/// </summary>
/// <remarks>Not for concurrent calls: a search has one batch under way at a time.</remarks>
/// <typeparam name="TGenome">The encoded candidate; its equality decides what is the same candidate.</typeparam>
/// <param name="inner">Evaluates what was not seen before.</param>
public sealed class MemoizingEvaluator<TGenome>(IFitnessEvaluator<TGenome> inner) : IFitnessEvaluator<TGenome>
    where TGenome : IEquatable<TGenome>
{
    private readonly Dictionary<TGenome, Evaluation> _memo = [];

    /// <summary>How many genomes were answered without an evaluation.</summary>
    public long Hits { get; private set; }

    /// <summary>How many genomes were evaluated: the number of distinct genomes seen.</summary>
    public long Misses => _memo.Count;

    /// <inheritdoc/>
    public async ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<TGenome> genomes, CancellationToken cancellationToken)
    {
        ImmutableArray<TGenome> unseen = [.. genomes.Where(genome => !_memo.ContainsKey(genome)).Distinct()];
        var evaluations = await inner.EvaluateCheckedAsync(unseen, cancellationToken);

        foreach (var (genome, evaluation) in unseen.Zip(evaluations)) _memo.Add(genome, evaluation);
        Hits += genomes.Length - unseen.Length;
        return [.. genomes.Select(genome => _memo[genome])];
    }
}
