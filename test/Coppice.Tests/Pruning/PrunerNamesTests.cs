using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Runs;
using Coppice.Search;

namespace Coppice.Tests.Pruning;

public sealed class PrunerNamesTests
{
    /// <summary>The pads of option-A shortcuts are constants that every cut of the trunk rewrites.</summary>
    [Fact]
    public void Two_cuts_leave_the_names_that_the_composed_cut_leaves()
    {
        var original = ModelCatalog.Build("resnet20", new() { Initialization = WeightInitialization.Zero });
        var first = Half(original);
        var once = Pruner.Apply(original, first);
        var second = Half(once);

        var twice = Pruner.Apply(once, second);

        Assert.Null(VerificationStructure.FirstDifference(Pruner.Apply(original, first.Then(second)), twice));
    }

    private static PruningPlan Half(Network network)
    {
        var space = PruningSpace.Create(ChannelUnits.Analyze(network), GroupScope.All);
        return space.ToPlan(new BitGenome([.. space.Groups.Select(group => BitString.FromIndices(group.Size, [.. Enumerable.Range(0, (group.Size + 1) / 2)]))]));
    }
}
