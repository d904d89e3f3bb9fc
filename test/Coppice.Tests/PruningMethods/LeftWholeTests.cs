using Coppice.Models;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;

namespace Coppice.Tests.PruningMethods;

/// <summary>Groups that a criterion can say nothing of.</summary>
public sealed class LeftWholeTests() : LeakCheck(scoped: false)
{
    /// <summary>Of conv2 and hidden only conv2 has a batch normalisation behind it; the budget is met by its filters alone, one more of which would pass it.</summary>
    [Theory]
    [InlineData(Allocation.Uniform)]
    [InlineData(Allocation.Global)]
    public async Task Group_without_batch_normalisation_stays_whole_under_bn_scale(Allocation allocation)
    {
        var problem = new PruningProblem { Network = ToyTask.Network(), Target = MacTarget.Parse("60%") };
        var space = problem.SpaceOf(problem.Network);
        long macs = space.Resolve(problem.Target);

        var answer = (await SmallProblem.RunAsync(PruningMethodTable.Find("bn-scale", new() { Allocation = allocation }), problem)).Single();

        int kept = Assert.Single(answer.Plan.Groups, group => group.Group == "conv2").Kept.Length;
        Assert.Equal([kept, 10], SmallProblem.Widths(space, answer.Plan).AsEnumerable());
        Assert.True(answer.Cost.Macs <= macs && space.CostOf([kept + 1, 10]).Macs > macs);
        Assert.Equal(SmallProblem.CostOf(answer.Network), answer.Cost);
        Assert.Equal("'bn-scale' leaves 1 of 2 channel groups whole: no batch normalisation follows Gemm 'hidden'.", answer.Note);
    }

    [Fact]
    public async Task Nothing_is_said_where_every_group_is_scored()
    {
        var problem = new PruningProblem { Network = ToyTask.Network(normalised: true), Target = MacTarget.Parse("60%") };

        Assert.Null((await SmallProblem.RunAsync(PruningMethodTable.Find("bn-scale", new()), problem)).Single().Note);
    }

    [Fact]
    public async Task Network_without_any_batch_normalisation_is_refused()
    {
        var problem = new PruningProblem { Network = ModelCatalog.Build("lenet5", new()), Target = MacTarget.Parse("60%") };

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => SmallProblem.RunAsync(PruningMethodTable.Find("bn-scale", new()), problem));

        Assert.Equal(
            "Cannot score 'lenet5' by bn-scale: it says nothing of any of the 4 channel groups; for example, no batch normalisation follows Conv 'conv1'. Score by l1 or taylor instead.",
            fault.Message);
    }

    [Fact]
    public void Note_names_three_reasons_and_counts_the_others()
    {
        Assert.Null(LeftWhole.Note("m", [null, null]));
        Assert.Equal("'m' leaves 5 of 6 channel groups whole: a; b; c; and 2 more.", LeftWhole.Note("m", ["a", null, "b", "c", "d", "e"]));
    }
}
