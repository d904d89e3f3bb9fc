using System.Collections.Immutable;
using Coppice.Search.Operators;
using Coppice.Search.Pareto;

namespace Coppice.Search.Algorithms;

/// <summary>
/// A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II (Deb, Pratap, Agarwal &amp; Meyarivan, IEEE TEC 6(2), 2002). Minimises several
/// objectives at once.
/// <code>
/// P ← N founders, evaluated
/// repeat:
///     Q ← N children: parents by binary tournament of ≺; crossed with p_c, mutated
///     F₁, F₂, … ← non-dominated fronts of P ∪ Q
///     P ← whole fronts while they fit; of the next one those of most crowding distance
///
/// i ≺ j  if i's front is better, or it is the same and i has more crowding distance
/// </code>
/// </summary>
/// <remarks>
/// <para>A candidate that failed breaks a constraint: everyone who succeeded dominates it.</para>
/// <para>
/// Deviation: no two individuals of a generation have the same genome, for copies would take the front's places; where the space has fewer than N
/// genomes, a generation is smaller.
/// </para>
/// <para>Tournaments are held as in the authors' code: neighbours in a random order of the population compete, so that everyone competes twice.</para>
/// </remarks>
/// <typeparam name="TGenome">The encoded candidate; a value with its own equality.</typeparam>
public sealed class Nsga2<TGenome> : ISearchAlgorithm<Generation<TGenome>, TGenome>
    where TGenome : notnull
{
    private readonly Nsga2Options _options;
    private readonly Variation<TGenome> _variation;
    private readonly Objectives _objectives;
    private readonly IFitnessEvaluator<TGenome> _evaluator;

    /// <summary>A multi-objective search.</summary>
    /// <param name="options">The settings, checked here.</param>
    /// <param name="variation">How genomes come to be.</param>
    /// <param name="objectives">The numbers to minimise.</param>
    /// <param name="evaluator">Evaluates a generation as one batch.</param>
    public Nsga2(Nsga2Options options, Variation<TGenome> variation, Objectives objectives, IFitnessEvaluator<TGenome> evaluator)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(variation);
        ArgumentNullException.ThrowIfNull(objectives);
        ArgumentNullException.ThrowIfNull(evaluator);
        options.Validate();
        (_options, _variation, _objectives, _evaluator) = (options, variation, objectives, evaluator);
    }

    /// <inheritdoc/>
    public async Task<Generation<TGenome>> InitializeAsync(ImmutableArray<TGenome> seeds, CancellationToken cancellationToken)
    {
        var founders = Founders.Draw(seeds, _options.PopulationSize, _options.Seed, _variation.Found);
        var (population, evaluations) = await _evaluator.EvaluateUnseenAsync([], founders, cancellationToken);
        return new(Number: 0, Survive(population)) { Evaluations = evaluations };
    }

    /// <inheritdoc/>
    public async Task<Generation<TGenome>> StepAsync(Generation<TGenome> current, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(current);
        int generation = current.Number + 1;
        int matings = (_options.PopulationSize + 1) / 2;
        var parents = Parents(Rank(current.Population), 2 * matings, Rng.ForGeneration(_options.Seed, generation));
        var offspring = Enumerable.Range(0, matings)
            .SelectMany(mating => Mate(parents[2 * mating], parents[(2 * mating) + 1], Rng.For(_options.Seed, (ulong)generation, (ulong)mating)))
            .Take(_options.PopulationSize);

        var (children, evaluations) = await _evaluator.EvaluateUnseenAsync(current.Population, [.. offspring], cancellationToken);
        return current.Next(Survive(current.Population.AddRange(children)), evaluations);
    }

    /// <summary>The individuals of a generation whom nobody of it dominates, by the first objective.</summary>
    /// <param name="generation">The generation.</param>
    public ParetoFront<TGenome> FrontOf(Generation<TGenome> generation)
    {
        ArgumentNullException.ThrowIfNull(generation);
        return new ParetoFront<TGenome>(_objectives).Add(generation.Population);
    }

    private IEnumerable<TGenome> Mate(TGenome mother, TGenome father, Rng rng)
    {
        var (first, second) = _variation.Breed(mother, father, _options.CrossoverProbability, _options.MutationProbability, rng);
        return [first, second];
    }

    /// <summary>The winners of binary tournaments by ≺ between neighbours, in one random order of the population after another.</summary>
    private static List<TGenome> Parents(ImmutableArray<Ranked> population, int count, Rng rng)
    {
        List<TGenome> parents = [];
        while (parents.Count < count)
        {
            int[] order = rng.Permutation(population.Length);
            for (int i = 0; i < order.Length; i += 2)
            {
                // One who is left over competes with the first of the order: with an odd number, and alone with itself.
                var (one, other) = (population[order[i]], population[order[(i + 1) % order.Length]]);
                parents.Add((other.Precedes(one) ? other : one).Individual.Genome);
            }
        }

        return parents;
    }

    /// <summary>The N first by ≺, each genome once: whole fronts, and of the last one the least crowded.</summary>
    private ImmutableArray<Individual<TGenome>> Survive(ImmutableArray<Individual<TGenome>> pool) =>
    [
        .. Rank([.. pool.DistinctBy(individual => individual.Genome)])
            .OrderBy(ranked => ranked.Front)
            .ThenByDescending(ranked => ranked.Crowding)
            .Take(_options.PopulationSize)
            .Select(ranked => ranked.Individual),
    ];

    private ImmutableArray<Ranked> Rank(ImmutableArray<Individual<TGenome>> population)
    {
        var vectors = _objectives.Of(population);
        var fronts = NonDominatedSort.Fronts(vectors);
        var ranked = ImmutableArray.CreateBuilder<Ranked>(population.Length);
        for (int front = 0; front < fronts.Length; front++)
        {
            double[] crowding = CrowdingDistance.Of([.. fronts[front].Select(i => vectors[i])]);
            ranked.AddRange(fronts[front].Zip(crowding, (i, distance) => new Ranked(population[i], front, distance)));
        }

        return ranked.MoveToImmutable();
    }

    /// <summary>An individual with the number of its front, from 0, and its crowding distance there.</summary>
    private sealed record Ranked(Individual<TGenome> Individual, int Front, double Crowding)
    {
        public bool Precedes(Ranked other) => Front < other.Front || (Front == other.Front && Crowding > other.Crowding);
    }
}
