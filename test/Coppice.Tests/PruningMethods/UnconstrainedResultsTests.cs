using System.Globalization;
using Coppice.Criteria;
using Coppice.Pruning;
using Coppice.Pruning.Encodings;
using Coppice.Pruning.Methods;
using Coppice.Search;
using Coppice.Search.Algorithms;

namespace Coppice.Tests.PruningMethods;

/// <summary>
/// What searches without constraints find from a seed, recorded at commit 918920a, before there were any: constraints that are not given change nothing, to the last draw of chance.
/// No network runs, so that the numbers are the same on every machine.
/// </summary>
public sealed class UnconstrainedResultsTests
{
    private static readonly PruningSpace Space = ChannelValues.Space;
    private static readonly long Half = Space.Cost.Full.Macs / 2;
    private static readonly double[][] Scores = [.. Space.Groups.Select(group => new L1Norm().Score(new(Space.Units), group))];

    [Fact]
    public async Task Genetic_algorithm_over_bits_finds_what_it_always_has()
    {
        var algorithm = new EvolutionaryCompressionPruning(new() { PopulationSize = 8 }).Wang(new ChannelBits(Space, [.. Scores], Half), seed: 5, new ChannelValues());
        var state = await algorithm.InitializeAsync([], CancellationToken.None);
        for (int generation = 0; generation < 4; generation++)
        {
            state = await algorithm.StepAsync(state, CancellationToken.None);
        }

        Assert.Equal("963a067e143dd4be", Hash(state.Best.Genome));
    }

    [Theory]
    [InlineData(true, "82c5b35228d1362e")]
    [InlineData(false, "c631737bbfedd011")]
    public async Task Coevolution_finds_what_it_always_has(bool hasBudget, string expected)
    {
        var options = new CooperativeCoevolutionOptions { Seed = 7, PopulationSize = 4, Generations = 3, MinKeptRatio = hasBudget ? 0.2 : 0.9, CostBudget = hasBudget ? Half : null };
        var search = new CooperativeCoevolution(options, Space.Sizes, new ChannelValues());
        var state = await search.InitializeAsync(CancellationToken.None);
        while (!search.IsComplete(state))
        {
            state = await search.StepAsync(state, CancellationToken.None);
        }

        Assert.Equal(expected, Hash(hasBudget ? search.Splice(state, Half).Genome : search.Winners(state)));
    }

    [Fact]
    public void Random_and_uniform_widths_are_what_they_always_were()
    {
        int[] random = [.. WidthPlanner.Random(Space, Half, Rng.For(3))];
        int[] uniform = [.. WidthPlanner.Uniform(Space, Half)];

        Assert.Equal("9 1 14 22 5 27 33 33 18; 8 8 8 16 16 15 33 31 31", $"{string.Join(' ', random)}; {string.Join(' ', uniform)}");
    }

    [Fact]
    public void Repair_and_threshold_keep_what_they_always_have()
    {
        var ranking = ChannelRanking.Of([.. Scores], relative: true);
        var drawn = new ChannelBits(Space, [.. Scores], macs: null).Variation.Found(Rng.For(11));

        string repaired = Hash(BudgetRepair.Fit(Space, drawn, ranking, Half, [.. Space.Sizes.Select(size => 1 + (size / 8))]));
        string atMacs = Hash(GlobalThreshold.AtMacs(Space, ranking, Half)), atShare = Hash(GlobalThreshold.AtShare(Space, ranking, 0.35))[..7];

        Assert.Equal("32119a30af3993a0 9451d0312ff372a3 62c0949", $"{repaired} {atMacs} {atShare}");
    }

    private static string Hash(BitGenome genome) => genome.ContentHash.ToString("x32", CultureInfo.InvariantCulture)[..16];
}
