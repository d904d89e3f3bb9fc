using Coppice.Graph.Channels;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Runs;
using Coppice.Search;
using Coppice.Tests.Execution;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.PruningMethods;

/// <summary>Networks half of whose channels are dead, at random places: filters, biases, γ and β of them are zero. Whoever ranks by norms must find those and no others, and nothing may change.</summary>
public sealed class DeadChannelTests() : LeakCheck(scoped: false)
{
    [Theory]
    [InlineData("l1", "lenet5")]
    [InlineData("l1", "vgg11-cifar-bias")]
    [InlineData("l1", "resnet20")]
    [InlineData("l1", "resnet20-b")]
    [InlineData("l1", "densenet40")]
    [InlineData("l1", "mobilenetv2-cifar")]
    [InlineData("l1", "googlenet-cifar")]
    [InlineData("l1-greedy", "resnet20")]
    [InlineData("l2", "resnet20")]
    public async Task Dead_channels_go_and_the_outputs_stay(string method, string model)
    {
        var whole = VerificationSubject.Build(model, seed: 7);
        var units = ChannelUnits.Analyze(whole);
        var space = PruningSpace.Create(units, GroupScope.All);
        var rng = Rng.For(7, 0xDEAD);
        var alive = new PruningPlan(whole.Name, [.. space.Groups.Select(group => new GroupPlan(group.Name, group.Size, [.. rng.Permutation(group.Size).Take(group.Size / 2).Order()]))]);
        var network = Pruner.ZeroOut(units, alive);
        long macs = space.CostOf([.. alive.Groups.Select(group => group.Kept.Length)]).Macs;

        var found = (await SmallProblem.RunAsync(PruningMethodTable.Find(method, new()), new()
        {
            Network = network,
            Scope = GroupScope.All,
            Target = MacTarget.Parse(macs.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        })).Single();

        Assert.Equal(alive.Groups.Select(group => $"{group.Group}: {string.Join(' ', group.Kept)}"), found.Plan.Groups.Select(group => $"{group.Group}: {string.Join(' ', group.Kept)}"));
        using var images = Executing.Images(network);
        Executing.AssertClose(Executing.Run(network, images), Executing.Run(found.Network, images), 1e-5);
    }
}
