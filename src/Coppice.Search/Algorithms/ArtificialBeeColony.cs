using System.Collections.Immutable;
using Coppice.Search.Operators;
using Coppice.Search.Racing;

namespace Coppice.Search.Algorithms;

/// <summary>
/// Artificial bee colony (Karaboga &amp; Basturk, Journal of Global Optimization 39, 2007) over real numbers, or over integers as ABCPruner searches
/// the kept channels of each layer (Lin, Ji, Zhang, Zhang, Wu &amp; Tian, Channel Pruning via Automatic Structure Search, IJCAI 2020). Maximises.
/// <code>
/// x_1 … x_n ← random sources;  α is the upper bound of each gene in the space
/// repeat:
///     employed bees:  for each i, v = x_i but v_ij = x_ij + φ (x_ij − x_kj), of integers rounded, for some j; k ≠ i, φ ~ U(−1, 1); keep the better of v and x_i
///     onlooker bees:  n times: i with probability p_i = fit_i / Σ fit; the same move
///     scout bee:      the source of most trials, if they reach the limit M, is drawn anew
///     memorise the best
/// </code>
/// </summary>
/// <remarks>
/// <para>Deviation: a phase is evaluated as one batch, so bees that visit one source start from the same x_i; the best of them stays.</para>
/// <para>
/// Deviation: a move that ends where it began is drawn anew, and, where all sources agree, one gene gets another value. The authors' code
/// trains the unchanged candidate again.
/// </para>
/// <para>
/// Deviation from the authors' code, as in their paper: every gene moves, the last included; values are rounded, not truncated (which drifts
/// to small networks); founders and scouts draw every value equally, both bounds included; the best of the founders is remembered.
/// </para>
/// <para>Deviation: the changed genes are different ones; a scout whose candidate fails leaves the source, and another flies in the next cycle.</para>
/// </remarks>
/// <typeparam name="TGenome">The encoded candidate: a row of numbers.</typeparam>
public sealed class ArtificialBeeColony<TGenome> : ISearchAlgorithm<ColonyState<TGenome>, TGenome>
    where TGenome : IEquatable<TGenome>
{
    private const int MaxMoves = 20;
    private const ulong Employed = 0, Onlookers = 1, Scouts = 2, Choices = 3; // random streams of a cycle

    private readonly ArtificialBeeColonyOptions _options;
    private readonly INumericSpace<TGenome> _space;
    private readonly IFitnessEvaluator<TGenome> _evaluator;
    private readonly ImmutableArray<int> _free;

    /// <summary>A colony in a space.</summary>
    /// <param name="options">The settings, checked here.</param>
    /// <param name="space">The bounds of each gene.</param>
    /// <param name="evaluator">Evaluates each phase as one batch.</param>
    public ArtificialBeeColony(ArtificialBeeColonyOptions options, INumericSpace<TGenome> space, IFitnessEvaluator<TGenome> evaluator)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(evaluator);
        options.Validate();
        (_options, _space, _evaluator) = (options, space, evaluator);
        _free = [.. Enumerable.Range(0, space.Dimensions).Where(space.IsFree)];
    }

    /// <inheritdoc/>
    public async Task<ColonyState<TGenome>> InitializeAsync(ImmutableArray<TGenome> seeds, CancellationToken cancellationToken)
    {
        ThrowIfOutside(seeds, nameof(seeds));
        var founders = Founders.Draw(seeds, _options.SourceCount, _options.Seed, _space.Sample);
        var (positions, evaluations) = await _evaluator.EvaluateUnseenAsync([], founders, cancellationToken);
        var best = Survival.Best(positions, _options.SourceCount);
        return new(Cycle: 0, [.. best.Select(position => new FoodSource<TGenome>(position, Trials: 0))], best[0], evaluations);
    }

    /// <inheritdoc/>
    public async Task<ColonyState<TGenome>> StepAsync(ColonyState<TGenome> current, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(current);
        ThrowIfOutside(current.Sources.Select(source => source.Position.Genome), nameof(current));
        int cycle = current.Cycle + 1;

        var colony = current with { Cycle = cycle };
        colony = await ForageAsync(colony, Enumerable.Range(0, colony.Sources.Length), Employed, cancellationToken);
        colony = await ForageAsync(colony, OnlookersChoice(colony, Rng.For(_options.Seed, (ulong)cycle, Choices)), Onlookers, cancellationToken);
        return await ScoutAsync(colony, Rng.For(_options.Seed, (ulong)cycle, Scouts), cancellationToken);
    }

    /// <summary>One bee per visit moves from its source; each source keeps the better, visit by visit.</summary>
    private async Task<ColonyState<TGenome>> ForageAsync(ColonyState<TGenome> colony, IEnumerable<int> visits, ulong phase, CancellationToken cancellationToken)
    {
        int[] visited = [.. visits];
        ImmutableArray<TGenome> moves = [.. visited.Select((i, bee) => Neighbour(colony.Sources, i, Rng.For(_options.Seed, (ulong)colony.Cycle, phase, (ulong)bee)))];
        (colony, var bees, int evaluations) = await VisitAsync(colony, visited, moves, cancellationToken);

        var x = colony.Sources;
        foreach (var (i, bee) in visited.Zip(bees)) x = x.SetItem(i, x[i].Greedy(bee));
        return Memorise(colony with { Sources = x, Evaluations = colony.Evaluations + evaluations }, bees);
    }

    /// <summary>The bees' places, evaluated; by an evaluator that races as exactly as it takes to tell which place is the best of those seen from a source, and which the best of all.</summary>
    private async ValueTask<(ColonyState<TGenome> Colony, ImmutableArray<Individual<TGenome>> Bees, int Evaluations)> VisitAsync(
        ColonyState<TGenome> colony, int[] visited, ImmutableArray<TGenome> moves, CancellationToken cancellationToken)
    {
        if (_evaluator is not IRacingEvaluator<TGenome> races)
        {
            var (bees, evaluations) = await EvaluateAsync(colony, moves, cancellationToken);
            return (colony, bees, evaluations);
        }

        var places = colony.Sources.Select(source => source.Position.Genome).ToArray();
        var contests = visited.Zip(moves).GroupBy(pair => pair.First, pair => pair.Second)
            .Select(bees => new Contest<TGenome>([.. bees.Prepend(places[bees.Key]).Distinct()], Places: 1))
            .Append(new([.. moves.Prepend(colony.Best.Genome).Distinct()], Places: 1));
        var evaluated = await races.RaceAsync([.. contests], cancellationToken);
        Individual<TGenome> Updated(Individual<TGenome> known) => evaluated.TryGetValue(known.Genome, out var evaluation) ? known with { Evaluation = evaluation } : known;
        return (
            colony with { Best = Updated(colony.Best), Sources = [.. colony.Sources.Select(source => source with { Position = Updated(source.Position) })] },
            [.. moves.Select(move => new Individual<TGenome>(move, evaluated[move]))],
            moves.Distinct().Except(places.Append(colony.Best.Genome)).Count());
    }

    /// <summary>v: the move from source i towards or away from another; never where it began, unless the space is one point.</summary>
    private TGenome Neighbour(ImmutableArray<FoodSource<TGenome>> x, int i, Rng rng)
    {
        var source = x[i].Position.Genome;
        for (int draw = 0; draw < MaxMoves; draw++)
        {
            var partner = x[rng.NextExcept(x.Length, excluded: i)].Position.Genome;
            var v = Move(source, partner, rng);
            if (!v.Equals(source)) return v;
        }

        if (_free.IsEmpty) return source;
        return _space.Redraw(source, _free[rng.Next(_free.Length)], rng);
    }

    /// <summary>v_ij = x_ij + φ (x_ij − x_kj), φ ~ U(−1, 1), for different j: the nearest value within the bounds.</summary>
    private TGenome Move(TGenome x, TGenome partner, Rng rng)
    {
        var v = x;
        foreach (int j in rng.Sample(_space.Dimensions, Math.Min(_options.ChangedGenes, _space.Dimensions))) v = _space.Move(v, partner, j, phi: rng.NextDouble(-1, 1));
        return v;
    }

    private int[] OnlookersChoice(ColonyState<TGenome> colony, Rng rng)
    {
        bool windowed = _options.Onlookers == OnlookerRule.Windowed;
        double[] nectar = RouletteWheel.Weights([.. colony.Sources.Select(source => source.Position.Fitness)], windowed);
        if (_options.Onlookers == OnlookerRule.ScaledByMaximum) return Circle(nectar, rng);

        var wheel = new Wheel(nectar);
        return [.. nectar.Select(_ => wheel.Spin(rng))];
    }

    /// <summary>Walks the sources in a circle; each accepts an onlooker with p_i = 0.9 fit_i / max fit + 0.1, until n have been sent.</summary>
    private static int[] Circle(double[] nectar, Rng rng)
    {
        double richest = nectar.Max();
        List<int> chosen = [];
        for (int i = 0; chosen.Count < nectar.Length; i = (i + 1) % nectar.Length)
        {
            if (rng.Chance((0.9 * nectar[i] / richest) + 0.1)) chosen.Add(i);
        }

        return [.. chosen];
    }

    private async Task<ColonyState<TGenome>> ScoutAsync(ColonyState<TGenome> colony, Rng rng, CancellationToken cancellationToken)
    {
        var x = colony.Sources;
        int exhausted = Enumerable.Range(0, x.Length).MaxBy(i => x[i].Trials);
        if (x[exhausted].Trials < _options.Limit) return colony;

        var (scouts, evaluations) = await EvaluateAsync(colony, [_space.Sample(rng)], cancellationToken);
        bool isLost = x[exhausted].Position.Succeeded && !scouts[0].Succeeded;
        return Memorise(
            colony with
            {
                Sources = isLost ? x : x.SetItem(exhausted, new(scouts[0], Trials: 0)),
                Evaluations = colony.Evaluations + evaluations,
            },
            scouts);
    }

    private static ColonyState<TGenome> Memorise(ColonyState<TGenome> colony, ImmutableArray<Individual<TGenome>> found) =>
        colony with { Best = Survival.Best(found.Insert(0, colony.Best), count: 1)[0] };

    private ValueTask<(ImmutableArray<Individual<TGenome>> Individuals, int Evaluations)> EvaluateAsync(
        ColonyState<TGenome> colony, ImmutableArray<TGenome> genomes, CancellationToken cancellationToken) =>
        _evaluator.EvaluateUnseenAsync(colony.Sources.Select(source => source.Position).Prepend(colony.Best), genomes, cancellationToken);

    private void ThrowIfOutside(IEnumerable<TGenome> genomes, string name)
    {
        foreach (var genome in genomes.Where(genome => !_space.Contains(genome)))
        {
            throw new ArgumentException($"A genome is {genome}, but must have {_space}.", name);
        }
    }
}
