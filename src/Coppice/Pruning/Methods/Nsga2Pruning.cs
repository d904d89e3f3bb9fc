using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Pruning.Encodings;
using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Pareto;

namespace Coppice.Pruning.Methods;

/// <summary>Settings of <see cref="Nsga2Pruning"/>.</summary>
public sealed record Nsga2PruningOptions
{
    /// <summary>What is evolved; null for counts.</summary>
    public GenomeKind? Genome { get; init; }

    /// <summary>N: individuals of a generation.</summary>
    public int PopulationSize { get; init; } = 32;

    /// <summary>Generations after the founders.</summary>
    public int Generations { get; init; } = 20;

    /// <summary>Steps that a group's channels are counted in; of counts.</summary>
    public int Steps { get; init; } = 16;

    /// <summary>Networks of the front that are handed on; spread over it.</summary>
    public int FrontSize { get; init; } = 6;
}

/// <summary>
/// A Pareto front instead of one network: NSGA-II (Deb et al., 2002) over loss, MACs and parameters, on how many channels each group keeps, or on another genome.
/// </summary>
/// <remarks>With a MAC target the answer is the member of least loss that meets it, given back what the budget leaves; the founders include uniform networks of all sizes.</remarks>
/// <param name="options">The settings.</param>
public sealed class Nsga2Pruning(Nsga2PruningOptions options) : IPruningMethod
{
    /// <summary>Its name on the command line.</summary>
    public const string MethodName = "nsga2";

    private const ulong Stream = 0x4E534741;

    private static readonly Objectives Objectives = new(evaluation => evaluation is CandidateEvaluation candidate
        ? [candidate.Metrics.Loss, candidate.Size.Macs, candidate.Size.Parameters]
        : throw new InvalidOperationException("A candidate without metrics succeeded."));

    /// <inheritdoc/>
    public string Name => MethodName;

    /// <inheritdoc/>
    public string Description => "a Pareto front over loss, MACs and parameters";

    /// <inheritdoc/>
    public string Paper => "Deb et al., A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II, IEEE TEC 2002";

    /// <inheritdoc/>
    public bool NeedsTarget => false;

    /// <inheritdoc/>
    public bool NeedsData => true;

    /// <inheritdoc/>
    public bool IsSearch => true;

    /// <inheritdoc/>
    public ImmutableArray<GenomeKind> Genomes => [GenomeKind.Counts, GenomeKind.Bits, GenomeKind.Ranks];

    /// <inheritdoc/>
    public bool HeedsLimits => true;

