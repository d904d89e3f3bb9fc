using System.Collections.Immutable;
using Coppice.Search.Racing;

namespace Coppice.Search.Algorithms;

/// <summary>
/// The best of k random genomes: the baseline that every search must beat at equal cost (Li et al., CVPR 2022, found it hard to beat).
/// </summary>
/// <remarks>
/// Genome i comes from the stream (seed, i), so neither the size of a batch nor an interruption changes what is drawn. A generation holds all
/// individuals drawn so far, in that order.
/// </remarks>
/// <typeparam name="TGenome">The encoded candidate.</typeparam>
public sealed class RandomSearch<TGenome> : ISearchAlgorithm<Generation<TGenome>, TGenome>
{
    private readonly RandomSearchOptions _options;
    private readonly Func<Rng, TGenome> _sample;
    private readonly IFitnessEvaluator<TGenome> _evaluator;

    /// <summary>A random search.</summary>
    /// <param name="options">The settings, checked here.</param>
    /// <param name="sample">Draws a genome from the given stream and nothing else.</param>
    /// <param name="evaluator">Evaluates a batch.</param>
    public RandomSearch(RandomSearchOptions options, Func<Rng, TGenome> sample, IFitnessEvaluator<TGenome> evaluator)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_options, _sample, _evaluator) = (options, sample, evaluator);
    }

    /// <summary>The first batch.</summary>
    /// <param name="cancellationToken">Stops the evaluation.</param>
    public Task<Generation<TGenome>> InitializeAsync(CancellationToken cancellationToken) => InitializeAsync([], cancellationToken);

    /// <summary>The first batch, with genomes of the caller's in place of the first random ones; all of them are evaluated.</summary>
    /// <param name="seeds">The genomes; they count as samples.</param>
    /// <param name="cancellationToken">Stops the evaluation.</param>
    public async Task<Generation<TGenome>> InitializeAsync(ImmutableArray<TGenome> seeds, CancellationToken cancellationToken)
    {
        int count = Math.Max(seeds.Length, Math.Min(_options.BatchSize, _options.Samples));
        var founders = await AddAsync([], [.. seeds, .. Draw(seeds.Length, count - seeds.Length)], cancellationToken);
        return new(Number: 0, founders) { Evaluations = founders.Length };
    }

    /// <summary>Adds the next batch; a search that is complete stays as it is.</summary>
    /// <param name="current">The state before.</param>
    /// <param name="cancellationToken">Stops the evaluation; the state before stays valid.</param>
    public async Task<Generation<TGenome>> StepAsync(Generation<TGenome> current, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(current);
        if (IsComplete(current)) return current;
        int drawn = current.Population.Length;
        var batch = Draw(drawn, Math.Min(_options.BatchSize, _options.Samples - drawn));
        return current.Next(await AddAsync(current.Population, batch, cancellationToken), batch.Length);
    }

    /// <summary>Whether all k genomes have been drawn.</summary>
    /// <param name="current">The state.</param>
    public bool IsComplete(Generation<TGenome> current)
    {
        ArgumentNullException.ThrowIfNull(current);
        return current.Population.Length >= _options.Samples;
    }

    private ImmutableArray<TGenome> Draw(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(i => _sample(Rng.For(_options.Seed, (ulong)i)))];

    /// <summary>All so far and a new batch, evaluated. An evaluator that races looks at each as long as it may be the best.</summary>
    private async Task<ImmutableArray<Individual<TGenome>>> AddAsync(ImmutableArray<Individual<TGenome>> population, ImmutableArray<TGenome> batch, CancellationToken cancellationToken)
    {
        if (_evaluator is IRacingEvaluator<TGenome> races)
        {
            ImmutableArray<TGenome> all = [.. population.Select(individual => individual.Genome), .. batch];
            var evaluated = await races.RaceAsync([new([.. all.Distinct()], Places: 1)], cancellationToken);
            return [.. all.Select(genome => new Individual<TGenome>(genome, evaluated[genome]))];
        }

        var evaluations = await _evaluator.EvaluateCheckedAsync(batch, cancellationToken);
        return [.. population, .. batch.Zip(evaluations, (genome, evaluation) => new Individual<TGenome>(genome, evaluation))];
    }
}
