using System.Collections.Immutable;
using Coppice.Search.Operators;

namespace Coppice.Search.Algorithms;

/// <summary>
/// Genetic algorithm (Eiben &amp; Smith, Introduction to Evolutionary Computing, 2nd ed., 2015, ch. 3 and 5). Maximises.
/// <code>
/// P ← μ founders, evaluated
/// repeat:
///     λ children ← select two parents; cross them with p_c, else copy; mutate each with p_m; repair
///     P ← generational: the elites and the best children;   (μ + λ): the μ best of P ∪ children
/// </code>
/// </summary>
/// <remarks>
/// <para>
/// For bit strings of which exactly k are one, as in the layer search of Hu et al. (2018): sample <see cref="RandomBits.ExactCount"/>,
/// <see cref="OnePointCrossover{TGenome}"/>, <see cref="BitFlip{TGenome}"/> and the repair <see cref="ExactCount{TGenome}"/>.
/// </para>
/// <para>Deviation: a child that failed leaves its place to a parent, so that no failure outlives a success.</para>
/// <para>Deviation: a child that equals a parent, or another child, is not evaluated again.</para>
/// </remarks>
/// <typeparam name="TGenome">The encoded candidate; a value with its own equality.</typeparam>
public sealed class GeneticAlgorithm<TGenome> : ISearchAlgorithm<Generation<TGenome>, TGenome>
    where TGenome : notnull
{
    private readonly GeneticAlgorithmOptions _options;
    private readonly Variation<TGenome> _variation;
    private readonly ISelection _selection;
    private readonly IFitnessEvaluator<TGenome> _evaluator;

    /// <summary>A genetic algorithm.</summary>
    /// <param name="options">The settings, checked here.</param>
    /// <param name="variation">How genomes come to be.</param>
    /// <param name="selection">Who mates.</param>
    /// <param name="evaluator">Evaluates a generation as one batch.</param>
    public GeneticAlgorithm(
        GeneticAlgorithmOptions options, Variation<TGenome> variation, ISelection selection, IFitnessEvaluator<TGenome> evaluator)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(variation);
        ArgumentNullException.ThrowIfNull(selection);
        ArgumentNullException.ThrowIfNull(evaluator);
        options.Validate();
        (_options, _variation, _selection, _evaluator) = (options, variation, selection, evaluator);
    }

    /// <inheritdoc/>
    public async Task<Generation<TGenome>> InitializeAsync(ImmutableArray<TGenome> seeds, CancellationToken cancellationToken)
    {
        var founders = Founders.Draw(seeds, _options.PopulationSize, _options.Seed, _variation.Found);
        var (population, evaluations) = await _evaluator.EvaluateUnseenAsync([], founders, cancellationToken);
        return new(Number: 0, Survival.Best(population, _options.PopulationSize)) { Evaluations = evaluations };
    }

    /// <inheritdoc/>
    public async Task<Generation<TGenome>> StepAsync(Generation<TGenome> current, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(current);
        var draw = _selection.From(current.Population);
        int matings = (_options.Offspring + 1) / 2;
        var offspring = Enumerable.Range(0, matings)
            .SelectMany(mating => Mate(draw, Rng.For(_options.Seed, (ulong)current.Number + 1, (ulong)mating)))
            .Take(_options.Offspring);

        var (children, evaluations) = await _evaluator.EvaluateUnseenAsync(current.Population, [.. offspring], cancellationToken);
        return current.Next(Survive(current.Population, children), evaluations);
    }

    private IEnumerable<TGenome> Mate(Func<Rng, Individual<TGenome>> draw, Rng rng)
    {
        var (mother, father) = (draw(rng), draw(rng));
        var (first, second) = _variation.Breed(
            mother.Genome, father.Genome, _options.CrossoverProbability, _options.MutationProbability, rng);
        return [first, second];
    }

    private ImmutableArray<Individual<TGenome>> Survive(
        ImmutableArray<Individual<TGenome>> parents, ImmutableArray<Individual<TGenome>> children) =>
        _options.Replacement == Replacement.MuPlusLambda
            ? Survival.Best(parents.AddRange(children), _options.PopulationSize)
            : Survival.Generational(parents, children, _options.PopulationSize, _options.Elites);
}
