using Coppice.Search;
using Coppice.Search.Algorithms;

namespace Coppice.Tests.Search.Algorithms;

public sealed class RandomSearchTests
{
    [Fact]
    public async Task Random_search_draws_k_genomes_and_its_best_is_their_best()
    {
        var evaluator = new FunctionEvaluator<int>(genome => new(genome, cost: 1));

        var result = await RunAsync(new() { Seed = 5, Samples = 25, BatchSize = 10 }, evaluator);

        Assert.Equal([10, 10, 5], evaluator.Batches.Select(batch => batch.Length));
        Assert.Equal(25, result.Population.Length);
        Assert.Equal(evaluator.Evaluated.Max(), result.Best.Genome);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task Random_search_does_not_depend_on_the_size_of_a_batch(int batchSize)
    {
        var expected = await RunAsync(new() { Seed = 5, Samples = 25, BatchSize = 25 }, new(genome => new(genome, cost: 1)));

        var result = await RunAsync(new() { Seed = 5, Samples = 25, BatchSize = batchSize }, new(genome => new(genome, cost: 1)));

        Assert.Equal(expected.Population.AsEnumerable(), result.Population.AsEnumerable());
    }

    [Fact]
    public async Task Random_search_draws_different_genomes_within_a_run_and_from_seed_to_seed()
    {
        var one = await RunAsync(new() { Seed = 1, Samples = 50 }, new(genome => new(genome, cost: 1)));
        var two = await RunAsync(new() { Seed = 2, Samples = 50 }, new(genome => new(genome, cost: 1)));

        Assert.Equal(100, one.Population.Concat(two.Population).Select(individual => individual.Genome).Distinct().Count());
    }

    [Fact]
    public async Task Random_search_solves_a_small_OneMax_when_k_is_large()
    {
        var evaluator = new FunctionEvaluator<BitString>(bits => new(bits.Count, cost: 1));
        var search = new RandomSearch<BitString>(
            new() { Samples = 1000 }, rng => BitString.FromIndices(6, [.. Enumerable.Range(0, 6).Where(_ => rng.Chance(0.5))]), evaluator);

        var generation = await search.InitializeAsync(CancellationToken.None);
        while (!search.IsComplete(generation)) generation = await search.StepAsync(generation, CancellationToken.None);

        Assert.Equal("111111", generation.Best.Genome.ToString());
    }

    [Fact]
    public void Options_list_all_faults()
    {
        var fault = Assert.Throws<ArgumentException>(() => new RandomSearchOptions { Samples = 0, BatchSize = -1 }.Validate());

        Assert.Equal(
            "The random search options are not valid: Samples is 0, but must be at least 1; BatchSize is -1, but must be at least 1.",
            fault.Message);
    }

    private static async Task<Generation<int>> RunAsync(RandomSearchOptions options, FunctionEvaluator<int> evaluator)
    {
        var search = new RandomSearch<int>(options, rng => rng.Next(1_000_000_000), evaluator);
        var generation = await search.InitializeAsync(CancellationToken.None);
        while (!search.IsComplete(generation)) generation = await search.StepAsync(generation, CancellationToken.None);
        return await search.StepAsync(generation, CancellationToken.None); // complete: stays as it is
    }
}
