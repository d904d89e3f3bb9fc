using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Pruning.Encodings;
using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Operators;
using Coppice.Search.Pareto;

namespace Coppice.Pruning.Methods;

/// <summary>Settings of <see cref="Nsga2Pruning"/>.</summary>
public sealed record Nsga2PruningOptions
{
    /// <summary>N: individuals of a generation.</summary>
    public int PopulationSize { get; init; } = 32;

    /// <summary>Generations after the founders.</summary>
    public int Generations { get; init; } = 20;

    /// <summary>Steps that a group's channels are counted in.</summary>
    public int Steps { get; init; } = 16;

    /// <summary>Networks of the front that are handed on; spread over it.</summary>
    public int FrontSize { get; init; } = 6;
}

/// <summary>
/// A Pareto front instead of one network: NSGA-II (Deb et al., 2002) over loss, MACs and parameters, on how many channels each group keeps.
/// </summary>
/// <remarks>With a MAC target the answer is the member of least loss that meets it, given back what the budget leaves; the founders include uniform networks of all sizes.</remarks>
/// <param name="options">The settings.</param>
public sealed class Nsga2Pruning(Nsga2PruningOptions options) : IPruningMethod
{
    private const ulong Stream = 0x4E534741;

    private static readonly Objectives Objectives = new(evaluation => evaluation is CandidateEvaluation candidate
        ? [candidate.Metrics.Loss, candidate.Size.Macs, candidate.Size.Parameters]
        : throw new InvalidOperationException("A candidate without metrics succeeded."));

    /// <inheritdoc/>
    public string Name => "nsga2";

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
    public async Task<ImmutableArray<PrunedCandidate>> RunAsync(PruningProblem problem, CancellationToken cancellation)
    {
        var session = new SearchSession(problem, Name);
        var scores = session.Scores(new L1Norm());
        var counts = new KeptCounts(session.Space, scores, macs: null, options.Steps, options.Steps);
        var variation = new Variation<IntegerGenome>(counts.Space.Sample, new UniformCrossover<IntegerGenome>(), new IntegerStep(counts.Space));
        var settings = new Nsga2Options { Seed = session.Seed(Stream), PopulationSize = options.PopulationSize };
        var nsga2 = new Nsga2<IntegerGenome>(settings, variation, Objectives, new EncodedFitness<IntegerGenome>(counts, session.Evaluator));
        ImmutableArray<IntegerGenome> uniform = [.. Enumerable.Range(1, options.PopulationSize / 2)
            .Select(i => Math.Max(1, i * options.Steps / (options.PopulationSize / 2))).Distinct().Select(step => new IntegerGenome([.. session.Space.Groups.Select(_ => step)]))];

        var state = await session.RunAsync(nsga2, options.Generations, uniform, cancellation);

        var front = nsga2.FrontOf(state).Members;
        if (front.All(member => member.Genome.Genes.All(gene => gene == options.Steps)))
        {
            throw new CoppiceException($"Cannot prune '{problem.Network.Name}' by '{Name}': of {session.Evaluator.Misses} candidates none but the whole network could be measured; check the network and the data.");
        }

        return session.Macs is { } macs
            ? [await AnswerAsync(session, counts, scores, front, macs, cancellation)]
            : [.. Spread(front).Select((member, i) => session.Candidate($"{Name}-{i + 1}", counts.Decode(member.Genome), member.Evaluation))];
    }

    /// <summary>Members at equal steps of MACs, the largest first; those that keep everything are no news.</summary>
    private IEnumerable<Individual<IntegerGenome>> Spread(ImmutableArray<Individual<IntegerGenome>> front)
    {
        Individual<IntegerGenome>[] members = [.. front.Where(member => member.Genome.Genes.Any(gene => gene < options.Steps)).OrderByDescending(member => member.Cost)];
        if (members.Length <= options.FrontSize)
        {
            return members;
        }

        double most = members[0].Cost, least = members[^1].Cost;
        return Enumerable.Range(0, options.FrontSize)
            .Select(i => most - ((most - least) * i / (options.FrontSize - 1)))
            .Select(macs => members.MinBy(member => Math.Abs(member.Cost - macs))!)
            .Distinct();
    }

    private async Task<PrunedCandidate> AnswerAsync(
        SearchSession session, KeptCounts counts, ImmutableArray<double[]> scores, ImmutableArray<Individual<IntegerGenome>> front, long macs, CancellationToken cancellation)
    {
        // The two members on either side of the target, each brought to it: from below by giving back, from above by taking.
        var below = front.Where(member => member.Cost <= macs).MinBy(member => -member.Fitness);
        var above = front.Where(member => member.Cost > macs).MinBy(member => member.Cost);
        ImmutableArray<BitGenome> repaired =
        [
            .. new[] { below, above }.OfType<Individual<IntegerGenome>>().Select(member => BudgetRepair.Fit(
                session.Space, counts.Decode(member.Genome), scores, macs, [.. session.Space.Groups.Select(session.Space.Floor)])),
        ];
        var evaluations = await session.Evaluator.EvaluateAsync(repaired, cancellation);
        int best = evaluations.IndexOf(evaluations.MaxBy(evaluation => evaluation.Fitness)!);
        return session.Candidate(Name, repaired[best], evaluations[best]);
    }
}
