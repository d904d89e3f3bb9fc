using System.Collections.Immutable;
using Coppice.Criteria;
using Coppice.Pruning;
using Coppice.Pruning.Encodings;
using Coppice.Pruning.Methods;
using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Operators;
using Coppice.Search.Pareto;
using Coppice.Search.Termination;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.PruningMethods;

/// <summary>
/// What each method does on its own genome, put together by hand from the parts of the search toolkit: the streams of chance, operators, founders and settings that its results have always
/// come from. A seed that once gave a plan must give it for ever.
/// </summary>
public sealed class DefaultGenomeTests() : LeakCheck(scoped: false)
{
    private static readonly int[] Seeds = [1, 2, 3];

    [Fact]
    public async Task Genetic_algorithm_is_evolutionary_compression_over_bits() => await CompareAsync("ga", null, async parts =>
    {
        var options = new EvolutionaryCompressionOptions { Seed = parts.Seed(0x57414E47), PopulationSize = 6, Selection = SelectionRule.Rank, BitMutationRate = 1.0 / parts.Space.Sizes.Sum() };
        var fitness = new SizeAwareFitness(parts.Evaluator, parts.Space.Cost.Full.Macs, sizeWeight: null);
        var algorithm = new EvolutionaryCompression(options, parts.Space.Sizes, fitness, new ChannelBits(parts.Space, parts.L1, parts.Macs));
        var state = (await Loop(algorithm, 3).RunAsync([parts.Space.Best(parts.L1, WidthPlanner.Uniform(parts.Space, parts.Macs))], CancellationToken.None)).State;
        return state.Best.Genome;
    });

    [Fact]
    public async Task Bee_colony_is_over_tenths() => await CompareAsync("abc", null, async parts =>
    {
        var counts = new KeptCounts(parts.Space, parts.L1, parts.Macs, steps: 10, maxSteps: 10);
        var options = new ArtificialBeeColonyOptions { Seed = parts.Seed(0x414243), SourceCount = 2, Limit = 5, Onlookers = OnlookerRule.Windowed };
        var colony = new ArtificialBeeColony<IntegerGenome>(options, counts.Space, new EncodedFitness<IntegerGenome>(counts, parts.Evaluator));
        return counts.Decode((await Loop(colony, 1).RunAsync([], CancellationToken.None)).State.Best.Genome);
    });

    [Fact]
    public async Task Ranks_are_evolved_from_zeros_by_shrinking_steps() => await CompareAsync("legr", null, async parts =>
    {
        ImmutableArray<double[]> squares = [.. parts.Space.Groups.Select(group => new L2Norm().Score(new(parts.Space.Units), group).Select(norm => norm * norm).ToArray())];
        var ranks = new AffineRanks(parts.Space, squares, parts.Macs, minKeptRatio: 0.1);
        GaussianMutation Mutation(long done) => new(ranks.Space, Math.Max(0.1, 1 - (done / 8.0)) / 8, Math.Max(0.1, 1.0 / ranks.Space.Dimensions)); // 4 + 2 · 2 evaluations
        var evolution = new RegularizedEvolution<RealGenome>(
            new() { Seed = parts.Seed(0x4C454752), PopulationSize = 4, BatchSize = 2, TournamentSize = 2 },
            rng => Mutation(0).Mutate(ranks.Identity, rng), Mutation, new EncodedFitness<RealGenome>(ranks, parts.Evaluator));
        return ranks.Decode((await Loop(evolution, 2).RunAsync([ranks.Identity], CancellationToken.None)).State.Best.Genome);
    });

    /// <summary>Six individuals, so that the three uniform founders lie at 5, 10 and 16 sixteenths: thirds rounded down.</summary>
    [Fact]
    public async Task Front_is_over_sixteenths_and_brought_to_the_target() => await CompareAsync("nsga2", new PruningMethodOptions { Nsga2 = new() { PopulationSize = 6, Generations = 2 } }, async parts =>
    {
        var counts = new KeptCounts(parts.Space, parts.L1, macs: null, steps: 16, maxSteps: 16);
        var nsga2 = new Nsga2<IntegerGenome>(
            new() { Seed = parts.Seed(0x4E534741), PopulationSize = 6 },
            new(counts.Space.Sample, new UniformCrossover<IntegerGenome>(), new IntegerStep(counts.Space)),
            new Objectives(evaluation => [((CandidateEvaluation)evaluation).Metrics.Loss, evaluation.Cost, ((CandidateEvaluation)evaluation).Size.Parameters]),
            new EncodedFitness<IntegerGenome>(counts, parts.Evaluator));
        ImmutableArray<IntegerGenome> uniform = [.. new[] { 5, 10, 16 }.Select(step => new IntegerGenome([.. Enumerable.Repeat(step, parts.Space.Groups.Length)]))];
        var front = nsga2.FrontOf((await Loop(nsga2, 2).RunAsync(uniform, CancellationToken.None)).State).Members;
        var below = front.Where(member => member.Cost <= parts.Macs).MaxBy(member => member.Fitness);
        var above = front.Where(member => member.Cost > parts.Macs).MinBy(member => member.Cost);
        ImmutableArray<BitGenome> repaired = [.. new[] { below, above }.OfType<Individual<IntegerGenome>>().Select(member => new ChannelBits(parts.Space, parts.L1, parts.Macs).Decode(counts.Decode(member.Genome)))];
        var evaluations = await parts.Evaluator.EvaluateAsync(repaired, CancellationToken.None);
        return repaired[evaluations.IndexOf(evaluations.MaxBy(evaluation => evaluation.Fitness)!)];
    });

    private static SearchLoop<TState, TGenome> Loop<TState, TGenome>(ISearchAlgorithm<TState, TGenome> algorithm, int generations)
        where TState : ISearchState<TGenome> => SearchLoop.Of(algorithm, new MaxGenerations(generations));

    /// <summary>The method and its twin find the same channels with as many evaluations.</summary>
    private static async Task CompareAsync(string name, PruningMethodOptions? options, Func<Parts, Task<BitGenome>> twin)
    {
        using var small = new SmallProblem();
        foreach (int seed in Seeds)
        {
            var problem = small.Problem with { Scope = GroupScope.All, Seed = (ulong)seed };
            var parts = new Parts(problem);

            var answer = (await SmallProblem.RunAsync(PruningMethodTable.Find(name, options ?? SmallProblem.Options), problem))[^1];

            Assert.Equal(parts.Space.ToPlan(await twin(parts)).ToJson(), answer.Plan.ToJson());
            Assert.Equal(parts.Evaluator.Misses, answer.Evaluations);
        }
    }

    private sealed class Parts(PruningProblem problem)
    {
        public PruningSpace Space { get; } = problem.SpaceOf(problem.Network);

        public long Macs => Space.Resolve(problem.Target!);

        public ImmutableArray<double[]> L1 => [.. Space.Groups.Select(group => new L1Norm().Score(new(Space.Units), group))];

        public CandidateScorer Evaluator { get; } = problem.Evaluator(problem.SpaceOf(problem.Network));

        public ulong Seed(ulong stream) => Rng.For(problem.Seed, stream).NextUInt64();
    }
}
