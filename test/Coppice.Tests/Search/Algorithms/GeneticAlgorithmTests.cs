using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Operators;
using Coppice.Search.Termination;

namespace Coppice.Tests.Search.Algorithms;

public sealed class GeneticAlgorithmTests
{
    [Fact] // Hu et al.: k of C channels, one-point crossover 0.8, bit mutation 1 / C, elite 2.
    public async Task Layer_search_keeps_exactly_k_channels_and_finds_the_best_of_a_quadratic_error()
    {
        const int Channels = 16, Kept = 6;
        var rng = Rng.For(41);
        double[,] gram = Gram(rng, Channels);
        var evaluator = new FunctionEvaluator<BitString>(bits => new(-Error(gram, bits), cost: 1));
        var variation = new Variation<BitString>(
            draw => RandomBits.ExactCount(Channels, Kept, draw), new OnePointCrossover<BitString>(), new BitFlip<BitString>(), new ExactCount<BitString>(Kept));
        var search = new GeneticAlgorithm<BitString>(new(), variation, new RouletteWheel(windowed: true), evaluator);

        var result = await SearchLoop.Of(search, new MaxGenerations(100)).RunAsync(CancellationToken.None);

        // All 8008 choices of 6 of 16.
        double best = Enumerable.Range(0, 1 << Channels).Where(mask => int.PopCount(mask) == Kept)
            .Min(mask => Error(gram, BitString.FromIndices(Channels, [.. Enumerable.Range(0, Channels).Where(i => (mask >> i & 1) != 0)])));
        Assert.All(evaluator.Evaluated, bits => Assert.Equal(Kept, bits.Count));
        Assert.Equal(best, -result.State.Best.Fitness, 1e-12);
    }

    [Fact]
    public async Task Elites_live_on_and_children_take_the_other_places()
    {
        var parents = Generation(10, 9, 1, 1, 1, 1);
        var search = Search(new() { PopulationSize = 6, Elites = 2 }, child: -1);

        var next = await search.StepAsync(parents, CancellationToken.None);

        Assert.Equal([10, 9, -1, -1, -1, -1], next.Population.Select(individual => individual.Fitness));
    }

    [Fact]
    public async Task Mu_plus_lambda_lets_children_live_only_if_they_are_better()
    {
        var next = await Search(new() { PopulationSize = 6, OffspringCount = 3, Replacement = Replacement.MuPlusLambda }, child: 5)
            .StepAsync(Generation(10, 9, 8, 2, 1, 0), CancellationToken.None);

        Assert.Equal([10, 9, 8, 5, 5, 5], next.Population.Select(individual => individual.Fitness));
    }

    [Fact]
    public async Task Child_that_failed_leaves_its_place_to_a_parent()
    {
        var next = await Search(new() { PopulationSize = 6, Elites = 1 }, child: double.NaN).StepAsync(Generation(10, 9, 8, 2, 1, 0), CancellationToken.None);

        Assert.Equal([10, 9, 8, 2, 1, 0], next.Population.Select(individual => individual.Fitness));
    }

    [Fact]
    public async Task Founders_fill_the_place_even_of_a_space_that_is_too_small()
    {
        var evaluator = new FunctionEvaluator<BitString>(bits => new(bits.Count, 1));
        var search = new GeneticAlgorithm<BitString>(
            new() { PopulationSize = 10 }, new(rng => RandomBits.Bernoulli(2, 0.5, rng), new OnePointCrossover<BitString>(), new BitFlip<BitString>()), new Tournament(), evaluator);

        var founders = await search.InitializeAsync([], CancellationToken.None);

        Assert.Equal((10, 4, 4), (founders.Population.Length, founders.Population.Distinct().Count(), founders.Evaluations));
        Assert.Equal(4, evaluator.Evaluated.Count());
    }

    [Fact]
    public void Options_list_all_faults() => Assert.Equal(
        "The genetic algorithm options are not valid: PopulationSize is 1, but must be at least 2; OffspringCount is 0, but must be at least 1, or absent; "
        + "Elites is 1, but must be at least 0 and less than the population; CrossoverProbability is 2, but must be in [0, 1]; "
        + "MutationProbability is NaN, but must be in [0, 1].",
        Assert.Throws<ArgumentException>(() => new GeneticAlgorithmOptions
        {
            PopulationSize = 1,
            OffspringCount = 0,
            Elites = 1,
            CrossoverProbability = 2,
            MutationProbability = double.NaN,
        }.Validate()).Message);

    /// <summary>Parents are the strings 0…01 to 0…010…0 with the given fitness; every child is a string of many ones, with the given fitness.</summary>
    private static GeneticAlgorithm<BitString> Search(GeneticAlgorithmOptions options, double child) => new(
        options with { CrossoverProbability = 0 },
        new(_ => BitString.AllOnes(8), new OnePointCrossover<BitString>(), new BitFlip<BitString>(1)),
        new UniformSelection(),
        new FunctionEvaluator<BitString>(_ => new(child, 1)));

    private static Generation<BitString> Generation(params double[] fitness) =>
        new(0, [.. fitness.Select((f, i) => new Individual<BitString>(BitString.FromIndices(8, [i]), new(f, 1)))]);

    /// <summary>G = A Aᵀ of random A: positive semi-definite, as a layer's second moments.</summary>
    private static double[,] Gram(Rng rng, int n)
    {
        var a = Enumerable.Range(0, n).Select(_ => Enumerable.Range(0, n / 2).Select(_ => rng.NextGaussian()).ToArray()).ToImmutableArray();
        double[,] gram = new double[n, n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++) gram[i, j] = a[i].Zip(a[j], (x, y) => x * y).Sum();
        }

        return gram;
    }

    /// <summary>E = qᵀ G q, q = 1 where a channel is removed.</summary>
    private static double Error(double[,] gram, BitString kept)
    {
        int[] removed = [.. Enumerable.Range(0, kept.Length).Where(i => !kept[i])];
        return removed.Sum(i => removed.Sum(j => gram[i, j]));
    }
}
