using Coppice.Graph.Channels;
using Coppice.Pruning;
using Coppice.Tests.Graph;

namespace Coppice.Tests.Pruning;

public class PruningPlanTests
{
    private const string Golden = """
        {
          "network": "small",
          "groups": [
            {
              "group": "a",
              "channels": 4,
              "kept": [
                0,
                2
              ]
            }
          ],
          "version": 1
        }

        """;

    [Fact]
    public void Plan_is_written_as_readable_json() => Assert.Equal(Golden.ReplaceLineEndings("\n"), Plan(4, 0, 2).ToJson());

    [Fact]
    public void Written_plan_is_read_back_equal()
    {
        var plan = PruningPlan.Parse(Golden);

        Assert.Equal(("small", 1), (plan.Network, plan.Version));
        var group = Assert.Single(plan.Groups);
        Assert.Equal(("a", 4), (group.Group, group.Channels));
        Assert.Equal([0, 2], group.Kept.ToArray());
        Assert.Equal(Golden.ReplaceLineEndings("\n"), plan.ToJson());
    }

    [Theory]
    [InlineData("""{"network": "n", "groups": [], "grops": []}""", "'grops'")]
    [InlineData("""{"network": "n"}""", "'groups'")]
    [InlineData("""{"network": "n", "groups": [null]}""", "a group is null")]
    [InlineData("""{"network": "n", "groups": null}""", "$.groups, line 1: the value is not of the right kind.")]
    [InlineData("""{"network": "n", "groups": [], "version": 2}""", "it has version 2, this program reads version 1")]
    [InlineData("null", "it is empty")]
    [InlineData("{", "$, line 1: Expected depth to be zero")]
    public void Text_that_is_no_plan_is_refused_in_one_line(string json, string says)
    {
        var fault = Assert.Throws<CoppiceException>(() => PruningPlan.Parse(json));

        Assert.StartsWith("Cannot read the pruning plan: ", fault.Message);
        Assert.Contains(says, fault.Message);
        Assert.DoesNotContain('\n', fault.Message);
    }

    public static TheoryData<GroupPlan[], string> Wrong => new()
    {
        { [new("z", 4, [0])], "Cannot prune 'z': the network has no such group; it has 2, listed by `coppice inspect`." },
        { [new("a", 4, [0]), new("a", 4, [1])], "Cannot prune 'a': the plan names the group twice; merge the two." },
        { [new("a", 5, [0])], "Cannot prune 'a': the plan is for 5 channels, the network has 4; apply it to the network that it was made for." },
        { [new("a", 4, [])], "Cannot prune 'a': the plan keeps 0 of 4 channels; keep at least 1, or leave the group out of the plan." },
        { [new("a", 4, [0, 4])], "Cannot prune 'a': kept channels must ascend within [0, 4); not so: [4]." },
        { [new("a", 4, [2, 1, 1, -1])], "Cannot prune 'a': kept channels must ascend within [0, 4); not so: [1, 1, -1]." },
        { [new("b", 2, [0])], "Cannot prune 'b': the group must stay whole: it is an output of the network; leave it out of the plan." },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Wrong_plan_is_refused_by_group_rule_and_value(GroupPlan[] groups, string message)
    {
        var units = Units();
        var plan = new PruningPlan("small", [.. groups]);

        Assert.Equal(message, Assert.Throws<CoppiceException>(() => Pruner.Apply(units, plan)).Message);
        Assert.Equal(message, Assert.Throws<CoppiceException>(() => Pruner.ZeroOut(units, plan)).Message);
        Assert.Equal(message, Assert.Throws<CoppiceException>(() => plan.Widths(units)).Message);
    }

    [Fact]
    public void Plan_that_keeps_all_of_a_locked_group_is_accepted() =>
        Assert.Equal([4, 2], new PruningPlan("small", [new("b", 2, [0, 1])]).Widths(Units()).ToArray());

    [Fact]
    public void Second_plan_counts_in_the_channels_that_the_first_leaves()
    {
        var composed = Plan(6, 1, 3, 4).Then(Plan(3, 0, 2));

        var group = Assert.Single(composed.Groups);
        Assert.Equal(6, group.Channels);
        Assert.Equal([1, 4], group.Kept.ToArray());
    }

    [Fact]
    public void Groups_of_only_one_of_two_plans_are_taken_over()
    {
        var composed = Plan(6, 1, 3).Then(new PruningPlan("", [new("other", 3, [2])]));

        Assert.Equal(["a", "other"], composed.Groups.Select(group => group.Group));
    }

    [Theory]
    [InlineData(4, new[] { 0 }, "Cannot prune 'a': the second plan is for 4 channels, the first leaves 2; give the plan of the pruned network.")]
    [InlineData(2, new[] { 0, 2 }, "Cannot prune 'a': kept channels must ascend within [0, 2); not so: [2].")]
    public void Second_plan_that_does_not_follow_is_refused(int channels, int[] kept, string message) =>
        Assert.Equal(message, Assert.Throws<CoppiceException>(() => Plan(6, 1, 3).Then(Plan(channels, kept))).Message);

    private static PruningPlan Plan(int channels, params int[] kept) => new("small", [new("a", channels, [.. kept])]);

    private static ChannelUnits Units()
    {
        var draw = new Draw();
        return ChannelUnits.Analyze(draw.Build(draw.Conv("b", draw.Conv("a", "x", filters: 4), filters: 2)));
    }
}
