using System.Collections.Immutable;
using Coppice.Search.Operators;

namespace Coppice.Search.Algorithms;

/// <summary>
/// Towards Evolutionary Compression (Wang, Xu, Qiu, Xu &amp; Tao, KDD 2018; arXiv 1707.08005): a genetic algorithm over one bit per filter of
/// the whole network. Maximises; the fitness must be positive for the published roulette to make sense.
/// <code>
/// P ← K bit strings
/// repeat:
///     Q ← { the best of P }
///     until |Q| = K, with s ~ U(0, 1):
///         s ≤ s₁:            copy one parent into Q                       parents by roulette: P(k) = f_k / Σ f
///         s ≤ s₁ + s₂:       swap a random segment of two parents; both children enter Q
///         otherwise:         invert every bit of a random segment of one parent
///     P ← Q, evaluated
/// </code>
/// </summary>
/// <remarks>
/// <para>
/// Two weaknesses, and the options that cure them. Roulette is flat where the fitness is a high accuracy: <see cref="SelectionRule.Rank"/> or
/// <see cref="SelectionRule.Tournament"/>. A segment inversion rewrites a third of the genome, however late in the search:
/// <see cref="EvolutionaryCompressionOptions.BitMutationRate"/> = 1 / L.
/// </para>
/// <para>
/// Deviation: the density of a founder is drawn first, p ~ U(0, 1), then its bits (as in the same laboratory's later code). With fair coins
/// all founders keep about half of everything.
/// </para>
/// <para>Deviation: a segment that loses all of its ones gets a random one back (the same code's rule), or whatever the given repair says.</para>
/// <para>Deviation: both cut points of a segment may be the last bit; with half-open ends the last filter would never be varied.</para>
/// <para>Deviation: copies, and children that equal a parent or each other, are not evaluated again.</para>
/// <para>Deviation: a child that failed leaves its place to a parent, so that no failure outlives a success.</para>
/// </remarks>
public sealed class EvolutionaryCompression : ISearchAlgorithm<Generation<BitGenome>, BitGenome>
{
    private const int Elites = 1;

    private readonly EvolutionaryCompressionOptions _options;
    private readonly BitGenome _full;
    private readonly IFitnessEvaluator<BitGenome> _evaluator;
    private readonly IRepair<BitGenome> _repair;
    private readonly ISelection _selection;
    private readonly SegmentSwap<BitGenome> _crossover = new();
    private readonly IMutation<BitGenome> _mutation;

    /// <summary>The search of one network.</summary>
    /// <param name="options">The settings, checked here.</param>
    /// <param name="groupSizes">The bits of each segment, at least 1 each, at least one segment.</param>
    /// <param name="evaluator">Evaluates a generation as one batch.</param>
    /// <param name="repair">Makes founders and children keep a rule; null, the default, for <see cref="NonEmptySegments"/>.</param>
    public EvolutionaryCompression(
        EvolutionaryCompressionOptions options,
        ImmutableArray<int> groupSizes,
        IFitnessEvaluator<BitGenome> evaluator,
        IRepair<BitGenome>? repair = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(evaluator);
        options.Validate();
        (_options, _full, _evaluator, _repair) = (options, BitGenome.AllOnes(groupSizes.AsSpan()), evaluator, repair ?? new NonEmptySegments());
        _selection = options.Selection switch
        {
            SelectionRule.Rank => new LinearRank(),
            SelectionRule.Tournament => new Tournament(),
            _ => new RouletteWheel(),
        };
        _mutation = options.BitMutationRate is { } rate ? new BitFlip<BitGenome>(rate) : new SegmentInversion<BitGenome>();
    }

    /// <inheritdoc/>
    public async Task<Generation<BitGenome>> InitializeAsync(ImmutableArray<BitGenome> seeds, CancellationToken cancellationToken)
    {
        ThrowIfForeign(seeds, nameof(seeds));
        var founders = Founders.Draw(seeds, _options.PopulationSize, _options.Seed, Found);
        var (population, evaluations) = await _evaluator.EvaluateUnseenAsync([], founders, cancellationToken);
        return new(Number: 0, Survival.Best(population, _options.PopulationSize)) { Evaluations = evaluations };
    }

    /// <inheritdoc/>
    public async Task<Generation<BitGenome>> StepAsync(Generation<BitGenome> current, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(current);
        ThrowIfForeign(current.Population.Select(individual => individual.Genome), nameof(current));
        var draw = _selection.From(current.Population);
        List<BitGenome> offspring = [];
        while (offspring.Count < _options.PopulationSize - Elites)
        {
            offspring.AddRange(Fill(draw, Rng.For(_options.Seed, (ulong)current.Number + 1, (ulong)offspring.Count)));
        }

        var (children, evaluations) = await _evaluator.EvaluateUnseenAsync(
            current.Population, [.. offspring.Take(_options.PopulationSize - Elites)], cancellationToken);
        return current.Next(Survival.Generational(current.Population, children, _options.PopulationSize, Elites), evaluations);
    }

    /// <summary>One draw of s: the child or children that fill the next places.</summary>
    private IEnumerable<BitGenome> Fill(Func<Rng, Individual<BitGenome>> draw, Rng rng)
    {
        double s = rng.NextDouble();
        var mother = draw(rng).Genome;
        if (s < _options.CopyProbability) return [mother];
        if (s >= _options.CopyProbability + _options.CrossoverProbability) return [_repair.Repair(_mutation.Mutate(mother, rng), rng)];

        var (first, second) = _crossover.Cross(mother, draw(rng).Genome, rng);
        return [Finish(first, rng), Finish(second, rng)];
    }

    private BitGenome Finish(BitGenome child, Rng rng) =>
        _repair.Repair(_options.BitMutationRate is null ? child : _mutation.Mutate(child, rng), rng);

    private BitGenome Found(Rng rng) => _repair.Repair(_full.WithBits(RandomBits.DensityVaried(_full.Length, rng)), rng);

    private void ThrowIfForeign(IEnumerable<BitGenome> genomes, string name)
    {
        var lengths = _full.Segments.Select(bits => bits.Length);
        foreach (var genome in genomes.Where(genome => !genome.Segments.Select(bits => bits.Length).SequenceEqual(lengths)))
        {
            throw new ArgumentException(
                $"A genome has segments of [{string.Join(", ", genome.Segments.Select(bits => bits.Length))}] bits, but this search has "
                + $"[{string.Join(", ", lengths)}].", name);
        }
    }
}
