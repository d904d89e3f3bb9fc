using Coppice.Criteria;
using Coppice.Graph.Channels;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Tests.Graph;

namespace Coppice.Tests.Criteria;

/// <summary>Criteria that look at weights alone, worked by hand.</summary>
public sealed class WeightCriteriaTests
{
    /// <summary>√(9 + 16) of one filter; √(1 + 4 + 4) of another.</summary>
    [Fact]
    public void L2_score_is_the_Euclidean_norm_of_the_filter()
    {
        var draw = new Draw(channels: 3);
        var units = Scoring.Units(draw.Build(draw.Conv("next", draw.Conv("conv", "x", filters: 2), filters: 1)), ("conv.weight", [3, 0, -4, 1, -2, 2]));

        Assert.Equal([5, 3], new L2Norm().Score(units, "conv"));
    }

    /// <summary>Two layers that meet in an addition make one filter: √(3² + 4²), where the sum of norms would be 7.</summary>
    [Fact]
    public void L2_score_of_filters_that_meet_in_an_addition_is_that_of_one_filter()
    {
        var draw = new Draw(channels: 1);
        string sum = draw.Add("add", draw.Conv("left", "x", filters: 2), draw.Conv("right", "x", filters: 2));
        var units = Scoring.Units(draw.Build(draw.Conv("next", sum, filters: 1)), ("left.weight", [3, 5]), ("right.weight", [-4, 12]));

        Assert.Equal([5, 13], new L2Norm().Score(units, "left"));
    }

    /// <summary>Filters of one weight at 0, 1, 3, 10, 12: the sums of distances are 26, 23, 21, 28, 34. Of two that go, the median ones 3 and 1 go, not the small ones 0 and 1.</summary>
    [Fact]
    public void FPGM_score_is_the_sum_of_distances_to_the_other_filters()
    {
        var units = FiveFilters(0, 1, 3, 10, 12);

        double[] scores = CriterionTable.Find("fpgm").Score(units, "conv");

        Assert.Equal([26, 23, 21, 28, 34], scores);
        Assert.Equal("10011", PruningSpace.Best(scores, 3).ToString());
        Assert.Equal("00111", PruningSpace.Best(new L2Norm().Score(units, "conv"), 3).ToString());
    }

    /// <summary>Distances between vectors, not between norms: (3, 0) and (0, 4) are 5 apart; both are as far from (0, 0) as they are long.</summary>
    [Fact]
    public void FPGM_measures_between_filters_and_not_between_their_norms()
    {
        var draw = new Draw(channels: 2);
        var units = Scoring.Units(draw.Build(draw.Conv("next", draw.Conv("conv", "x", filters: 3), filters: 1)), ("conv.weight", [3, 0, 0, 4, 0, 0]));

        Assert.Equal([8, 9, 7], CriterionTable.Find("fpgm").Score(units, "conv"));
    }

    /// <summary>
    /// Of 0, 1, 3, 10, 12 three are kept, so two go. By the scripts' mix, int(2 · ¾) = 1 goes by its norm (0) and the rest is compared without it: |1 − 3| + 9 + 11 = 22,
    /// 2 + 7 + 9 = 18, 18, 22. By the paper's, int(2 · ¼) = 0 go by norm and all is as without a mix.
    /// </summary>
    [Theory]
    [InlineData("fpgm-mix-code", 3, new double[] { -1, 22, 18, 18, 22 })]
    [InlineData("fpgm-mix", 3, new double[] { 26, 23, 21, 28, 34 })]
    [InlineData("fpgm-mix", 1, new double[] { -1, 22, 18, 18, 22 })] // four go, one of them by its norm
    [InlineData("fpgm-mix-code", 1, new double[] { -3, -2, -1, 2, 2 })] // four go, three of them by their norms
    public void FPGM_mix_takes_its_share_by_norm_first(string name, int width, double[] expected) =>
        Assert.Equal(expected, CriterionTable.Find(name).Score(FiveFilters(0, 1, 3, 10, 12), "conv", width));

    [Fact]
    public void Scale_score_is_the_absolute_scale_behind_the_convolution()
    {
        var draw = new Draw(channels: 1);
        string normalised = draw.BatchNorm("bn", draw.Conv("conv", "x", filters: 3));
        string depthwise = draw.BatchNorm("bn2", draw.Conv("dw", draw.Relu("relu", normalised), filters: 3, groups: 3));
        var units = Scoring.Units(draw.Build(draw.Conv("next", depthwise, filters: 1)), ("bn.scale", [-2, 0.5f, 0]), ("bn2.scale", [9, 9, 9]));

        Assert.Equal([2, 0.5, 0], new BatchNormScale().Score(units, "conv"));
    }

