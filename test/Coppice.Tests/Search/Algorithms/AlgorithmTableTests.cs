using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Operators;
using Coppice.Search.Pareto;

namespace Coppice.Tests.Search.Algorithms;

/// <summary>What every search algorithm must do, asked of all of them: a new one is tested by one more line in the table.</summary>
public sealed class AlgorithmTableTests
{
    private const int Bits = 24;
    private static readonly BitString Hidden = BitString.Parse("011010001110010110100110");
    private static readonly IntegerSpace Numbers = IntegerSpace.Cube(6, 1, 9);
    private static readonly IntegerGenome Target = IntegerGenome.Parse("9,1,5,3,7,9"); // both bounds, in the first gene and in the last
    private static readonly IntegerSpace Few = IntegerSpace.Cube(3, 1, 4);
    private static readonly RealSpace Reals = RealSpace.Cube(5, -1, 1);
    private static readonly RealGenome Hill = RealGenome.Parse("1,-1,0.25,-0.5,1");
    private static readonly BitGenome Segments = BitGenome.AllOnes(10, 3, 11);
    private static readonly ExactCount<BitGenome> HalfOnes = new(Hidden.Count);

    private static readonly Dictionary<string, IAlgorithmCase> Table = new()
    {
        ["random search"] = Case<Generation<IntegerGenome>, IntegerGenome>(
            (seed, evaluator) => new RandomSearch<IntegerGenome>(new() { Seed = seed, Samples = 20_000, BatchSize = 50 }, Few.Sample, evaluator),
            genome => new(genome.Genes.Sum(), cost: 1), 12, IntegerGenome.Parse("4,4,4"), genome => [.. genome.Genes], generations: 400),
        ["genetic algorithm, generational"] = BitTarget<Generation<BitString>>((seed, evaluator) =>
            new GeneticAlgorithm<BitString>(new() { Seed = seed, PopulationSize = 30 }, BitVariation(), new Tournament(), evaluator), 100),
        ["genetic algorithm, (μ + λ)"] = BitTarget<Generation<BitString>>((seed, evaluator) => new GeneticAlgorithm<BitString>(
            new() { Seed = seed, PopulationSize = 30, Replacement = Replacement.MuPlusLambda }, BitVariation(), new RouletteWheel(windowed: true), evaluator), 100),
        ["genetic algorithm, deceptive trap"] = Case<Generation<BitString>, BitString>(
            (seed, evaluator) => new GeneticAlgorithm<BitString>(
                new() { Seed = seed, PopulationSize = 200 },
                new(rng => RandomBits.Bernoulli(Bits, 0.5, rng), new SegmentSwap<BitString>(), new BitFlip<BitString>()), new Tournament(), evaluator),
            bits => new(Enumerable.Range(0, Bits / 4).Sum(block => Trap(bits.Slice(4 * block, 4).Count)), cost: 1),
            optimum: Bits, BitString.AllOnes(Bits), GenesOf, generations: 200),
        ["evolutionary compression, published"] = Wang(new(), 3000),
        ["evolutionary compression, rank and bit flips"] = Wang(new() { Selection = SelectionRule.Rank, BitMutationRate = 1.0 / Bits }, 200),
        ["evolutionary compression, tournament"] = Wang(new() { Selection = SelectionRule.Tournament, BitMutationRate = 1.0 / Bits }, 200),
        ["cooperative coevolution"] = Case<CoevolutionState, BitGenome>( // the best that one species alone can reach: three of the six harmful bits removed
            (seed, evaluator) => new CooperativeCoevolution(new() { Seed = seed, Generations = 1000, MinKeptRatio = 0.25 }, [12, 12], evaluator),
            genome => new(-genome.Bits.Invert(BitString.Parse("110111011101" + "101110111011")).Count, cost: 1),
            optimum: -3, BitGenome.Parse("110111011101|111111111111"), genome => GenesOf(genome.Bits), 150),
        ["bee colony, proportional"] = Bees(OnlookerRule.Proportional),
        ["bee colony, windowed"] = Bees(OnlookerRule.Windowed),
        ["bee colony, scaled by maximum"] = Bees(OnlookerRule.ScaledByMaximum),
        ["bee colony of reals"] = Case<ColonyState<RealGenome>, RealGenome>(
            (seed, evaluator) => new ArtificialBeeColony<RealGenome>(new() { Seed = seed }, Reals, evaluator), NearHill, 1, Hill, GenesOf, generations: 300),
        ["genetic algorithm of reals"] = Case<Generation<RealGenome>, RealGenome>(
            (seed, evaluator) => new GeneticAlgorithm<RealGenome>(
                new() { Seed = seed }, new(Reals.Sample, new SimulatedBinaryCrossover(Reals), new GaussianMutation(Reals)), new LinearRank(), evaluator),
            NearHill, 1, Hill, GenesOf, generations: 200),
        ["genetic algorithm of integers"] = Case<Generation<IntegerGenome>, IntegerGenome>(
            (seed, evaluator) => new GeneticAlgorithm<IntegerGenome>(
                new() { Seed = seed }, new(Numbers.Sample, new UniformCrossover<IntegerGenome>(), new IntegerStep(Numbers, maxStep: 2)), new LinearRank(), evaluator),
            Sphere, 0, Target, genome => [.. genome.Genes], generations: 100),
        ["regularized evolution"] = Aging(batch: 1, generations: 4000),
        ["regularized evolution in batches"] = Aging(batch: 8, generations: 500),
        ["regularized evolution of reals, shrinking steps"] = Case<AgingPopulation<RealGenome>, RealGenome>(
            (seed, evaluator) => new RegularizedEvolution<RealGenome>(
                new() { Seed = seed, PopulationSize = 32, TournamentSize = 8, BatchSize = 8 },
                Reals.Sample, done => new GaussianMutation(Reals, Math.Max(0.02, 0.3 - (done / 4000.0))), evaluator),
            NearHill, 1, Hill, GenesOf, generations: 500),
        ["regularized evolution of bits, repaired"] = Case<AgingPopulation<BitGenome>, BitGenome>(
            (seed, evaluator) => new RegularizedEvolution<BitGenome>(
                new() { Seed = seed, PopulationSize = 32, TournamentSize = 8, BatchSize = 8 },
                rng => HalfOnes.Repair(Segments.WithBits(RandomBits.DensityVaried(Bits, rng)), rng),
                new RepairedMutation<BitGenome>(new BitFlip<BitGenome>(), HalfOnes), evaluator),
            genome => new(Right(genome.Bits), cost: 1), optimum: Bits, Segments.WithBits(Hidden), genome => GenesOf(genome.Bits), generations: 500),
        ["NSGA-II of bits in segments"] = Case<Generation<BitGenome>, BitGenome>(
            (seed, evaluator) => new Nsga2<BitGenome>(
                new() { Seed = seed, PopulationSize = 40 },
                new(rng => Segments.WithBits(RandomBits.DensityVaried(Bits, rng)), new SegmentSwap<BitGenome>(), new BitFlip<BitGenome>(), new NonEmptySegments()), Objectives.FitnessAndCost, evaluator),
            genome => new(Right(genome.Bits), genome.Bits.Count), optimum: Bits, Segments.WithBits(Hidden), genome => GenesOf(genome.Bits), generations: 300),
        ["NSGA-II of integers"] = Case<Generation<IntegerGenome>, IntegerGenome>(
            (seed, evaluator) => new Nsga2<IntegerGenome>(
                new() { Seed = seed, PopulationSize = 40 }, new(Numbers.Sample, new UniformCrossover<IntegerGenome>(), new IntegerStep(Numbers)), Objectives.FitnessAndCost, evaluator),
            genome => new(Sphere(genome).Fitness, genome.Genes.Sum()), 0, Target, genome => [.. genome.Genes], generations: 300),
        ["NSGA-II"] = BitTarget<Generation<BitString>>((seed, evaluator) =>
            new Nsga2<BitString>(new() { Seed = seed, PopulationSize = 40 }, BitVariation(), Objectives.FitnessAndCost, evaluator), 150),
        ["NSGA-II of reals"] = Case<Generation<RealGenome>, RealGenome>(
            (seed, evaluator) => new Nsga2<RealGenome>(
                new() { Seed = seed, PopulationSize = 20 },
                new(Reals.Sample, new SimulatedBinaryCrossover(Reals), new PolynomialMutation(Reals)), Objectives.FitnessAndCost, evaluator),
            genome => new(Math.Min(genome.Genes.Sum(), 4.95), cost: genome.Genes.Sum(x => x * x)), // capped, for 5 is reached in the limit alone
            optimum: 4.95, new([1, 1, 1, 1, 1]), genome => [.. genome.Genes.Select(x => (int)Math.Round(1e6 * x))], generations: 300),
    };

