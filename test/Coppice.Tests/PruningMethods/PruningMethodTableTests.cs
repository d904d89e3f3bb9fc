using Coppice.Graph.Channels;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;
using Coppice.Training;

namespace Coppice.Tests.PruningMethods;

/// <summary>What every method of the table does, also one that is added.</summary>
public sealed class PruningMethodTableTests() : LeakCheck(scoped: false)
{
    /// <summary>Methods that end at the same network of this small problem whatever the seed, being exact or starting at the best; that their algorithms differ by seed, the search toolkit's tests show.</summary>
    private static readonly string[] AgreeingAcrossSeeds = ["ga-layerwise", "nsga2"];

    /// <summary>All but the one that removes what is zero already, however much that is.</summary>
    public static TheoryData<string> Names => [.. PruningMethodTable.All(SmallProblem.Options).Where(method => method is not ZeroedPruning).Select(method => method.Name)];

    public static TheoryData<string> Searches => [.. PruningMethodTable.All(SmallProblem.Options).Where(method => method.IsSearch).Select(method => method.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Method_meets_the_target_as_tightly_as_whole_channels_allow(string name)
    {
        using var small = new SmallProblem();
        foreach (string target in (string[])["50%", "75%"])
        {
            await AssertMeetsTargetAsync(Find(name), small.For(name) with { Target = MacTarget.Parse(target) });
        }
    }

    /// <summary>A plain chain, as VGG is: every group is read by the next layer alone, the last one by a classifier behind a map of more than one pixel.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Method_halves_a_small_vgg(string name)
    {
        using var small = new SmallProblem();

        await AssertMeetsTargetAsync(Find(name), small.Problem with { Network = SmallProblem.Vgg(), Target = MacTarget.Parse("50%") });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Same_seed_gives_the_same_plan_and_chance_another_one_from_another_seed(string name)
    {
        using var small = new SmallProblem();

        var problem = small.For(name) with { Scope = GroupScope.All };
        var first = await SmallProblem.RunAsync(Find(name), problem);
        var second = await SmallProblem.RunAsync(Find(name), problem);
        var others = new List<string>();
        for (ulong seed = 2; seed < 5; seed++)
        {
            others.Add(Plans(await SmallProblem.RunAsync(Find(name), problem with { Seed = seed })));
        }

        Assert.Equal(Plans(first), Plans(second));
        Assert.Equal(first[^1].Score, second[^1].Score);
        NetworkAssert.Equal(first[^1].Network, second[^1].Network);
        Assert.Equal((Find(name).IsSearch && !AgreeingAcrossSeeds.Contains(name)) || name == "random-channels", others.Any(other => other != Plans(first)));
    }

    /// <summary>What is handed out is what was scored, with repair as without: the network of the answer, its statistics estimated anew, has the very loss that the search saw.</summary>
    [Theory]
    [MemberData(nameof(Searches))]
    public async Task Answer_has_the_loss_that_it_was_chosen_by(string name)
    {
        using var small = new SmallProblem();
        foreach (bool repairs in (bool[])[false, true])
        {
            var problem = small.For(name) with { Repairs = repairs };
            var answer = (await SmallProblem.RunAsync(Find(name), problem))[^1];

            var loss = await problem.Thread!.RunAsync(() => Classifier.Evaluate(
                BatchNormRecalibration.Apply(answer.Network, problem.Images!.Recalibration, problem.Precision, problem.Device, CancellationToken.None), problem.Images.Scored, problem.Precision, problem.Device, CancellationToken.None).Loss);

            Assert.Equal(answer.Score!.Metrics.Loss, loss, 1e-6);
        }
    }

    /// <summary>
    /// What the layers read is measured once, for the scores; whoever completes the answer of a search looks at no image any more. So the images that it counts are those that went through
    /// a network, from its first candidate to the network that is fine-tuned.
    /// </summary>
    [Theory]
    [MemberData(nameof(Searches))]
    public async Task Images_counted_are_those_that_went_through_a_network(string name)
    {
        foreach (bool repairs in (bool[])[false, true])
        {
            using var small = new SmallProblem();
            var problem = small.For(name) with { Repairs = repairs };

            var answer = (await SmallProblem.RunAsync(Find(name), problem))[^1];
            var completed = await problem.CompleteAsync(answer, CancellationToken.None);

            Assert.Same(answer, completed);
            Assert.Equal(problem.Images!.Recalibration.Passed + problem.Images.Scored.Passed, answer.ForwardImages);
        }
    }

    /// <summary>60 images to score on and 64 for statistics per candidate; 64 more, once, for all layers that read what may go.</summary>
    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 64)]
    public async Task Repair_costs_a_pass_per_search(bool repairs, long measuring)
    {
        using var small = new SmallProblem();

        var answer = (await SmallProblem.RunAsync(Find("random"), small.Problem with { Repairs = repairs }))[^1];

        Assert.Equal((answer.Evaluations * 124) + measuring, answer.ForwardImages);
        Assert.Equal(repairs, answer.HasOwnWeights);
    }

    /// <summary>Widths 1 instead of 8 for the inner convolution leave 9 · 81 · (6 + 6 + 6) + … MACs; the message gives the range.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Target_out_of_reach_is_refused_with_the_range(string name)
    {
        using var small = new SmallProblem();
        var problem = small.For(name) with { Target = MacTarget.Parse("1000") };
        var space = problem.SpaceOf(problem.Network);
        long full = space.Cost.Full.Macs, least = space.Smallest.Macs;

        var fault = await Assert.ThrowsAsync<InfeasibleTargetException>(() => SmallProblem.RunAsync(Find(name), problem));

        Assert.Equal(
            FormattableString.Invariant($"Cannot reach 1000 MACs (1000): with {space.Groups.Length} prunable groups the network can shrink from {full} to {least} MACs ({100.0 * least / full:F1}%); raise --max-macs, lower --min-channels or use --scope all."),
            fault.Message);
    }

    [Theory]
    [InlineData("l1", "Cannot prune by 'l1' without a target: give --max-macs, as in --max-macs 50%.")]
    [InlineData("random", "Cannot draw random plans without a target: give --max-macs, as in --max-macs 50%.")]
    public async Task Method_that_needs_a_target_says_how_to_give_one(string name, string message)
    {
        using var small = new SmallProblem();

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => SmallProblem.RunAsync(Find(name), small.Problem with { Target = null }));

        Assert.Equal(message, fault.Message);
    }

