using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Operators;
using Coppice.Search.Pareto;
using Coppice.Search.Termination;

namespace Coppice.Tests.Search.Algorithms;

public sealed class Nsga2Tests
{
    [Fact]
    public async Task Whole_front_of_a_discrete_problem_is_found()
    {
        // Ones are worth their position and cost 1 each: the front holds, for each number of ones, the string with the last ones.
        const int Bits = 14;
        var evaluator = new FunctionEvaluator<BitString>(bits => new(bits.Indices.Sum(index => index + 1), bits.Count));
        var search = Search(new() { PopulationSize = 40 }, evaluator, Bits);

        var result = await SearchLoop.Of(search, new MaxGenerations(150)).RunAsync(CancellationToken.None);

        var front = search.FrontOf(result.State).Members;
        Assert.Equal(
            Enumerable.Range(0, Bits + 1).Reverse().Select(ones => new string('0', Bits - ones) + new string('1', ones)),
            front.Select(individual => individual.Genome.ToString()));
    }

    [Fact]
    public async Task Survivors_are_whole_fronts_and_the_least_crowded_of_the_next()
    {
        // First front: (0, 1), (1, 0). Second: (1, 11), (2, 10.9), (5, 8), (6, 7.9), (12, 1): the ends first, then the middle ones by room.
        (double Fitness, double Cost)[] points = [(0, 1), (-1, 0), (-1, 11), (-2, 10.9), (-5, 8), (-6, 7.9), (-12, 1)];
        var evaluator = new FunctionEvaluator<BitString>(bits => new(points[bits.Indices[0]].Fitness, points[bits.Indices[0]].Cost));
        var seeds = Enumerable.Range(0, 7).Select(i => BitString.FromIndices(7, [i]));

        var state = await Search(new() { PopulationSize = 5 }, evaluator, 7).InitializeAsync([.. seeds], CancellationToken.None);

        // Room of the middle: 2: 4/11 + 3/10; 5: 4/11 + 3/10; 6: 7/11 + 7/10. So 6 comes before both.
        Assert.Equal([0, 1, 2, 6, 5], state.Population.Select(individual => individual.Genome.Indices[0]));
    }

    [Fact]
    public async Task Generation_holds_no_genome_twice()
    {
        var evaluator = new FunctionEvaluator<BitString>(bits => new(bits.Count, bits.Count));

        var result = await SearchLoop.Of(Search(new() { PopulationSize = 30 }, evaluator, 3), new MaxGenerations(20)).RunAsync(CancellationToken.None);

        Assert.Equal(8, result.State.Population.Length); // all that there are
        Assert.Equal(8, evaluator.Evaluated.Count());
    }

    [Fact]
    public async Task Failed_candidates_are_dominated_and_objectives_are_not_asked_of_them()
    {
        var objectives = new Objectives(evaluation => evaluation.FailureReason is null ? [-evaluation.Fitness, evaluation.Cost] : throw new InvalidOperationException("asked"));
        var evaluator = new FunctionEvaluator<BitString>(bits => bits.Count % 3 == 0 ? Evaluation.Failed("no") : new(bits.Count, bits.Count));
        var search = new Nsga2<BitString>(new() { PopulationSize = 20 }, Variation(12), objectives, evaluator);

        var result = await SearchLoop.Of(search, new MaxGenerations(30)).RunAsync(CancellationToken.None);

        Assert.All(result.State.Population, individual => Assert.True(individual.Succeeded));
        Assert.Contains(evaluator.Evaluated, bits => bits.Count % 3 == 0);
        Assert.Equal([11, 10, 8, 7, 5, 4, 2, 1], search.FrontOf(result.State).Members.Select(individual => individual.Genome.Count));
    }

    [Fact]
    public async Task Front_of_three_objectives_has_nearly_the_hypervolume_of_all_genomes_together()
    {
        const int Bits = 10;
        var objectives = new Objectives(evaluation => [-evaluation.Fitness, evaluation.Cost, Math.Abs(evaluation.Fitness - (2 * evaluation.Cost))]);
        var evaluator = new FunctionEvaluator<BitString>(bits => new(Worth(bits), bits.Count));
        var search = new Nsga2<BitString>(new() { PopulationSize = 200 }, Variation(Bits), objectives, evaluator);
        var loop = SearchLoop.Of(search, new MaxGenerations(40)) with { Hypervolume = population => Hypervolume.Of(population, objectives, [1, 11, 20]) };

        double found = (await loop.RunAsync(CancellationToken.None)).Progress.Hypervolumes[^1];

        var all = Enumerable.Range(0, 1 << Bits).Select(mask => BitString.FromIndices(Bits, [.. Enumerable.Range(0, Bits).Where(i => (mask >> i & 1) != 0)]));
        double most = new ParetoFront<BitString>(objectives)
            .Add(all.Select(bits => new Individual<BitString>(bits, new(Worth(bits), bits.Count)))).Hypervolume([1, 11, 20]);
        Assert.InRange(found, 0.98 * most, most);

        static double Worth(BitString bits) => bits.Indices.Sum(index => Math.Sqrt(index)); // no two choices are worth the same
    }

    [Fact]
    public void Options_list_all_faults() => Assert.Equal(
        "The NSGA-II options are not valid: PopulationSize is 0, but must be at least 2; CrossoverProbability is -1, but must be in [0, 1]; "
        + "MutationProbability is 2, but must be in [0, 1].",
        Assert.Throws<ArgumentException>(() => new Nsga2Options { PopulationSize = 0, CrossoverProbability = -1, MutationProbability = 2 }.Validate()).Message);

    private static Nsga2<BitString> Search(Nsga2Options options, IFitnessEvaluator<BitString> evaluator, int bits) =>
        new(options, Variation(bits), Objectives.FitnessAndCost, evaluator);

    private static Variation<BitString> Variation(int bits) =>
        new(rng => RandomBits.DensityVaried(bits, rng), new UniformCrossover<BitString>(), new BitFlip<BitString>());
}
