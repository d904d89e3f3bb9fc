using System.Collections.Immutable;
using Coppice.Search;
using Coppice.Search.Algorithms;

namespace Coppice.Tests.Search.Algorithms;

/// <summary>Cooperative coevolution whose groups may keep some numbers of filters only.</summary>
public sealed class CoevolutionCountsTests
{
    private static readonly ImmutableArray<AllowedCounts> Counts = [new(16, step: 8), new(20, step: 8), new(24, least: 9, step: 4), new(6, step: 8)];

    /// <summary>Filters are worth their number within the group, so that none is like another; the cost is how many there are.</summary>
    private static readonly FunctionEvaluator<BitGenome> Values = new(genome => new(genome.Segments.Sum(bits => bits.Indices.Sum(index => index + 1.0)), genome.Segments.Sum(bits => bits.Count)));

    [Theory]
    [InlineData(null)]
    [InlineData(40)]
    public async Task Every_individual_ever_evaluated_has_an_allowed_count(int? budget)
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            var state = await RunAsync(new() { Seed = seed, Generations = 6, MinKeptRatio = 0.3, CostBudget = budget });

            Assert.All(state.Species, species => Assert.All(species.Archive, individual => Assert.True(
                Counts[species.Index].Contains(individual.Genome.Count), $"{individual.Genome.Count} of group {species.Index}, which may keep {Counts[species.Index]}")));
            Assert.All(state.Species.Take(3), species => Assert.True(species.Archive.Select(individual => individual.Genome.Count).Distinct().Count() >= 2, $"group {species.Index} never changes its size"));
            Assert.Single(state.Species[3].Archive);
        }
    }

    /// <summary>A twentieth of 16 filters is less than one: rounded back, all founders would be the whole group, of which one is enough.</summary>
    [Fact]
    public async Task Random_founders_are_pruned_by_a_whole_step()
    {
        var search = new CooperativeCoevolution(new() { InitialKeepProbability = 0.95, MinKeptRatio = 0.3 }, Counts, Values);

        var state = await search.InitializeAsync(CancellationToken.None);

        Assert.All(state.Species.Take(3), species => Assert.All(
            species.Archive.Where(individual => individual.Genome != species.Full.Genome), individual => Assert.True(individual.Genome.Count < Counts[species.Index].Size)));
        Assert.Equal([5, 5, 5, 1], state.Species.Select(species => species.Archive.Length));
    }

    /// <summary>70 % of 20 are 14, so 8 is too few. 70 % of 16 are 12, but a step of 8 may go where there is no smaller one.</summary>
    [Fact]
    public async Task Share_of_a_round_and_allowed_counts_hold_together()
    {
        var state = await RunAsync(new() { Generations = 8, MinKeptRatio = 0.7, MutationRate = 0.5 });

        Assert.Equal([16, 20], state.Species[1].Archive.Select(individual => individual.Genome.Count).Distinct().Order());
        Assert.Equal([8, 16], state.Species[0].Archive.Select(individual => individual.Genome.Count).Distinct().Order());
    }

    [Fact]
    public async Task Seed_of_another_count_is_refused_with_those_that_are_allowed()
    {
        var search = new CooperativeCoevolution(new() { MinKeptRatio = 0.3 }, Counts, Values);

        var fault = await Assert.ThrowsAsync<ArgumentException>(() => search.InitializeAsync([[], [BitString.FromIndices(20, [1, 2, 3])], [], []], CancellationToken.None));

        Assert.StartsWith("A seed of group 1 keeps 3 of 20 filters, but must keep 8 to 16 by 8, or 20; give another seed or lower MinKeptRatio.", fault.Message, StringComparison.Ordinal);
    }

    private static async Task<CoevolutionState> RunAsync(CooperativeCoevolutionOptions options)
    {
        var search = new CooperativeCoevolution(options, Counts, Values);
        var state = await search.InitializeAsync(CancellationToken.None);
        while (!search.IsComplete(state))
        {
            state = await search.StepAsync(state, CancellationToken.None);
        }

        return state;
    }
}
