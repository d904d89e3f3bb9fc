using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Racing;

namespace Coppice.Tests.Search.Racing;

/// <summary>Algorithms whose candidates compete: with an evaluator that races they reach what they reach without, and take what it says last.</summary>
public sealed class RacingAlgorithmTests
{
    private static readonly ImmutableArray<int> Groups = [8, 12, 6];

    [Theory]
    [InlineData(null)]
    [InlineData(14)]
    public async Task Coevolution_reaches_the_same_state(int? budget)
    {
        var options = new CooperativeCoevolutionOptions { Seed = 3, Generations = 4, MinKeptRatio = 0.4, CostBudget = budget };
        var racing = new RacingEvaluator<BitGenome>(Worth);

        var expected = await RunAsync(new CooperativeCoevolution(options, Groups, new FunctionEvaluator<BitGenome>(Worth)));
        var state = await RunAsync(new CooperativeCoevolution(options, Groups, racing));

        Assert.Equal(expected, state);
        Assert.InRange(racing.Races.Count, 5, budget is null ? 5 : 20); // with a budget a race is run on where its price has moved
        Assert.All(racing.Races, contests => Assert.Equal([0, 1, 2], contests.Select(Species)));
        Assert.All(racing.Races.SelectMany(contests => contests), contest => Assert.Equal((5, contest.Entrants.Length), (contest.Places, contest.Entrants.Distinct().Count())));
        Assert.Equal(budget is not null, racing.Races[^1].Any(contest => contest.Price > 0));
    }

    /// <summary>Estimates are off by a hundredth until somebody asks for all samples: archive and population then hold what is known last, and completing again changes nothing.</summary>
    [Fact]
    public async Task Coevolution_knows_what_was_said_last()
    {
        var racing = new RacingEvaluator<BitGenome>(Worth) { Error = 0.01 };
        var search = new CooperativeCoevolution(new() { Seed = 3, Generations = 3, MinKeptRatio = 0.4 }, Groups, racing);
        var state = await RunAsync(search);
        var winners = search.Winners(state);

        var complete = await search.CompleteAsync(state, winners, CancellationToken.None);

        Assert.All(state.Species, species => Assert.Equal(0.01, CooperativeCoevolution.Winner(species).Fitness - Worth(Joined(species.Index, winners[species.Index])).Fitness, 9));
        Assert.All(complete.Species, species =>
        {
            var exact = Worth(Joined(species.Index, winners[species.Index])).Fitness;
            Assert.Equal(exact, species.Archive.Single(individual => individual.Genome == winners[species.Index]).Fitness);
            Assert.Equal(exact, species.Population.Single(individual => individual.Genome == winners[species.Index]).Fitness);
        });
        Assert.Equal(complete, await search.CompleteAsync(complete, winners, CancellationToken.None));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(25)]
    public async Task Random_search_finds_the_same(int batchSize)
    {
        RandomSearch<int> Search(IFitnessEvaluator<int> evaluator) => new(new() { Seed = 5, Samples = 25, BatchSize = batchSize }, rng => rng.Next(1000), evaluator);
        var racing = new RacingEvaluator<int>(genome => new(genome, cost: 1));

        var expected = await RunAsync(Search(new FunctionEvaluator<int>(genome => new(genome, cost: 1))));
        var state = await RunAsync(Search(racing));

        Assert.Equal(expected, state);
        Assert.All(racing.Races, contests => Assert.Equal(1, Assert.Single(contests).Places));
        Assert.Equal(25, racing.Races[^1][0].Entrants.Length + (25 - state.Population.Select(individual => individual.Genome).Distinct().Count()));
    }

    [Fact]
    public async Task Colony_finds_the_same()
    {
        ArtificialBeeColony<IntegerGenome> Search(IFitnessEvaluator<IntegerGenome> evaluator) => new(new() { Seed = 2, SourceCount = 4 }, new IntegerSpace([1, 1, 1], [30, 30, 30]), evaluator);
        static Evaluation Value(IntegerGenome genome) => new(-Enumerable.Range(0, 3).Sum(i => Math.Pow(genome[i] - 17, 2)), cost: 1);
        var racing = new RacingEvaluator<IntegerGenome>(Value);

        var (expected, state) = (await Search(new FunctionEvaluator<IntegerGenome>(Value)).InitializeAsync([], CancellationToken.None), await Search(racing).InitializeAsync([], CancellationToken.None));
        for (int cycle = 0; cycle < 6; cycle++)
        {
            expected = await Search(new FunctionEvaluator<IntegerGenome>(Value)).StepAsync(expected, CancellationToken.None);
            state = await Search(racing).StepAsync(state, CancellationToken.None);
        }

        Assert.Equal(expected, state);
        Assert.Equal(12, racing.Races.Count);
        Assert.All(racing.Races.SelectMany(contests => contests), contest => Assert.Equal(1, contest.Places));
    }

    private static int Species(Contest<BitGenome> contest) =>
        Enumerable.Range(0, Groups.Length).Single(group => contest.Entrants.Any(genome => genome[group].Count < Groups[group]));

    private static BitGenome Joined(int species, BitString bits) => BitGenome.AllOnes(Groups.AsSpan()).Replace(species, bits);

    /// <summary>Filters are worth their number within the group, with a little of their own, and cost one each.</summary>
    private static Evaluation Worth(BitGenome genome) =>
        new(genome.Segments.Select((bits, group) => bits.Indices.Sum(index => Math.Sqrt(index + 1.0 + (0.37 * group)))).Sum(), genome.Segments.Sum(bits => bits.Count));

    private static async Task<CoevolutionState> RunAsync(CooperativeCoevolution search)
    {
        var state = await search.InitializeAsync(CancellationToken.None);
        while (!search.IsComplete(state))
        {
            state = await search.StepAsync(state, CancellationToken.None);
        }

        return state;
    }

    private static async Task<Generation<int>> RunAsync(RandomSearch<int> search)
    {
        var state = await search.InitializeAsync(CancellationToken.None);
        while (!search.IsComplete(state))
        {
            state = await search.StepAsync(state, CancellationToken.None);
        }

        return state;
    }

    /// <summary>Says everything of everybody, too high by an error until asked outside of a race.</summary>
    private sealed class RacingEvaluator<TGenome>(Func<TGenome, Evaluation> evaluate) : IRacingEvaluator<TGenome>
        where TGenome : notnull
    {
        private readonly HashSet<TGenome> _exact = [];

        public double Error { get; init; }

        public List<ImmutableArray<Contest<TGenome>>> Races { get; } = [];

        public ValueTask<ImmutableArray<Evaluation>> EvaluateAsync(ImmutableArray<TGenome> genomes, CancellationToken cancellationToken)
        {
            _exact.UnionWith(genomes);
            return ValueTask.FromResult<ImmutableArray<Evaluation>>([.. genomes.Select(evaluate)]);
        }

        public ValueTask<IReadOnlyDictionary<TGenome, Evaluation>> RaceAsync(ImmutableArray<Contest<TGenome>> contests, CancellationToken cancellationToken)
        {
            Races.Add(contests);
            return ValueTask.FromResult<IReadOnlyDictionary<TGenome, Evaluation>>(contests.SelectMany(contest => contest.Entrants).Distinct().ToDictionary(genome => genome, Estimate));
        }

        private Evaluation Estimate(TGenome genome) => evaluate(genome) is var exact && _exact.Contains(genome) ? exact : new(exact.Fitness + Error, exact.Cost);
    }
}
