using System.Collections.Immutable;
using Coppice.Search.Operators;

namespace Coppice.Search.Algorithms;

/// <summary>
/// Regularized Evolution for Image Classifier Architecture Search: aging evolution (Real, Aggarwal, Huang &amp; Le, AAAI 2019; arXiv 1802.01548),
/// which LeGR (Chin et al., CVPR 2020) evolves its ranks with. Maximises.
/// <code>
/// population ← queue of P random individuals, evaluated
/// repeat:
///     sample ← S of the population, drawn with replacement
///     child ← the best of the sample, mutated, evaluated;  add it at the right of the queue
///     remove the individual at the left: the oldest
/// return the best of all that ever lived
/// </code>
/// </summary>
/// <remarks>
/// <para>Deviation: a step makes a batch of children from one population, so that they can be evaluated at once; a batch of 1 is the paper's.</para>
/// <para>
/// Deviation: a child that failed is not born, and founders that failed count as the oldest: no failure outlives a success. While a whole
/// population has failed, nobody dies.
/// </para>
/// <para>Deviation: a child that equals someone alive is born without being evaluated again.</para>
/// </remarks>
/// <typeparam name="TGenome">The encoded candidate; a value with its own equality.</typeparam>
public sealed class RegularizedEvolution<TGenome> : ISearchAlgorithm<AgingPopulation<TGenome>, TGenome>
    where TGenome : notnull
{
    private readonly RegularizedEvolutionOptions _options;
    private readonly Func<Rng, TGenome> _sample;
    private readonly Func<long, IMutation<TGenome>> _mutation;
    private readonly IFitnessEvaluator<TGenome> _evaluator;
    private readonly Tournament _selection;

    /// <summary>A search whose mutation stays the same.</summary>
    /// <param name="options">The settings, checked here.</param>
    /// <param name="sample">Draws a founder from the given stream and nothing else.</param>
    /// <param name="mutation">Makes a child of its parent.</param>
    /// <param name="evaluator">Evaluates each batch.</param>
    public RegularizedEvolution(
        RegularizedEvolutionOptions options, Func<Rng, TGenome> sample, IMutation<TGenome> mutation, IFitnessEvaluator<TGenome> evaluator)
        : this(options, sample, _ => mutation, evaluator) => ArgumentNullException.ThrowIfNull(mutation);

    /// <summary>A search whose mutation changes as it goes on, such as LeGR's, whose step shrinks.</summary>
    /// <param name="options">The settings, checked here.</param>
    /// <param name="sample">Draws a founder from the given stream and nothing else.</param>
    /// <param name="mutation">The mutation after so many evaluations: a pure function, so that a resumed run equals an unbroken one.</param>
    /// <param name="evaluator">Evaluates each batch.</param>
    public RegularizedEvolution(
        RegularizedEvolutionOptions options,
        Func<Rng, TGenome> sample,
        Func<long, IMutation<TGenome>> mutation,
        IFitnessEvaluator<TGenome> evaluator)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(sample);
        ArgumentNullException.ThrowIfNull(mutation);
        ArgumentNullException.ThrowIfNull(evaluator);
        options.Validate();
        (_options, _sample, _mutation, _evaluator, _selection) = (options, sample, mutation, evaluator, new(options.TournamentSize));
    }

    /// <inheritdoc/>
    public async Task<AgingPopulation<TGenome>> InitializeAsync(ImmutableArray<TGenome> seeds, CancellationToken cancellationToken)
    {
        var founders = Founders.Draw(seeds, _options.PopulationSize, _options.Seed, _sample);
        var (population, evaluations) = await _evaluator.EvaluateUnseenAsync([], founders, cancellationToken);
        var fittest = Survival.Best(population, _options.PopulationSize);
        var byAge = fittest.OrderBy(individual => individual.Succeeded ? 1 : 0).ThenBy(individual => population.IndexOf(individual));
        return new(Number: 0, [.. byAge], fittest[0], evaluations);
    }

    /// <inheritdoc/>
    public async Task<AgingPopulation<TGenome>> StepAsync(AgingPopulation<TGenome> current, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(current);
        var draw = _selection.From(current.Population);
        var mutation = _mutation(current.Evaluations);
        var offspring = Enumerable.Range(0, _options.BatchSize).Select(child =>
        {
            var rng = Rng.For(_options.Seed, (ulong)current.Number + 1, (ulong)child);
            return mutation.Mutate(draw(rng).Genome, rng);
        });
        var (children, evaluations) = await _evaluator.EvaluateUnseenAsync(
            current.Population.Prepend(current.Best), [.. offspring], cancellationToken);

        ImmutableArray<Individual<TGenome>> alive = [.. current.Population, .. children.Where(child => child.Succeeded)];
        return new(
            current.Number + 1,
            [.. alive.TakeLast(_options.PopulationSize)],
            Survival.Best(children.Insert(0, current.Best), count: 1)[0],
            current.Evaluations + evaluations);
    }
}