    public static TheoryData<string> Algorithms => [.. Table.Keys];

    /// <summary>Without random search, which draws each genome independently and keeps all of them.</summary>
    public static TheoryData<string> Evolving => [.. Table.Keys.Where(name => name != "random search")];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Algorithm_reaches_the_known_optimum(string name)
    {
        for (ulong seed = 1; seed <= 3; seed++) Assert.Equal(0, await Table[name].DistanceToOptimumAsync(seed));
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Same_seed_gives_the_same_run_and_another_seed_another(string name)
    {
        var run = await Table[name].RunAsync(seed: 5, generations: 6);

        Assert.Equal(7, run.Length);
        Assert.Equal(run, await Table[name].RunAsync(seed: 5, generations: 6));
        Assert.NotEqual(run[0], (await Table[name].RunAsync(seed: 6, generations: 0))[0]);
        Assert.NotEqual(run[^1], (await Table[name].RunAsync(seed: 6, generations: 6))[^1]);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Run_that_is_resumed_from_json_equals_an_unbroken_one(string name)
    {
        Assert.Equal((await Table[name].RunAsync(seed: 7, generations: 9))[^1], await Table[name].ResumeAsync(seed: 7, generations: 9, interruptedAfter: 4));
    }

    [Theory]
    [MemberData(nameof(Evolving))]
    public async Task Founders_all_differ(string name)
    {
        var founders = (await Table[name].EvaluatedAsync(seed: 8, generations: 0)).Single();

        Assert.True(founders.Length >= 5, $"{founders.Length} founders");
        Assert.Equal(founders.Length, founders.Select(genes => string.Join(',', genes)).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Every_gene_is_varied_the_last_included(string name)
    {
        var evaluated = await Table[name].EvaluatedAsync(seed: 9, generations: 40);

        var children = evaluated.Skip(1).SelectMany(batch => batch).ToArray();
        for (int gene = 0; gene < Table[name].Genes; gene++) Assert.True(children.Select(genes => genes[gene]).Distinct().Count() > 1, $"gene {gene} never varies");
    }

    [Theory]
    [MemberData(nameof(Evolving))]
    public async Task Failed_candidates_do_not_survive_those_that_succeeded(string name)
    {
        Assert.Equal(0, await Table[name].FailedSurvivorsAsync(seed: 10, generations: name == "regularized evolution" ? 400 : 60));
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Step_that_is_cancelled_leaves_a_state_to_go_on_from(string name) => Assert.True(await Table[name].SurvivesCancellationAsync(seed: 11));

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Founder_from_outside_is_evaluated_and_the_best_is_never_lost(string name) => Assert.True(await Table[name].TakesFoundersAsync(seed: 12));

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task State_counts_the_evaluations_that_were_made(string name)
    {
        var (state, evaluator) = await Table[name].CountAsync(seed: 13, generations: 12);

        Assert.Equal(evaluator, state);
    }

    private static AlgorithmCase<TState, TGenome> Case<TState, TGenome>(
        Func<ulong, IFitnessEvaluator<TGenome>, ISearchAlgorithm<TState, TGenome>> make,
        Func<TGenome, Evaluation> evaluate,
        double optimum,
        TGenome best,
        Func<TGenome, int[]> genesOf,
        int generations)
        where TState : ISearchState<TGenome>
        where TGenome : notnull => new AlgorithmCase<TState, TGenome>(make, evaluate, optimum, best, genesOf, generations);

    /// <summary>The number of bits that agree with a hidden string; a string costs its number of ones.</summary>
    private static AlgorithmCase<TState, BitString> BitTarget<TState>(Func<ulong, IFitnessEvaluator<BitString>, ISearchAlgorithm<TState, BitString>> make, int generations)
        where TState : ISearchState<BitString> => Case(make, bits => new(Right(bits), bits.Count), optimum: Bits, Hidden, GenesOf, generations);

    private static AlgorithmCase<Generation<BitGenome>, BitGenome> Wang(EvolutionaryCompressionOptions options, int generations) => Case<Generation<BitGenome>, BitGenome>(
        (seed, evaluator) => new EvolutionaryCompression(options with { Seed = seed }, [10, 3, 11], evaluator),
        genome => new(Right(genome.Bits), cost: 1), optimum: Bits, BitGenome.AllOnes(10, 3, 11).WithBits(Hidden), genome => GenesOf(genome.Bits), generations);

    private static AlgorithmCase<ColonyState<IntegerGenome>, IntegerGenome> Bees(OnlookerRule rule) => Case<ColonyState<IntegerGenome>, IntegerGenome>(
        (seed, evaluator) => new ArtificialBeeColony<IntegerGenome>(new() { Seed = seed, Onlookers = rule }, Numbers, evaluator),
        genome => new(1 + (Sphere(genome).Fitness / 400), cost: 1), optimum: 1, Target, genome => [.. genome.Genes], generations: 1000);

    private static AlgorithmCase<AgingPopulation<IntegerGenome>, IntegerGenome> Aging(int batch, int generations) => Case<AgingPopulation<IntegerGenome>, IntegerGenome>(
        (seed, evaluator) => new RegularizedEvolution<IntegerGenome>(
            new() { Seed = seed, PopulationSize = 32, TournamentSize = 8, BatchSize = batch }, Numbers.Sample, new IntegerReset(Numbers), evaluator),
        Sphere, 0, Target, genome => [.. genome.Genes], generations);

    private static int Right(BitString bits) => Bits - bits.Invert(Hidden).Count;

    private static Variation<BitString> BitVariation() =>
        new(rng => RandomBits.DensityVaried(Bits, rng), new OnePointCrossover<BitString>(), new BitFlip<BitString>());

    private static Evaluation Sphere(IntegerGenome genome) =>
        new(-genome.Genes.Zip(Target.Genes, (x, target) => (x - target) * (x - target)).Sum(), cost: 1);

    /// <summary>1 within a distance of 0.1 around the hill, which is reached in the limit alone; less farther away, but positive.</summary>
    private static Evaluation NearHill(RealGenome genome) =>
        new(Math.Min(1, 1 + ((0.01 - genome.Genes.Zip(Hill.Genes, (x, hill) => (x - hill) * (x - hill)).Sum()) / 30)), cost: 1);

    /// <summary>A deceptive trap of 4 bits: 4 ones are best, but otherwise fewer ones are better.</summary>
    private static double Trap(int ones) => ones == 4 ? 4 : 3 - ones;

    private static int[] GenesOf(BitString bits) => [.. Enumerable.Range(0, bits.Length).Select(i => bits[i] ? 1 : 0)];

    private static int[] GenesOf(RealGenome genome) => [.. genome.Genes.Select(x => (int)Math.Round(1e6 * x))];
}
