using System.Collections.Immutable;
using Coppice.Search.Operators;
using Coppice.Search.Racing;

namespace Coppice.Search.Algorithms;

/// <summary>
/// CCEP, cooperative coevolution of filters (Shang, Wu, Hong &amp; Qian, IJCAI 2022): the search of one round of prune and fine-tune. Maximises.
/// <code>
/// for each channel group i with N filters, all others as at the round's start:
///     P ← { 1…1 and m − 1 copies of it, mutated with rate p₁ }
///     repeat G times:
///         offspring ← m times: a parent drawn uniformly from P, mutated with rate p₂, keeping at least (1 − r) · N
///         P ← the m best of P ∪ offspring, by fitness, then by size
///     output the best of P; if that keeps everything, the second best
/// </code>
/// </summary>
/// <remarks>
/// <para>
/// A species is a group's P; its representative, which the others see, is the full group. All species step in lockstep, and what a
/// generation of all of them adds is one batch.
/// </para>
/// <para>
/// Deviation: no individual keeps fewer than ⌈(1 − r) · N⌉, founders included. The authors' code tests the bound before the flip and so
/// passes it by one.
/// </para>
/// <para>Deviation: a mutation visits the filters in random order. In index order the bound spares the last ones.</para>
/// <para>
/// Deviation: the genomes of a population differ, and every random founder is pruned, by force if need be. Otherwise the second best may be
/// a copy of the full one, and nothing is pruned.
/// </para>
/// <para>
/// Deviation: where a caller says which counts a group may have, founders and offspring of another count get or lose filters at random until theirs is one of them, and a
/// round may cut one step even where r · N is less.
/// </para>
/// <para>Deviation: ties of fitness go to the lower cost (MACs), not to the fewer filters.</para>
/// <para>
/// Deviation: a genome is evaluated once, and the full network once for all species; the authors' code evaluates it twice per group.
/// </para>
/// <para>
/// Deviation: with a <see cref="CooperativeCoevolutionOptions.CostBudget"/>, which the paper has not, the founders are spread evenly over
/// the sizes between the bound and everything, survival ranks by fitness − λ · cost, and <see cref="Splice"/> replaces the winners. The
/// price λ is that of the <see cref="PricedSplice"/> of the archives: one number that leads every species to where its trade is as good as
/// the others'. While no splice meets the budget, λ = ∞ and the cheapest survive.
/// </para>
/// </remarks>
public sealed class CooperativeCoevolution : ISearchAlgorithm<CoevolutionState, BitGenome>
{
    /// <summary>How often a founder that repeats another is drawn anew; a small group may have fewer genomes than m.</summary>
    private const int MaxDraws = 20;

    /// <summary>How often a generation's race is run at most while its price moves.</summary>
    private const int MaxRuns = 4;

    private readonly CooperativeCoevolutionOptions _options;
    private readonly BitGenome _full;
    private readonly ImmutableArray<AllowedCounts> _counts;
    private readonly IFitnessEvaluator<BitGenome> _evaluator;

    /// <summary>The search of one round.</summary>
    /// <param name="options">The settings, checked here.</param>
    /// <param name="groupSizes">N of each channel group at the round's start, at least 1 each, at least one group.</param>
    /// <param name="evaluator">Evaluates joint genomes, one segment per group.</param>
    public CooperativeCoevolution(CooperativeCoevolutionOptions options, ImmutableArray<int> groupSizes, IFitnessEvaluator<BitGenome> evaluator)
        : this(options, [.. groupSizes.Select(size => new AllowedCounts(size))], evaluator)
    {
    }

