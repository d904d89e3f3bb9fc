#:project ../src/Coppice.Search/Coppice.Search.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false

// Coppice.Search on its own: no network, no tensor. Three textbook problems; run it with: dotnet run samples/01-search-toolkit.cs
// Ends with exit code 1 if one of them was not solved.

using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Operators;
using Coppice.Search.Pareto;
using Coppice.Search.Termination;

bool[] solved = [await OneMaxAsync(), await TrapAsync(), await Zdt1Async()];
return solved.All(isSolved => isSolved) ? 0 : 1;

// OneMax: as many ones as possible. A plain genetic algorithm, watched by an observer.
static async Task<bool> OneMaxAsync()
{
    const int Bits = 100;
    var variation = new Variation<BitString>(rng => RandomBits.Bernoulli(Bits, 0.5, rng), new OnePointCrossover<BitString>(), new BitFlip<BitString>());
    var search = new GeneticAlgorithm<BitString>(new() { Seed = 1 }, variation, new Tournament(3), new Each<BitString>(bits => new(bits.Count, cost: 1)));
    var hall = new HallOfFame<BitString>(capacity: 3);
    var loop = SearchLoop.Of(search, new AnyOf(new FitnessReached(Bits), new MaxGenerations(200))) with
    {
        Observe = (checkpoint, _) =>
        {
            hall = hall.Add(checkpoint.State.Population);
            var now = GenerationStatistics.Of(checkpoint.State, GenomeDistance.Hamming);
            if (now.Number % 10 == 0) Console.WriteLine($"  generation {now.Number,3}: best {now.Best}, mean {now.Mean:F1} ± {now.StandardDeviation:F1}, diversity {now.Diversity:F2}");
            return ValueTask.CompletedTask;
        },
    };

    Console.WriteLine($"OneMax, {Bits} bits, genetic algorithm:");
    var result = await loop.RunAsync(CancellationToken.None);
    Console.WriteLine($"  {result.StopReason} after {result.Progress.Evaluations} evaluations; hall of fame: {string.Join(", ", hall.Members.Select(member => member.Fitness))}");
    return result.Progress.BestFitness == Bits;
}

// A deceptive trap: of each four bits, all four right are best, but otherwise fewer right ones are better; so single flips lead astray. Wang's evolutionary
// compression with its two weaknesses cured finds the way by crossover.
static async Task<bool> TrapAsync()
{
    const int Blocks = 10;
    var options = new EvolutionaryCompressionOptions { Seed = 1, PopulationSize = 300, Selection = SelectionRule.Tournament, BitMutationRate = 1.0 / (4 * Blocks) };
    var search = new EvolutionaryCompression(options, [.. Enumerable.Repeat(4, Blocks)], new Each<BitGenome>(Trap), repair: new Free());

    Console.WriteLine($"Deceptive trap, {Blocks} blocks of 4 bits, evolutionary compression with tournaments and bit flips:");
    var result = await SearchLoop.Of(search, new AnyOf(new FitnessReached(4 * Blocks), new MaxGenerations(300))).RunAsync(CancellationToken.None);
    Console.WriteLine($"  {result.StopReason} after {result.Progress.Evaluations} evaluations: {result.State.Best.Genome}");
    return result.Progress.BestFitness == 4 * Blocks;

    static Evaluation Trap(BitGenome genome) => new(genome.Segments.Sum(block => Right(block) == 4 ? 4 : 3 - Right(block)), cost: 1);

    static int Right(BitString block) => 4 - block.Invert(BitString.Parse("0110")).Count;
}

// ZDT1: two objectives whose best trade-off is f₂ = 1 − √f₁. NSGA-II, stopped when its front no longer grows.
static async Task<bool> Zdt1Async()
{
    var space = RealSpace.Cube(dimensions: 30, lower: 0, upper: 1);
    var variation = new Variation<RealGenome>(space.Sample, new SimulatedBinaryCrossover(space), new PolynomialMutation(space));
    var search = new Nsga2<RealGenome>(new() { Seed = 1 }, variation, Objectives.FitnessAndCost, new Each<RealGenome>(x => Zdt1(x.Genes)));
    ImmutableArray<double> reference = [1, 1];
    var loop = SearchLoop.Of(search, new AnyOf(new HypervolumeStagnation(generations: 20), new MaxGenerations(500))) with
    {
        Hypervolume = population => Hypervolume.Of(population, Objectives.FitnessAndCost, reference),
    };

    Console.WriteLine("ZDT1, 30 variables, NSGA-II:");
    var result = await loop.RunAsync(CancellationToken.None);
    double hypervolume = result.Progress.Hypervolumes[^1];
    Console.WriteLine($"  {result.StopReason}; {result.Progress.Evaluations} evaluations, front of {search.FrontOf(result.State).Members.Length}, hypervolume {hypervolume:F4} of 0.6667 at most");
    return hypervolume > 0.65;

    static Evaluation Zdt1(ImmutableArray<double> x)
    {
        double g = 1 + (9 * x.Skip(1).Average());
        return new(fitness: -g * (1 - Math.Sqrt(x[0] / g)), cost: x[0]); // both are minimised: −fitness and cost
    }
}

/// <summary>Evaluates one genome after another by a function.</summary>
internal sealed class Each<TGenome>(Func<TGenome, Evaluation> evaluate) : IFitnessEvaluator<TGenome>
{
    public ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<TGenome> genomes, CancellationToken cancellationToken) =>
        ValueTask.FromResult<ImmutableArray<Evaluation>>([.. genomes.Select(evaluate)]);
}

/// <summary>Lets a block be all zeros, which a network's layer may not.</summary>
internal sealed class Free : IRepair<BitGenome>
{
    public BitGenome Repair(BitGenome genome, Rng rng) => genome;
}
