using Coppice.Pruning.Methods;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.PruningMethods;

public sealed class RandomPruningTests() : LeakCheck(scoped: false)
{
    /// <summary>What version 0.1.0 drew and chose: the plans of users' seeds are not to change. A plan that is drawn twice is evaluated once.</summary>
    [Theory]
    [InlineData(1ul, "conv2 1 4 5 | hidden 0 1 2 3 4 5 6 7 8 9", 7)]
    [InlineData(2ul, "conv2 1 4 7 | hidden 0 1 2 3 4 5 6 7 8 9", 7)]
    [InlineData(3ul, "conv2 1 3 5 | hidden 0 1 2 3 4 5 6 7 8 9", 8)]
    public async Task Plan_of_a_seed_stays_what_it_was(ulong seed, string expected, long evaluations)
    {
        using var small = new SmallProblem();

        var answer = Assert.Single(await SmallProblem.RunAsync(new RandomPruning(8), small.Problem with { Seed = seed }));

        Assert.Equal(expected, string.Join(" | ", answer.Plan.Groups.Select(group => $"{group.Group} {string.Join(' ', group.Kept)}")));
        Assert.Equal(("random", evaluations), (answer.Name, answer.Evaluations));
    }
}
