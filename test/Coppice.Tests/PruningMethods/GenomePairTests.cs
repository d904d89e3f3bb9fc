using System.Collections.Immutable;
using Coppice.Pruning;
using Coppice.Pruning.Encodings;
using Coppice.Pruning.Methods;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;

namespace Coppice.Tests.PruningMethods;

/// <summary>Every method that evolves something on every genome that it takes, and those that it does not take.</summary>
public sealed class GenomePairTests() : LeakCheck(scoped: false)
{
    public static TheoryData<string, GenomeKind> Taken => Pairs(taken: true);

    public static TheoryData<string, GenomeKind> Refused => Pairs(taken: false);

    [Fact]
    public void Genomes_of_each_method_are_listed_its_own_first() => Assert.Equal(
        ["ga: Bits Counts Ranks", "ga-layerwise: Bits", "ccep: Bits", "abc: Counts Ranks", "nsga2: Counts Bits Ranks", "legr: Ranks Counts Bits"],
        Evolving.Select(method => $"{method.Name}: {string.Join(' ', method.Genomes)}"));

    [Theory]
    [MemberData(nameof(Taken))]
    public async Task Pair_meets_the_target_as_tightly_as_whole_channels_allow(string name, GenomeKind kind)
    {
        using var small = new SmallProblem();
        foreach (string target in (string[])["50%", "75%"])
        {
            var problem = small.Problem with { Target = MacTarget.Parse(target) };
            var space = problem.SpaceOf(problem.Network);

            var answer = (await SmallProblem.RunAsync(Find(name, kind), problem))[^1];

            SmallProblem.AssertTight(space, SmallProblem.Widths(space, answer.Plan), problem.Target.Resolve(space.Cost.Full.Macs));
            Assert.Equal(SmallProblem.CostOf(answer.Network), answer.Cost);
            Assert.NotNull(answer.Score);
        }
    }

