using System.Collections.Immutable;
using System.Globalization;
using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Operators;
using Coppice.Search.Pareto;
using Coppice.Search.Termination;
using Coppice.Tests.Oracles;

namespace Coppice.Tests.Search;

/// <summary>
/// The same problems with the same settings, 30 seeds each, here and in DEAP: the final values must look like samples of one distribution. That the test would
/// tell a different search apart is shown each time by a search that differs in one setting.
/// </summary>
public sealed class DeapTests
{
    private const int Runs = 30;

    [Fact]
    public async Task Genetic_algorithm_on_OneMax_is_distributed_as_DEAPs()
    {
        double[] deap = Deap("onemax");

        double z = MannWhitney.Z(await OneMaxAsync(tournament: 3), deap);
        double slower = MannWhitney.Z(await OneMaxAsync(tournament: 2), deap);

        Assert.True(Math.Abs(z) < MannWhitney.Bound, $"z = {z:F2}");
        Assert.True(slower < -MannWhitney.Bound, $"a tournament of 2 is told apart: z = {slower:F2}");
    }

    [Fact]
    public async Task Nsga2_on_ZDT1_is_distributed_as_DEAPs()
    {
        double[] deap = Deap("zdt1");

        double z = MannWhitney.Z(await Zdt1Async(eta: 20), deap);
        double other = MannWhitney.Z(await Zdt1Async(eta: 5), deap);

        Assert.True(Math.Abs(z) < MannWhitney.Bound, $"z = {z:F2}");
        Assert.True(Math.Abs(other) > MannWhitney.Bound, $"another distribution index is told apart: z = {other:F2}");
    }

    [Fact]
    public void Rank_sum_of_hand_worked_samples()
    {
        // Of the 9 pairs, 4 > 3, 4 = 4 and 9 > 3, 4, 5: U = 1 + ½ + 3 = 4½, just the mean. And with all of them larger, 9.
        Assert.Equal(0, MannWhitney.Z([1, 4, 9], [3, 4, 5]));
        Assert.Equal(4.5 / Math.Sqrt(63 / 12.0), MannWhitney.Z([7, 8, 9], [3, 4, 5]), 1e-12);
    }

    private static double[] Deap(string problem) =>
        [.. PythonScript.Run("deap_oracle.py", "the package python3-deap", problem, Runs.ToString(CultureInfo.InvariantCulture))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => double.Parse(line, CultureInfo.InvariantCulture))];

    private static Task<double[]> OneMaxAsync(int tournament) => RunsAsync(async seed =>
    {
        var variation = new Variation<BitString>(rng => RandomBits.Bernoulli(100, 0.5, rng), new OnePointCrossover<BitString>(), new BitFlip<BitString>());
        var search = new GeneticAlgorithm<BitString>(
            new() { Seed = seed, PopulationSize = 50, Elites = 0 }, variation, new Tournament(tournament), new FunctionEvaluator<BitString>(bits => new(bits.Count, cost: 1)));
        var result = await SearchLoop.Of(search, new MaxGenerations(20)).RunAsync(CancellationToken.None);
        return result.State.Population.Average(individual => individual.Fitness);
    });

    private static Task<double[]> Zdt1Async(double eta) => RunsAsync(async seed =>
    {
        var space = RealSpace.Cube(10, 0, 1);
        var variation = new Variation<RealGenome>(space.Sample, new SimulatedBinaryCrossover(space, eta), new PolynomialMutation(space, eta));
        var evaluator = new FunctionEvaluator<RealGenome>(x => Zdt1(x.Genes));
        var search = new Nsga2<RealGenome>(new() { Seed = seed, PopulationSize = 40 }, variation, Objectives.FitnessAndCost, evaluator);
        var result = await SearchLoop.Of(search, new MaxGenerations(30)).RunAsync(CancellationToken.None);
        return Hypervolume.Of(result.State.Population, Objectives.FitnessAndCost, [11, 11]);
    });

    /// <summary>ZDT1 (Zitzler, Deb &amp; Thiele, 2000): f₁ = x₁ (the cost), f₂ = g (1 − √(f₁ / g)) (the negative fitness), g = 1 + 9 · mean of the others.</summary>
    private static Evaluation Zdt1(ImmutableArray<double> x)
    {
        double g = 1 + (9 * x.Skip(1).Average());
        return new(fitness: -g * (1 - Math.Sqrt(x[0] / g)), cost: x[0]);
    }

    private static async Task<double[]> RunsAsync(Func<ulong, Task<double>> run)
    {
        List<double> values = [];
        for (ulong seed = 1; seed <= Runs; seed++) values.Add(await run(seed));
        return [.. values];
    }
}
