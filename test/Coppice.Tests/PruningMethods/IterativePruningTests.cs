using Coppice.Criteria;
using Coppice.Graph;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Tests.Criteria;
using Coppice.Tests.Execution;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;

namespace Coppice.Tests.PruningMethods;

public sealed class IterativePruningTests() : LeakCheck(scoped: false)
{
    /// <summary>All one-shot methods with equal shares, and with one threshold those that admit one.</summary>
    public static TheoryData<string, Allocation> Methods
    {
        get
        {
            var data = new TheoryData<string, Allocation> { { "global-l1", Allocation.Global } };
            foreach (var criterion in CriterionTable.All)
            {
                data.Add(criterion.Name, Allocation.Uniform);
                if (!criterion.NeedsWidths)
                {
                    data.Add(criterion.Name, Allocation.Global);
                }
            }

            return data;
        }
    }

    /// <summary>
    /// a · 1 + a · b + b · 1 MACs at each of 64 positions, 24 in full. For 3, one shot keeps a's filter of weight 4 and b's of norm 9 + 9 + 1 + 1. The first of two passes has
    /// 24 · (3 / 24)^½ = 8.48 and keeps two of each, at 2 + 4 + 2: of a those of weights 3 and 4, of b those of norms 20 and 16. Without the kernels of the channels that are gone these
    /// are 1 + 1 and 8 + 8, so that the second pass keeps the other one.
    /// </summary>
    [Theory]
    [InlineData(1, new[] { 192L }, 0)]
    [InlineData(2, new[] { 512L, 192 }, 1)]
    public async Task Second_pass_scores_what_the_first_has_left(int passes, long[] macs, int expected)
    {
        var family = await Find("l1", passes).RunAsync(Chain(), CancellationToken.None);

        Assert.Equal(macs, family.Select(candidate => candidate.Cost.Macs));
        Assert.Equal([("a", "3"), ("b", $"{expected}")], family[^1].Plan.Groups.Select(group => (group.Group, string.Join(' ', group.Kept))));
        NetworkAssert.Equal(Pruner.Apply(Chain().Network, family[^1].Plan), family[^1].Network);
    }

    /// <summary>As above, but what comes back from the fine-tuning weighs the first filter of b ten times as much.</summary>
    [Fact]
    public async Task Second_pass_scores_what_fine_tuning_has_made_of_the_first()
    {
        var problem = Chain() with
        {
            FineTuneRound = (candidate, _, _) => Task.FromResult(candidate.Network.WithParameters(new Dictionary<string, HostTensor>
            {
                ["b.weight"] = HostTensor.FromFloats(new(2, 2, 1, 1), [.. candidate.Network.Parameters["b.weight"].Floats().ToArray().Select((weight, i) => i < 2 ? 10 * weight : weight)]),
            })),
        };

        var answer = (await Find("l1", 2).RunAsync(problem, CancellationToken.None))[^1];

        Assert.Equal([0], answer.Plan.Groups[1].Kept.AsEnumerable());
        Assert.Equal([10f], answer.Network.Parameters["b.weight"].Floats().ToArray());
    }

    /// <summary>A third of the MACs in three passes: 3^(−1/3), 3^(−2/3) and ⅓ of the whole, each as tightly as whole channels allow. Without fine-tuning the weights are those of the original.</summary>
    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Every_pass_meets_its_budget_and_the_composed_plan_makes_its_network(string name, Allocation allocation)
    {
        using var small = new SmallProblem();
        var present = ToyTask.Network(filters: 32, normalised: true);
        long full = SmallProblem.CostOf(present).Macs;
        var problem = small.Problem with { Network = present, Scope = GroupScope.All, Target = new("a third", 1 / 3m, null) };

        var family = await SmallProblem.RunAsync(Find(name, 3, allocation), problem);

        Assert.Equal([$"{name}-1", $"{name}-2", $"{name}-3"], family.Select(candidate => candidate.Name));
        foreach (var (candidate, budget) in family.Zip([(long)(full * Math.Pow(1 / 3.0, 1 / 3.0)), (long)(full * Math.Pow(1 / 3.0, 2 / 3.0)), full / 3]))
        {
            var before = problem.SpaceOf(present);
            SmallProblem.AssertTight(before, [.. before.Groups.Select(group => problem.SpaceOf(candidate.Network).Groups.Single(found => found.Name == group.Name).Size)], budget);
            NetworkAssert.Equal(Pruner.Apply(problem.Network, candidate.Plan), candidate.Network);
            Assert.Equal(SmallProblem.CostOf(candidate.Network), candidate.Cost);
            present = candidate.Network;
        }
    }

    /// <summary>A selection that a pass has put in is narrowed by the next one.</summary>
    [Fact]
    public async Task Passes_compose_where_channels_are_selected()
    {
        var network = new NetworkBuilder("preact", new(1, 9, 9), InitializationScheme.ResNet)
            .Convolution("stem", filters: 8, kernel: 3, pad: 1)
            .BatchNorm("bn1").Relu("relu1").Convolution("conv1", filters: 8, kernel: 3, pad: 1)
            .BatchNorm("bn2").Relu("relu2").Convolution("conv2", filters: 8, kernel: 3, pad: 1).Add("add", "stem")
            .BatchNorm("bn3").Relu("relu3").MaxPool("pool", kernel: 3, stride: 3).Flatten("flatten").Linear("logits", 3).Build();
        network = Executing.WithTrainedStatistics(network);
        var problem = new PruningProblem { Network = network, Scope = GroupScope.Selections, Target = MacTarget.Parse("25%") };

        var family = await SmallProblem.RunAsync(Find("bn-scale", 2), problem);

        Assert.True(family[^1].Plan.Selections);
        Assert.All(family, candidate => NetworkAssert.Equal(Pruner.Apply(network, candidate.Plan), candidate.Network));
        int[] widths = [.. family.Select(candidate => candidate.Plan.Groups.Single(group => group.Group == "bn1").Kept.Length)];
        Assert.True(widths[0] < 8 && widths[1] < widths[0]);
    }