    [Theory]
    [MemberData(nameof(Searches))]
    public async Task Search_without_data_says_how_to_give_them(string name)
    {
        using var small = new SmallProblem();

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => SmallProblem.RunAsync(Find(name), small.Problem with { Images = null, Thread = null }));

        Assert.Equal("Cannot search without data: candidates are scored on images; give --data, or use `coppice prune --method l1`.", fault.Message);
    }

    /// <summary>The minimum is stricter than what a method would choose by itself: 8 filters of which at least 6 stay.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Method_keeps_at_least_the_minimum_of_channels(string name)
    {
        using var small = new SmallProblem();
        var problem = small.For(name) with { Constraints = new() { MinChannels = 6 }, Target = MacTarget.Parse("85%") };

        var candidates = await SmallProblem.RunAsync(Find(name), problem);

        Assert.All(candidates, candidate => Assert.All(ChannelUnits.Analyze(candidate.Network).Groups.Where(group => group.IsPrunable), group => Assert.InRange(group.Size, 6, 10)));
    }

    [Fact]
    public void Names_differ_and_an_unknown_one_is_answered_with_the_list()
    {
        var all = PruningMethodTable.All(new());

        Assert.Equal(["l1", "l1-greedy", "l2", "fpgm", "fpgm-mix", "fpgm-mix-code", "bn-scale", "taylor", "random-channels", "global-l1", "zeroed", "random", "eagleeye", "ga", "ga-layerwise", "ccep", "abc", "nsga2", "legr"], all.Select(method => method.Name));
        Assert.All(all, method => Assert.Equal(method.Paper, PruningMethodTable.Find(method.Name, new()).Paper));
        Assert.Equal(
            "Unknown method 'genetics'. Known are l1, l1-greedy, l2, fpgm, fpgm-mix, fpgm-mix-code, bn-scale, taylor, random-channels, global-l1, zeroed, random, eagleeye, ga, ga-layerwise, ccep, abc, nsga2, legr.",
            Assert.Throws<CoppiceException>(() => PruningMethodTable.Find("genetics", new())).Message);
    }

    private static string Plans(IEnumerable<PrunedCandidate> candidates) => string.Concat(candidates.Select(candidate => candidate.Plan.ToJson()));

    private static async Task AssertMeetsTargetAsync(IPruningMethod method, PruningProblem problem)
    {
        var space = problem.SpaceOf(problem.Network);

        var answer = (await SmallProblem.RunAsync(method, problem))[^1];

        SmallProblem.AssertTight(space, SmallProblem.Widths(space, answer.Plan), problem.Target!.Resolve(space.Cost.Full.Macs));
        Assert.Equal(SmallProblem.CostOf(answer.Network), answer.Cost);
        Assert.Equal(SmallProblem.Structure(Pruner.Apply(problem.Network, answer.Plan)), SmallProblem.Structure(answer.Network));
        Assert.Equal(method.IsSearch, answer.Score is not null);
    }

    private static IPruningMethod Find(string name) => PruningMethodTable.Find(name, SmallProblem.Options);
}
