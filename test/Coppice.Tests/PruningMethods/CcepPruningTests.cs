using Coppice.Graph;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;
using Coppice.Training;

namespace Coppice.Tests.PruningMethods;

public sealed class CcepPruningTests() : LeakCheck(scoped: false)
{
    private static readonly CcepPruning Method = new(SmallProblem.Ccep);

    /// <summary>A third of the MACs in two rounds: 3^(−1/2) and ⅓ of the whole, each met as tightly as whole channels allow, of which there are enough to tell.</summary>
    [Fact]
    public async Task Budgets_of_the_rounds_are_geometric()
    {
        using var small = new SmallProblem();
        var present = ToyTask.Network(filters: 64);
        long full = SmallProblem.CostOf(present).Macs;
        var problem = small.Problem with { Network = present, Target = new("a third", 1 / 3m, null) };

        var family = await SmallProblem.RunAsync(new CcepPruning(SmallProblem.Ccep with { Rounds = 2 }), problem);

        Assert.Equal(["ccep-1", "ccep-2"], family.Select(candidate => candidate.Name));
        foreach (var (candidate, budget) in family.Zip([(long)(full / Math.Sqrt(3)), full / 3]))
        {
            var (before, after) = (problem.SpaceOf(present), problem.SpaceOf(candidate.Network));
            SmallProblem.AssertTight(before, [.. before.Groups.Select(group => after.Groups.Single(found => found.Name == group.Name).Size)], budget);
            present = candidate.Network;
        }
    }

    /// <summary>Each round takes at least one filter of each group, 8 and 10 of them, until the minimum stops it.</summary>
    [Fact]
    public async Task Rounds_stop_at_the_minimum_of_channels()
    {
        using var small = new SmallProblem();

        var family = await SmallProblem.RunAsync(
            new CcepPruning(SmallProblem.Ccep with { MinKeptRatio = 0.25 }), small.Problem with { Target = null, Constraints = new() { MinChannels = 7 } });

        Assert.Equal([7, 7], small.Problem.SpaceOf(family[^1].Network).Groups.Select(group => group.Size));
    }

    [Fact]
    public async Task Composed_plan_applied_to_the_original_gives_the_structure_of_each_candidate()
    {
        using var small = new SmallProblem();

        var family = await SmallProblem.RunAsync(Method, small.Problem);

        Assert.All(family, candidate => Assert.Equal(
            SmallProblem.Structure(Pruner.Apply(small.Problem.Network, candidate.Plan)), SmallProblem.Structure(candidate.Network)));
    }

    /// <summary>
    /// A round evaluates the whole network, for each of the groups up to 4 seeded founders, random ones up to m and m children in each of G generations, and the splice.
    /// </summary>
    [Fact]
    public async Task Number_of_evaluations_is_bounded()
    {
        using var small = new SmallProblem();
        int groups = small.Problem.SpaceOf(small.Problem.Network).Groups.Length;
        int bound = 1 + (groups * (4 + (3 * (1 + 2)))) + 1;

        var family = await SmallProblem.RunAsync(Method, small.Problem);

        long before = 0;
        foreach (var candidate in family)
        {
            Assert.InRange(candidate.Evaluations - before, 1 + groups, bound);
            before = candidate.Evaluations;
        }
    }