    /// <summary>The last pass has the final fine-tuning behind it. No epochs, no calls.</summary>
    [Theory]
    [InlineData(2, new[] { 2, 4, 4 })]
    [InlineData(0, new[] { 0, 0, 0 })]
    public async Task Fine_tuning_follows_each_pass_but_the_last(int epochs, int[] tuned)
    {
        using var small = new SmallProblem();
        var calls = new List<(string Network, int Epochs)>();
        var problem = small.Problem with
        {
            FineTuneRound = (candidate, count, _) =>
            {
                calls.Add((candidate.Name, count));
                return Task.FromResult(candidate.Network);
            },
        };

        var family = await SmallProblem.RunAsync(PruningMethodTable.Find("l1", new() { Iterative = new() { Passes = 3, RoundEpochs = epochs } }), problem);

        Assert.Equal(epochs == 0 ? [] : [("l1-1", epochs), ("l1-2", epochs)], calls);
        Assert.Equal(tuned, family.Select(candidate => candidate.TunedEpochs));
    }

    /// <summary>What a pass has repaired or tuned is the answer; whoever gets it must not go back to the weights given.</summary>
    [Fact]
    public async Task Weights_of_the_passes_are_the_answers_own()
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Repairs = true };

        var family = await SmallProblem.RunAsync(Find("l1", 2), problem);

        Assert.All(family, candidate => Assert.True(candidate.HasOwnWeights));
        Assert.All(family, candidate => Assert.NotEqual(
            Pruner.Apply(problem.Network, candidate.Plan).Parameters["conv3.weight"].Floats().ToArray(), candidate.Network.Parameters["conv3.weight"].Floats().ToArray()));
    }

    /// <summary>Three repairs take a pass each, and after two of the three statistics are estimated anew, on 64 images every time.</summary>
    [Fact]
    public async Task Images_of_all_repairs_and_of_the_statistics_between_passes_are_counted()
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Repairs = true };

        var answer = (await SmallProblem.RunAsync(Find("l1", 3), problem))[^1];

        Assert.Equal((3 + 2) * 64, answer.ForwardImages);
        Assert.Equal(answer.ForwardImages, problem.Images!.Recalibration.Passed);
    }

    /// <summary>With the same scores in both passes, what is drawn second would follow from what was drawn first.</summary>
    [Fact]
    public async Task Scores_by_chance_are_drawn_anew_in_each_pass()
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Network = ToyTask.Network(filters: 64) };

        var family = await SmallProblem.RunAsync(Find("random-channels", 2), problem);

        var second = problem with { Network = family[0].Network, Target = new("the same", null, problem.SpaceOf(problem.Network).Resolve(problem.Target!)) };
        var repeated = (await SmallProblem.RunAsync(Find("random-channels", 1), second))[^1];
        Assert.NotEqual(family[0].Plan.Then(repeated.Plan).ToJson(), family[1].Plan.ToJson());
    }

    /// <summary>A budget that only the last pass would miss must not cost the fine-tuning of the passes before. Group 'hidden' has no batch normalisation, so it can lose nothing.</summary>
    [Fact]
    public async Task Target_out_of_reach_is_refused_before_the_first_pass()
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { FineTuneRound = (_, _, _) => throw new InvalidOperationException("A pass was run.") };
        long least = problem.SpaceOf(problem.Network).Smallest.Macs;

        await Assert.ThrowsAsync<InfeasibleTargetException>(() => SmallProblem.RunAsync(Find("bn-scale", 4), problem with { Target = new("least", null, least) }));
    }

    [Fact]
    public async Task Share_of_the_channels_is_no_target_for_passes()
    {
        var fault = await Assert.ThrowsAsync<CoppiceException>(() => Find("bn-scale", 2, Allocation.Global).RunAsync(new() { Network = ToyTask.Network(), ChannelShare = 0.5 }, CancellationToken.None));

        Assert.Equal("Cannot prune by 'bn-scale' in passes without a MAC target: give --max-macs, as in --max-macs 50%.", fault.Message);
    }

    [Fact]
    public void Methods_that_take_passes_are_those_of_the_table()
    {
        var all = PruningMethodTable.All(new() { Iterative = new() { Passes = 2 } });

        Assert.Equal(all.OfType<IterativePruning>().Select(method => method.Name), all.Select(method => method.Name).Where(PruningMethodOptions.TakesPasses));
        Assert.Equal([.. CriterionTable.All.Select(criterion => criterion.Name), "global-l1"], all.OfType<IterativePruning>().Select(method => method.Name));
        Assert.Equal("one shot: the same share of every group by l1 score; in 2 passes of cut and fine-tune", all[0].Description);
    }

    private static PruningProblem Chain()
    {
        var draw = new Draw(channels: 1);
        var units = Scoring.Units(
            draw.Build(draw.Conv("c", draw.Conv("b", draw.Conv("a", "x", filters: 4), filters: 4), filters: 1)),
            ("a.weight", [1, -2, 3, -4]),
            ("b.weight", [9, 9, 1, 1, 0, 0, -8, 8, 1, 1, 1, 1, 2, 2, 1, 1]));
        return new() { Network = units.Network, Target = new("3 at 64 positions", null, 3 * 64) };
    }

    private static IPruningMethod Find(string name, int passes, Allocation allocation = Allocation.Uniform) =>
        PruningMethodTable.Find(name, new() { Allocation = allocation, Iterative = new() { Passes = passes } });
}