    /// <inheritdoc/>
    public async Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        var kind = GenomeChoice.Of(this, options.Genome);
        var session = new SearchSession(problem, Name);
        var genomes = new SearchGenomes(session, Macs: null) { Steps = options.Steps };
        return kind switch
        {
            GenomeKind.Bits => await EvolveAsync(problem, session, genomes.Bits, cancellation),
            GenomeKind.Ranks => await EvolveAsync(problem, session, genomes.Ranks, cancellation),
            _ => await EvolveAsync(problem, session, genomes.Counts, cancellation),
        };
    }

    /// <summary>The search over genomes of a kind.</summary>
    internal Nsga2<TGenome> Algorithm<TGenome>(IGenomeEncoding<TGenome> genome, ulong seed, IFitnessEvaluator<BitGenome> channels)
        where TGenome : notnull =>
        new(new() { Seed = seed, PopulationSize = options.PopulationSize }, genome.Variation, Objectives, new EncodedFitness<TGenome>(genome, channels));

    private async Task<ImmutableArray<PrunedCandidate>> EvolveAsync<TGenome>(
        PruningProblem problem, SearchSession session, IGenomeEncoding<TGenome> genome, CancellationToken cancellation)
        where TGenome : notnull
    {
        var nsga2 = Algorithm(genome, session.Seed(Stream), session.Evaluator);
        int sizes = options.PopulationSize / 2;
        ImmutableArray<TGenome> uniform = [.. Enumerable.Range(1, sizes).Select(i => genome.Uniform((double)i / sizes)).Distinct()];

        var state = await session.RunAsync(nsga2, options.Generations, uniform, cancellation, HypervolumeOf<TGenome>());

        ImmutableArray<FrontMember> front = [.. nsga2.FrontOf(state).Members.Select(member => new FrontMember(genome.Decode(member.Genome), member.Evaluation))];
        if (front.All(member => member.IsWhole))
        {
            throw new CoppiceException($"Cannot prune '{problem.Network.Name}' by '{Name}': of {session.Evaluator.Misses} candidates none but the whole network could be measured; check the network and the data.");
        }

        return session.Macs is { } macs
            ? [await AnswerAsync(session, front, macs, cancellation)]
            : await FamilyAsync(session, front, cancellation);
    }

    private async Task<ImmutableArray<PrunedCandidate>> FamilyAsync(SearchSession session, ImmutableArray<FrontMember> front, CancellationToken cancellation)
    {
        var family = ImmutableArray.CreateBuilder<PrunedCandidate>();
        foreach (var member in Spread(front))
        {
            family.Add(await session.CandidateAsync($"{Name}-{family.Count + 1}", member.Channels, member.Evaluation, cancellation));
        }

        return family.ToImmutable();
    }

    /// <summary>The hypervolume of a population, seen from the worst that the founders have of each objective.</summary>
    private static Func<ImmutableArray<Individual<TGenome>>, double> HypervolumeOf<TGenome>()
    {
        ImmutableArray<double> reference = default;
        return population =>
        {
            ImmutableArray<ImmutableArray<double>> vectors = [.. Objectives.Of(population).Where(vector => !vector.IsDefault)];
            if (reference.IsDefault && !vectors.IsEmpty)
            {
                reference = [.. vectors[0].Select((_, objective) => vectors.Max(vector => vector[objective]))];
            }

            return reference.IsDefault ? 0 : Hypervolume.Of(vectors, reference);
        };
    }

    /// <summary>Members at equal steps of MACs, the largest first; those that keep everything are no news.</summary>
    private IEnumerable<FrontMember> Spread(ImmutableArray<FrontMember> front)
    {
        FrontMember[] members = [.. front.Where(member => !member.IsWhole).OrderByDescending(member => member.Evaluation.Cost)];
        if (members.Length <= options.FrontSize)
        {
            return members;
        }

        double most = members[0].Evaluation.Cost, least = members[^1].Evaluation.Cost;
        return Enumerable.Range(0, options.FrontSize)
            .Select(i => most - ((most - least) * i / (options.FrontSize - 1)))
            .Select(macs => members.MinBy(member => Math.Abs(member.Evaluation.Cost - macs))!)
            .Distinct();
    }

    private async Task<PrunedCandidate> AnswerAsync(SearchSession session, ImmutableArray<FrontMember> front, long macs, CancellationToken cancellation)
    {
        // The two members on either side of the target, each brought to it: from below by giving back, from above by taking.
        var below = front.Where(member => member.Evaluation.Cost <= macs).MinBy(member => -member.Evaluation.Fitness);
        var above = front.Where(member => member.Evaluation.Cost > macs).MinBy(member => member.Evaluation.Cost);
        var scores = session.Scores(new L1Norm());
        ImmutableArray<BitGenome> repaired =
        [
            .. new[] { below, above }.OfType<FrontMember>().Select(member => BudgetRepair.Fit(
                session.Space, member.Channels, scores, macs, session.Space.Floors)),
        ];
        var evaluations = await session.Evaluator.EvaluateAsync(repaired, cancellation);
        int best = evaluations.IndexOf(evaluations.MaxBy(evaluation => evaluation.Fitness)!);
        return await session.CandidateAsync(Name, repaired[best], evaluations[best], cancellation);
    }

    /// <summary>A network of the front, whatever its genome.</summary>
    private sealed record FrontMember(BitGenome Channels, Evaluation Evaluation)
    {
        public bool IsWhole => Channels.Segments.All(segment => segment.Count == segment.Length);
    }
}
