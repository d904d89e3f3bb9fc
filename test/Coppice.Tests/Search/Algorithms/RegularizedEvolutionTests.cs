using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Operators;

namespace Coppice.Tests.Search.Algorithms;

public sealed class RegularizedEvolutionTests
{
    [Fact]
    public void Defaults_are_legrs()
    {
        var options = new RegularizedEvolutionOptions();

        Assert.Equal((64, 16, 1), (options.PopulationSize, options.TournamentSize, options.BatchSize));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Oldest_die_whatever_their_fitness_and_the_best_is_remembered(int batch)
    {
        var first = Aged(9, 1, 2, 3); // the oldest is the best

        var next = await Search(new() { PopulationSize = 4, BatchSize = batch }, _ => new(0, 1)).StepAsync(first, CancellationToken.None);

        Assert.Equal(first.Population.Skip(batch), next.Population.Take(4 - batch));
        Assert.All(next.Population.TakeLast(batch), child => Assert.Equal(0, child.Fitness));
        Assert.Equal(9, next.Best.Fitness);
        Assert.Contains(next.Best, ((ISearchState<IntegerGenome>)next).Individuals);
    }

    [Fact]
    public async Task Parent_is_the_best_of_a_sample_drawn_with_replacement()
    {
        var first = Aged(1, 2, 3);
        int[] parents = new int[3];
        for (ulong seed = 0; seed < 5000; seed++)
        {
            var next = await Search(new() { Seed = seed, PopulationSize = 3, TournamentSize = 2 }, _ => new(0, 1)).StepAsync(first, CancellationToken.None);
            parents[next.Population[^1].Genome[0] - 1]++; // the mutation changes the second gene alone
        }

        ChiSquare.AssertCounts([1 / 9.0, 3 / 9.0, 5 / 9.0], parents);
    }

    [Fact]
    public async Task Failed_children_are_not_born_and_failed_founders_die_first()
    {
        var search = Search(new() { PopulationSize = 3 }, genome => genome[0] == 2 ? Evaluation.Failed("no") : new(genome[0], 1));

        var founders = await search.InitializeAsync([new([1, 0]), new([2, 0]), new([3, 0])], CancellationToken.None);
        var next = await search.StepAsync(founders, CancellationToken.None);
        var unborn = await Search(new() { PopulationSize = 3 }, _ => Evaluation.Failed("no")).StepAsync(founders, CancellationToken.None);

        Assert.Equal([2, 1, 3], founders.Population.Select(individual => individual.Genome[0]));
        Assert.All(next.Population, individual => Assert.True(individual.Succeeded));
        Assert.Equal(founders.Population.AsEnumerable(), unborn.Population);
        Assert.Equal((1, founders.Evaluations + 1), (unborn.Number, unborn.Evaluations));
    }

    [Fact] // LeGR: the step shrinks with the evaluations.
    public async Task Mutation_may_depend_on_how_many_evaluations_were_made()
    {
        List<long> asked = [];
        var search = new RegularizedEvolution<IntegerGenome>(
            new() { PopulationSize = 5, BatchSize = 2 },
            IntegerSpace.Cube(2, 0, 1000).Sample,
            evaluations =>
            {
                asked.Add(evaluations);
                return new IntegerReset(IntegerSpace.Cube(2, 0, 1000), rate: 1);
            },
            new FunctionEvaluator<IntegerGenome>(_ => new(1, 1)));

        var state = await search.InitializeAsync([], CancellationToken.None);
        for (int step = 0; step < 3; step++) state = await search.StepAsync(state, CancellationToken.None);

        Assert.Equal([5, 7, 9], asked);
    }

    [Fact]
    public void Options_list_all_faults() => Assert.Equal(
        "The regularized evolution options are not valid: PopulationSize is 0, but must be at least 1; TournamentSize is 0, but must be at least 1; "
        + "BatchSize is 1, but must be at least 1 and at most the population.",
        Assert.Throws<ArgumentException>(() => new RegularizedEvolutionOptions { PopulationSize = 0, TournamentSize = 0 }.Validate()).Message);

    private static RegularizedEvolution<IntegerGenome> Search(RegularizedEvolutionOptions options, Func<IntegerGenome, Evaluation> evaluate) =>
        new(options, IntegerSpace.Cube(2, 0, 1000).Sample, new SecondGene(), new FunctionEvaluator<IntegerGenome>(evaluate));

    /// <summary>A population whose first genes are 1, 2, …, oldest first.</summary>
    private static AgingPopulation<IntegerGenome> Aged(params double[] fitness)
    {
        Individual<IntegerGenome>[] individuals = [.. fitness.Select((f, i) => new Individual<IntegerGenome>(new([i + 1, 0]), new(f, 1)))];
        return new(0, [.. individuals], individuals.MaxBy(individual => individual.Fitness)!, fitness.Length);
    }

    private sealed class SecondGene : IMutation<IntegerGenome>
    {
        public IntegerGenome Mutate(IntegerGenome parent, Rng rng) => parent.With(1, 1 + rng.Next(1000));
    }
}