    /// <summary>The search of one round.</summary>
    /// <param name="options">The settings, checked here.</param>
    /// <param name="counts">How many filters each group may keep, at least one group; see <see cref="CooperativeCoevolutionOptions.Within"/>.</param>
    /// <param name="evaluator">Evaluates joint genomes, one segment per group.</param>
    public CooperativeCoevolution(CooperativeCoevolutionOptions options, ImmutableArray<AllowedCounts> counts, IFitnessEvaluator<BitGenome> evaluator)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(evaluator);
        options.Validate();
        (_options, _evaluator) = (options, evaluator);
        _full = BitGenome.AllOnes([.. counts.Select(group => group.Size)]);
        _counts = [.. counts.Select(options.Within)];
    }

    /// <summary>The founders, evaluated: generation 0.</summary>
    /// <param name="cancellationToken">Stops the evaluation.</param>
    /// <exception cref="InvalidOperationException">The full network could not be evaluated.</exception>
    public Task<CoevolutionState> InitializeAsync(CancellationToken cancellationToken) =>
        InitializeAsync([.. _full.Segments.Select(_ => ImmutableArray<BitString>.Empty)], cancellationToken);

    /// <summary>The founders, evaluated: generation 0, with genomes of the caller's in place of the first random ones.</summary>
    /// <param name="seeds">For each group any number of genomes, for example masks by L1 norm at several densities; all are evaluated.</param>
    /// <param name="cancellationToken">Stops the evaluation.</param>
    /// <exception cref="InvalidOperationException">The full network could not be evaluated.</exception>
    public async Task<CoevolutionState> InitializeAsync(
        ImmutableArray<ImmutableArray<BitString>> seeds, CancellationToken cancellationToken)
    {
        ThrowIfNotValid(seeds);
        ImmutableArray<Species> unborn = [.. Enumerable.Range(0, _full.Segments.Length).Select(i => new Species(i, [], []))];
        var species = await AdvanceAsync(unborn, [.. unborn.Select(s => Founders(s.Index, seeds[s.Index]))], cancellationToken);

        return species[0].Full.Succeeded
            ? new(_options.Round, Generation: 0, species)
            : throw new InvalidOperationException(
                $"Cannot start the coevolution: the full network could not be evaluated ({species[0].Full.Evaluation.FailureReason}).");
    }

    /// <summary>Through the seam, seeds are joint genomes; each gives every species one founder.</summary>
    Task<CoevolutionState> ISearchAlgorithm<CoevolutionState, BitGenome>.InitializeAsync(
        ImmutableArray<BitGenome> seeds, CancellationToken cancellationToken)
    {
        foreach (var seed in seeds.Where(seed => seed.Segments.Length != _full.Segments.Length))
        {
            throw new ArgumentException($"A seed has {seed.Segments.Length} segments, but there are {_full.Segments.Length} groups.", nameof(seeds));
        }

        return InitializeAsync([.. _full.Segments.Select((_, group) => seeds.Select(seed => seed[group]).ToImmutableArray())], cancellationToken);
    }

    /// <summary>The next generation of every species.</summary>
    /// <param name="state">The state before; it stays as it is.</param>
    /// <param name="cancellationToken">Stops the evaluation.</param>
    public async Task<CoevolutionState> StepAsync(CoevolutionState state, CancellationToken cancellationToken)
    {
        ThrowIfForeign(state);
        int generation = state.Generation + 1;
        var offspring = state.Species.Select(species => Offspring(species, generation));
        return new(state.Round, generation, await AdvanceAsync(state.Species, [.. offspring], cancellationToken));
    }

    /// <summary>Whether G generations have passed since the founders.</summary>
    /// <param name="state">The state.</param>
    public bool IsComplete(CoevolutionState state)
    {
        ThrowIfForeign(state);
        return state.Generation >= _options.Generations;
    }

    /// <summary>The best of a species; if that keeps everything, the second best. The full one only if nothing else could be evaluated.</summary>
    /// <param name="species">The species.</param>
    public static Individual<BitString> Winner(Species species)
    {
        ArgumentNullException.ThrowIfNull(species);
        return species.Population.FirstOrDefault(individual => individual.Succeeded && individual.Genome != species.Full.Genome) ?? species.Full;
    }

    /// <summary>The winners of all species, joined: what the paper prunes to.</summary>
    /// <param name="state">The state.</param>
    public BitGenome Winners(CoevolutionState state)
    {
        ThrowIfForeign(state);
        return new([.. state.Species.Select(species => Winner(species).Genome)]);
    }

    /// <summary>One individual of each species' archive, so that together they meet a budget at the least loss of fitness.</summary>
    /// <remarks>
    /// The costs are treated as additive over the species: evaluate the joint genome, and ask again with a lower budget if its true cost is
    /// too high.
    /// </remarks>
    /// <param name="state">The state.</param>
    /// <param name="costBudget">Cost of the joint genome, in the unit of <see cref="Evaluation.Cost"/>.</param>
    /// <exception cref="InfeasibleBudgetException">No choice of archived individuals meets the budget.</exception>
    public PricedSplice Splice(CoevolutionState state, double costBudget)
    {
        ThrowIfForeign(state);
        return PricedSplice.Find(state.Species, costBudget);
    }

    /// <summary>
    /// A joint genome's segments, each alone in its species, evaluated in full: what an answer is made of must be known exactly, where a race (<see cref="IRacingEvaluator{TGenome}"/>) was
    /// content to know who survives.
    /// </summary>
    /// <param name="state">The state.</param>
    /// <param name="joint">The genome; its segments are in their species' archives.</param>
    /// <param name="cancellationToken">Stops the evaluation.</param>
    /// <returns>The state with what is known then; an equal one where all of it was known.</returns>
    public async Task<CoevolutionState> CompleteAsync(CoevolutionState state, BitGenome joint, CancellationToken cancellationToken)
    {
        ThrowIfForeign(state);
        ArgumentNullException.ThrowIfNull(joint);
        ImmutableArray<BitGenome> genomes = [.. state.Species.Select(s => Join(s.Index, joint[s.Index])).Distinct()];
        var evaluated = await EvaluateAsync(genomes, cancellationToken);
        return state with { Species = [.. state.Species.Select(s => Updated(s, evaluated))] };
    }

    /// <summary>Evaluates what no species has seen yet as one batch, then lets each species survive.</summary>
    private async Task<ImmutableArray<Species>> AdvanceAsync(
        ImmutableArray<Species> species, ImmutableArray<ImmutableArray<BitString>> offspring, CancellationToken cancellationToken)
    {
        if (_evaluator is IRacingEvaluator<BitGenome> races)
        {
            return await RaceAsync(races, species, offspring, cancellationToken);
        }

        var evaluated = await EvaluateAsync([.. species.SelectMany(s => Unseen(s, offspring[s.Index]).Select(bits => Join(s.Index, bits))).Distinct()], cancellationToken);
        var grown = Grown(species, offspring, evaluated);
        double price = Price(grown);
        return [.. grown.Select(s => Survive(s, offspring[s.Index], price))];
    }

    /// <summary>The same by a race for each species' places. What the race finds may change the price, and so who is worth more: then it is run on at the new one.</summary>
    private async Task<ImmutableArray<Species>> RaceAsync(
        IRacingEvaluator<BitGenome> races, ImmutableArray<Species> species, ImmutableArray<ImmutableArray<BitString>> offspring, CancellationToken cancellationToken)
    {
        double price = species[0].Archive.IsEmpty ? 0 : Price(species);
        for (int run = 1; ; run++)
        {
            var grown = Grown(species, offspring, await races.RaceAsync(Contests(species, offspring, price), cancellationToken));
            double next = Price(grown);
            if (next == price || run == MaxRuns)
            {
                return [.. grown.Select(s => Survive(s, offspring[s.Index], next))];
            }

            price = next;
        }
    }

    /// <summary>Species with what they have seen for the first time, and with what is known now of those before.</summary>
    private ImmutableArray<Species> Grown(
        ImmutableArray<Species> species, ImmutableArray<ImmutableArray<BitString>> offspring, IReadOnlyDictionary<BitGenome, Evaluation> evaluated) =>
    [
        .. species.Select(s => Updated(s, evaluated)).Select(s => s with
        {
            Archive = s.Archive.AddRange(Unseen(s, offspring[s.Index]).Select(bits => new Individual<BitString>(bits, evaluated[Join(s.Index, bits)]))),
        }),
    ];

    private ImmutableArray<Contest<BitGenome>> Contests(ImmutableArray<Species> species, ImmutableArray<ImmutableArray<BitString>> offspring, double price) =>
    [
        .. species.Select(s => new Contest<BitGenome>(
            [.. s.Population.Select(individual => individual.Genome).Concat(offspring[s.Index]).Distinct().Select(bits => Join(s.Index, bits))], _options.PopulationSize, price)),
    ];

    private async Task<IReadOnlyDictionary<BitGenome, Evaluation>> EvaluateAsync(ImmutableArray<BitGenome> genomes, CancellationToken cancellationToken)
    {
        var evaluations = await _evaluator.EvaluateCheckedAsync(genomes, cancellationToken);
        return genomes.Zip(evaluations).ToDictionary(pair => pair.First, pair => pair.Second);
    }

    /// <summary>A species whose members are known as they are now; a race may have looked at them again.</summary>
    private Species Updated(Species species, IReadOnlyDictionary<BitGenome, Evaluation> evaluated)
    {
        ImmutableArray<Individual<BitString>> Updated(ImmutableArray<Individual<BitString>> individuals) =>
            [.. individuals.Select(individual => evaluated.TryGetValue(Join(species.Index, individual.Genome), out var evaluation) ? individual with { Evaluation = evaluation } : individual)];
        return species with { Population = Updated(species.Population), Archive = Updated(species.Archive) };
    }

    /// <summary>The m best of parents and children; a child that repeats a parent or another child adds nothing.</summary>
    private Species Survive(Species species, ImmutableArray<BitString> offspring, double price)
    {
        var known = species.Archive.ToDictionary(individual => individual.Genome);
        var genomes = species.Population.Select(individual => individual.Genome).Concat(offspring).Distinct();
        return species with { Population = Survival.Best([.. genomes.Select(bits => known[bits])], _options.PopulationSize, price) };
    }

    /// <summary>λ: fitness that one unit of cost is worth; 0 without a budget, ∞ while none can meet it.</summary>
    private double Price(ImmutableArray<Species> species) =>
        _options.CostBudget is not { } budget || !species[0].Full.Succeeded ? 0
        : PricedSplice.TryFind(species, budget, out var splice) ? splice.Price
        : double.PositiveInfinity;

    /// <summary>The full group, the seeds, and random founders up to m, all different.</summary>
    private ImmutableArray<BitString> Founders(int species, ImmutableArray<BitString> seeds)
    {
        List<BitString> founders = [.. seeds.Prepend(_full[species]).Distinct()];
        for (int individual = founders.Count; individual < _options.PopulationSize; individual++)
        {
            var rng = StreamOf(generation: 0, species, individual);
            var draws = Enumerable.Range(0, MaxDraws).Select(_ => Found(species, individual, rng));
            if (draws.FirstOrDefault(draw => !founders.Contains(draw)) is { } founder) founders.Add(founder);
        }

        return [.. founders];
    }

    private BitString Found(int species, int individual, Rng rng)
    {
        var (full, counts) = (_full[species], _counts[species]);
        if (counts.Least == full.Length) return full;
        if (_options.CostBudget is not null) return Spread(counts, individual, rng);

        var founder = counts.Repair(new BoundedBitFlip(1 - _options.InitialKeepProbability, counts.Least).Mutate(full, rng), rng);
        return founder == full ? new ExactCount<BitString>(counts.Below(full.Length)).Repair(full, rng) : founder;
    }

    /// <summary>A random genome whose size is step <paramref name="individual"/> of m − 1 equal steps from everything to the bound, rounded down to a count that is allowed.</summary>
    private BitString Spread(AllowedCounts counts, int individual, Rng rng)
    {
        double removed = (double)(counts.Size - counts.Least) * individual / (_options.PopulationSize - 1);
        int kept = counts.AtMost(counts.Size - Math.Max(1, (int)Math.Round(removed)));
        return BitString.FromIndices(counts.Size, rng.Sample(counts.Size, kept));
    }

    private ImmutableArray<BitString> Offspring(Species species, int generation)
    {
        var counts = _counts[species.Index];
        var mutation = new BoundedBitFlip(_options.MutationRate, counts.Least);
        return [.. Enumerable.Range(0, _options.PopulationSize).Select(Child)];

        BitString Child(int individual)
        {
            var rng = StreamOf(generation, species.Index, individual);
            var parent = species.Population[rng.Next(species.Population.Length)];
            return counts.Repair(mutation.Mutate(parent.Genome, rng), rng);
        }
    }

    private static IEnumerable<BitString> Unseen(Species species, ImmutableArray<BitString> offspring) =>
        offspring.Distinct().Except(species.Archive.Select(individual => individual.Genome));

    private BitGenome Join(int species, BitString bits) => _full.Replace(species, bits);

    private Rng StreamOf(int generation, int species, int individual) =>
        Rng.For(_options.Seed, (ulong)_options.Round, (ulong)generation, (ulong)species, (ulong)individual);

    private void ThrowIfNotValid(ImmutableArray<ImmutableArray<BitString>> seeds)
    {
        if (seeds.Length != _full.Segments.Length)
        {
            throw new ArgumentException(
                $"There are {_full.Segments.Length} groups, but seeds for {seeds.Length}; give an empty list where a group has none.", nameof(seeds));
        }

        foreach (var (group, bits) in seeds.SelectMany((list, group) => list.Select(bits => (group, bits))))
        {
            var counts = _counts[group];
            if (bits.Length == counts.Size && counts.Contains(bits.Count)) continue;
            throw new ArgumentException(
                $"A seed of group {group} keeps {bits.Count} of {bits.Length} filters, but must keep {(counts.Step == 1 ? $"at least {counts.Least} of {counts.Size}" : counts.ToString())}; "
                + "give another seed or lower MinKeptRatio.", nameof(seeds));
        }
    }

    private void ThrowIfForeign(CoevolutionState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var lengths = state.Species.Select(species => species.Full.Genome.Length);
        if (state.Round == _options.Round && lengths.SequenceEqual(_full.Segments.Select(bits => bits.Length))) return;
        throw new ArgumentException(
            $"The state is of round {state.Round} with group sizes [{string.Join(", ", lengths)}], but this search is of round {_options.Round} with "
            + $"[{string.Join(", ", _full.Segments.Select(bits => bits.Length))}].", nameof(state));
    }
}