    [Fact]
    public async Task Without_a_target_each_round_gives_a_smaller_network_and_cuts_no_more_than_the_bound()
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Target = null };

        var family = await SmallProblem.RunAsync(new CcepPruning(SmallProblem.Ccep with { MinKeptRatio = 0.75 }), problem);

        Assert.Equal(3, family.Length);
        var present = problem.Network;
        foreach (var candidate in family)
        {
            Assert.True(candidate.Cost.Macs < SmallProblem.CostOf(present).Macs);
            var before = problem.SpaceOf(present).Groups;
            var after = problem.SpaceOf(candidate.Network).Groups;
            Assert.All(before.Zip(after), pair => Assert.InRange(pair.Second.Size, (int)Math.Ceiling(pair.First.Size * 0.75), pair.First.Size));
            present = candidate.Network;
        }
    }

    /// <summary>Deviation: the long fine-tuning comes after all rounds, so that the last round of a run with a target has none of its own.</summary>
    [Theory]
    [InlineData("60%", 2)]
    [InlineData(null, 3)]
    public async Task Fine_tuning_follows_each_round_but_the_last_one_before_the_target(string? target, int expected)
    {
        using var small = new SmallProblem();
        var calls = new List<(Network Network, int Epochs)>();
        var problem = small.Problem with
        {
            Target = target is null ? null : MacTarget.Parse(target),
            FineTuneRound = (candidate, epochs, _) =>
            {
                calls.Add((candidate.Network, epochs));
                return Task.FromResult(candidate.Network);
            },
        };

        var family = await SmallProblem.RunAsync(new CcepPruning(SmallProblem.Ccep with { RoundEpochs = 2 }), problem);

        Assert.Equal(expected, calls.Count);
        Assert.All(calls, call => Assert.Equal(2, call.Epochs));
        Assert.Equal(Enumerable.Range(1, expected).Select(call => 2 * call), family.Select(candidate => candidate.TunedEpochs).Distinct());
        Assert.All(calls.Zip(family), pair => Assert.Equal(SmallProblem.Structure(pair.First.Network), SmallProblem.Structure(pair.Second.Network)));
    }

    /// <summary>Deviation: the last state of a fine-tuning goes on. What the hook returns is what the next round cuts.</summary>
    [Fact]
    public async Task Next_round_starts_from_what_fine_tuning_returned()
    {
        using var small = new SmallProblem();
        var problem = small.Problem with
        {
            FineTuneRound = (candidate, _, _) => Task.FromResult(candidate.Network.WithParameters(new Dictionary<string, HostTensor> { ["logits.bias"] = HostTensor.FromFloats(new(3), [7, 8, 9]) })),
        };

        var family = await SmallProblem.RunAsync(Method, problem);

        Assert.All(family, candidate => Assert.Equal([7f, 8, 9], candidate.Network.Parameters["logits.bias"].Floats().ToArray()));
    }

    /// <summary>Without a hook the batch-norm statistics are those of the smaller network, estimated on the recalibration images; after the last round that is the caller's work.</summary>
    [Fact]
    public async Task Without_fine_tuning_statistics_are_estimated_anew_between_rounds()
    {
        using var small = new SmallProblem();
        var problem = small.Problem;

        var family = await SmallProblem.RunAsync(Method, problem);

        var cut = Pruner.Apply(problem.Network, family[0].Plan);
        var expected = await problem.Thread!.RunAsync(() => BatchNormRecalibration.Apply(cut, problem.Images!.Recalibration, problem.Precision, problem.Device, CancellationToken.None));
        NetworkAssert.Equal(expected, family[0].Network);
        Assert.All(family, candidate => Assert.Equal(0, candidate.TunedEpochs));
    }

    /// <summary>Deviation: fitness is the loss on the search split after adaptive batch-norm, not accuracy.</summary>
    [Fact]
    public async Task Score_is_the_loss_on_the_search_images_after_recalibration()
    {
        using var small = new SmallProblem();
        var problem = small.Problem;

        var first = (await SmallProblem.RunAsync(Method, problem))[0];

        var measured = await problem.Thread!.RunAsync(() => Classifier.Evaluate(first.Network, problem.Images!.Scored, problem.Precision, problem.Device, CancellationToken.None));
        Assert.Equal(60, measured.Images);
        Assert.Equal(measured, first.Score!.Metrics);
        Assert.Equal(-measured.Loss, first.Score.Fitness);
    }

    [Fact]
    public async Task Cancellation_ends_the_run_and_the_next_one_knows_nothing_of_it()
    {
        using var small = new SmallProblem();
        int reports = 0;
        var undisturbed = await SmallProblem.RunAsync(Method, small.Problem with { Progress = new ActionProgress<PruningProgress>(_ => reports++) });
        foreach (int candidates in (int[])[1, reports / 2, reports - 1])
        {
            using var cancellation = new CancellationTokenSource();
            int seen = 0;
            var problem = small.Problem with
            {
                Progress = new ActionProgress<PruningProgress>(_ =>
                {
                    if (++seen == candidates)
                    {
                        cancellation.Cancel();
                    }
                }),
            };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Method.RunAsync(problem, cancellation.Token));
            Assert.Equal(candidates, seen);
        }

        var again = await SmallProblem.RunAsync(Method, small.Problem);

        Assert.Equal(undisturbed.Select(candidate => candidate.Plan.ToJson()), again.Select(candidate => candidate.Plan.ToJson()));
        Assert.Equal(undisturbed.Select(candidate => candidate.Evaluations), again.Select(candidate => candidate.Evaluations));
    }

    [Fact]
    public async Task Network_that_cannot_be_measured_is_refused_with_the_reason()
    {
        using var small = new SmallProblem();
        var network = small.Problem.Network.WithParameters(new Dictionary<string, HostTensor> { ["logits.bias"] = HostTensor.FromFloats(new(3), [0, 0, float.NaN]) });

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => SmallProblem.RunAsync(Method, small.Problem with { Network = network }));

        Assert.Equal("Cannot search 'toy': the whole network cannot be measured (The fitness is NaN, not a finite number); check the network and the data.", fault.Message);
    }

    [Fact]
    public async Task Progress_counts_rounds_generations_and_evaluations()
    {
        using var small = new SmallProblem();
        var reports = new List<PruningProgress>();

        await SmallProblem.RunAsync(Method, small.Problem with { Progress = new ActionProgress<PruningProgress>(reports.Add) });

        Assert.Equal("round 1/3, founders", reports[0].Phase);
        Assert.Contains(reports, report => report.Phase == "round 3/3, generation 2/2");
        Assert.All(reports, report => Assert.InRange(report.Done, 0, report.Total));
        Assert.Equal(reports.Select(report => report.Evaluations).Order(), reports.Select(report => report.Evaluations));
    }
}