    [Theory]
    [MemberData(nameof(Taken))]
    public async Task Pair_gives_the_same_plan_from_the_same_seed(string name, GenomeKind kind)
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Scope = GroupScope.All, Seed = 3 };

        var first = await SmallProblem.RunAsync(Find(name, kind), problem);
        var second = await SmallProblem.RunAsync(Find(name, kind), problem);

        Assert.Equal(first.Select(candidate => candidate.Plan.ToJson()), second.Select(candidate => candidate.Plan.ToJson()));
        Assert.Equal((first[^1].Score, first[^1].Evaluations), (second[^1].Score, second[^1].Evaluations));
    }

    /// <summary>One search under three names would show here.</summary>
    [Theory]
    [InlineData("ga")]
    [InlineData("abc")]
    [InlineData("nsga2")]
    [InlineData("legr")]
    public async Task Genomes_lead_to_different_searches(string name)
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Network = ToyTask.Network(filters: 24), Scope = GroupScope.All };
        var options = SmallProblem.Options.Sized(population: 8, generations: 4);
        var kinds = PruningMethodTable.Find(name, options).Genomes;

        var scores = new HashSet<(long, CandidateEvaluation?)>();
        foreach (var kind in kinds)
        {
            var answer = (await SmallProblem.RunAsync(PruningMethodTable.Find(name, options.WithGenome(name, kind)), problem))[^1];
            scores.Add((answer.Evaluations, answer.Score));
        }

        Assert.Equal(kinds.Length, scores.Count);
    }

    /// <summary>No target: the genome says the size, so what is found is smaller than the whole network, and a front holds several sizes.</summary>
    [Theory]
    [InlineData("ga", GenomeKind.Bits)]
    [InlineData("ga", GenomeKind.Counts)]
    [InlineData("ga", GenomeKind.Ranks)]
    [InlineData("nsga2", GenomeKind.Bits)]
    [InlineData("nsga2", GenomeKind.Counts)]
    [InlineData("nsga2", GenomeKind.Ranks)]
    public async Task Pair_without_a_target_finds_smaller_networks(string name, GenomeKind kind)
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Target = null };
        var space = problem.SpaceOf(problem.Network);

        var found = await SmallProblem.RunAsync(Find(name, kind), problem);

        Assert.All(found, candidate => Assert.InRange(candidate.Cost.Macs, space.Smallest.Macs, space.Cost.Full.Macs - 1));
        Assert.Equal(found.Length, found.Select(candidate => candidate.Cost.Macs).Distinct().Count());
        Assert.True(name == "ga" ? found.Length == 1 : found.Length >= 2, $"{found.Length} networks");
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Pair_that_makes_no_sense_is_refused_with_what_the_method_takes(string name, GenomeKind kind)
    {
        string takes = name == "abc" ? "counts or ranks" : "bits";

        var fault = Assert.Throws<CoppiceException>(() => SmallProblem.Options.WithGenome(name, kind));

        Assert.Equal($"Cannot search by '{name}' over {kind.ToString().ToLowerInvariant()}: it evolves {takes}; change --genome, or leave it out.", fault.Message);
    }

    [Fact]
    public async Task Method_that_is_made_for_a_genome_that_it_does_not_take_refuses_to_run()
    {
        using var small = new SmallProblem();

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => SmallProblem.RunAsync(new AbcPruning(new() { Genome = GenomeKind.Bits }), small.Problem));

        Assert.Equal("Cannot search by 'abc' over bits: it evolves counts or ranks; change --genome, or leave it out.", fault.Message);
    }

    [Fact]
    public async Task Colony_over_ranks_needs_a_target_even_if_alpha_bounds_the_counts()
    {
        using var small = new SmallProblem();
        var method = new AbcPruning(new() { Genome = GenomeKind.Ranks, MaxKeptRatio = 0.5 });

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => SmallProblem.RunAsync(method, small.Problem with { Target = null }));

        Assert.True(method.NeedsTarget);
        Assert.False(new AbcPruning(new() { MaxKeptRatio = 0.5 }).NeedsTarget);
        Assert.Equal("Cannot search channel ranks without a bound: nothing would pull towards a smaller network; give --max-macs, as in --max-macs 50%.", fault.Message);
    }

    [Fact]
    public void Choice_reaches_its_method_alone()
    {
        var standard = new PruningMethodOptions();

        Assert.Equal(standard with { Ga = standard.Ga with { Genome = GenomeKind.Ranks } }, standard.WithGenome("ga", GenomeKind.Ranks));
        Assert.Equal(standard with { Abc = standard.Abc with { Genome = GenomeKind.Ranks } }, standard.WithGenome("abc", GenomeKind.Ranks));
        Assert.Equal(standard with { Nsga2 = standard.Nsga2 with { Genome = GenomeKind.Bits } }, standard.WithGenome("nsga2", GenomeKind.Bits));
        Assert.Equal(standard with { Legr = standard.Legr with { Genome = GenomeKind.Counts } }, standard.WithGenome("legr", GenomeKind.Counts));
        Assert.All((string[])["l1", "random", "eagleeye"], name => Assert.Same(standard, standard.WithGenome(name, GenomeKind.Bits)));
        Assert.Same(standard, standard.WithGenome("ccep", GenomeKind.Bits));
    }

    private static ImmutableArray<IPruningMethod> Evolving => [.. PruningMethodTable.All(SmallProblem.Options).Where(method => !method.Genomes.IsEmpty)];

    private static IPruningMethod Find(string name, GenomeKind kind) => PruningMethodTable.Find(name, SmallProblem.Options.WithGenome(name, kind));

    private static TheoryData<string, GenomeKind> Pairs(bool taken)
    {
        var pairs = new TheoryData<string, GenomeKind>();
        foreach (var method in Evolving)
        {
            foreach (var kind in Enum.GetValues<GenomeKind>().Where(kind => method.Genomes.Contains(kind) == taken))
            {
                pairs.Add(method.Name, kind);
            }
        }

        return pairs;
    }
}