    /// <summary>Means of |−2| and |4|, |1| and |0|.</summary>
    [Fact]
    public void Scale_score_of_layers_that_meet_in_an_addition_is_their_mean()
    {
        var draw = new Draw(channels: 1);
        string sum = draw.Add("add", draw.BatchNorm("bn1", draw.Conv("left", "x", filters: 2)), draw.BatchNorm("bn2", draw.Conv("right", "x", filters: 2)));
        var units = Scoring.Units(draw.Build(draw.Conv("next", sum, filters: 1)), ("bn1.scale", [-2, 1]), ("bn2.scale", [4, 0]));

        Assert.Equal([3, 0.5], new BatchNormScale().Score(units, "left"));
    }

    [Fact]
    public void Scale_of_a_group_without_batch_normalisation_is_refused_with_the_way_out()
    {
        var draw = new Draw();
        var units = Scoring.Units(draw.Build(draw.Conv("next", draw.Relu("relu", draw.Conv("conv", "x", filters: 3)), filters: 1)));

        Assert.Equal(
            "Cannot score group 'conv' by bn-scale: no batch normalisation follows Conv 'conv'; score by --method l1 or taylor instead.",
            Assert.Throws<CoppiceException>(() => new BatchNormScale().Score(units, "conv")).Message);
    }

    [Fact]
    public void Random_scores_follow_from_seed_and_group()
    {
        var draw = new Draw();
        var units = Scoring.Units(draw.Build(draw.Conv("next", draw.Conv("b", draw.Conv("a", "x", filters: 20), filters: 20), filters: 1)));

        double[] Score(string group, ulong seed) => new RandomScore().Score(new(units) { Seed = seed }, units.Group(group));

        Assert.Equal(Score("a", 1), Score("a", 1));
        Assert.Empty(Score("a", 1).Intersect(Score("a", 2)));
        Assert.Empty(Score("a", 1).Intersect(Score("b", 1)));
        Assert.All(Score("a", 1), score => Assert.InRange(score, 0, 1));
    }

    /// <summary>
    /// b's first filter weighs 9 + 1, its second 2 + 3: independently the second one goes. With a's first channel gone (|1| against |5|), 1 against 3 is left, and the first one goes.
    /// </summary>
    [Theory]
    [InlineData("l1", 0)]
    [InlineData("l1-greedy", 1)]
    public async Task Greedy_scores_leave_out_the_kernels_of_channels_that_are_gone(string method, int expected)
    {
        var draw = new Draw(channels: 1);
        var units = Scoring.Units(
            draw.Build(draw.Conv("c", draw.Conv("b", draw.Conv("a", "x", filters: 2), filters: 2), filters: 1)), ("a.weight", [1, -5]), ("b.weight", [9, -1, 2, 3]));
        var problem = new PruningProblem { Network = units.Network, Target = MacTarget.Parse("192") }; // 8 · 8 positions · (1 + 1 + 1)

        var plan = (await PruningMethodTable.Find(method, new()).RunAsync(problem, CancellationToken.None))[^1].Plan;

        Assert.Equal([1], plan.Groups[0].Kept.AsEnumerable());
        Assert.Equal([expected], plan.Groups[1].Kept.AsEnumerable());
    }

    /// <summary>A weight stored as [in, out] keeps its columns as filters and loses rows.</summary>
    [Fact]
    public void Greedy_scores_of_a_fully_connected_layer_leave_out_its_removed_inputs()
    {
        var draw = new Draw(channels: 1, rows: 1, columns: 1);
        string flat = draw.Flatten("flat", draw.Conv("conv", "x", filters: 2));
        var units = Scoring.Units(draw.Build(draw.Gemm("logits", draw.Relu("relu", draw.Gemm("hidden", flat, 3, transposed: false)), 2)), ("hidden.weight", [1, 2, 3, -10, -20, -30]));
        var removed = new HashSet<int> { units.Group("conv").Units[1] };

        Assert.Equal([1, 2, 3], new L1Norm(greedy: true).Score(new(units) { RemovedUnits = removed }, units.Group("hidden")));
        Assert.Equal([11, 22, 33], new L1Norm().Score(new(units) { RemovedUnits = removed }, units.Group("hidden")));
    }

    private static ChannelUnits FiveFilters(params float[] weights)
    {
        var draw = new Draw(channels: 1);
        return Scoring.Units(draw.Build(draw.Conv("next", draw.Conv("conv", "x", filters: 5), filters: 1)), ("conv.weight", weights));
    }
}
