using Coppice.Criteria;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Tests.Graph;

namespace Coppice.Tests.Criteria;

/// <summary>Sums of absolute weights (Li et al., 2017, section 3.1), worked by hand.</summary>
public class L1NormTests
{
    /// <summary>Two filters over two channels of 1 × 2: |1| + |−2| + |3| + |−4| and |0| + |½| + |0| + |0|. The bias and batch normalisation do not count.</summary>
    [Fact]
    public void Score_is_the_sum_of_absolute_weights_of_the_filter()
    {
        var draw = new Draw(channels: 2);
        string conv = draw.Node("conv", "Conv", ["x", draw.Weight("w", 2, 2, 1, 2), draw.Weight("b", 2)]);
        var units = Units(draw.Build(draw.Conv("next", draw.BatchNorm("bn", conv), filters: 3)), ("w", [1, -2, 3, -4, 0, 0.5f, 0, 0]));

        Assert.Equal([10, 0.5], Score(units, "conv"));
    }

    /// <summary>Channel i is written by filter i of both layers that meet in the addition: |1| + |−3| and |−2| + |½|.</summary>
    [Fact]
    public void Filters_that_meet_in_an_addition_are_summed()
    {
        var draw = new Draw(channels: 1);
        string sum = draw.Add("add", draw.Conv("left", "x", filters: 2), draw.Conv("right", "x", filters: 2));
        var units = Units(draw.Build(draw.Conv("next", sum, filters: 1)), ("left.weight", [1, -2]), ("right.weight", [-3, 0.5f]));

        Assert.Equal([4, 2.5], Score(units, "left"));
    }

    /// <summary>A grouped reader couples channel i of each of its blocks: filters 0 and 2, 1 and 3 of the layer before.</summary>
    [Fact]
    public void Filters_that_a_grouped_convolution_couples_are_summed()
    {
        var draw = new Draw(channels: 1);
        string grouped = draw.Conv("grouped", draw.Conv("conv", "x", filters: 4), filters: 2, groups: 2);
        var units = Units(draw.Build(draw.Conv("next", grouped, filters: 1)), ("conv.weight", [1, 2, 4, 8]));

        Assert.Equal([5, 10], Score(units, "conv"));
    }

    /// <summary>Stored as [in, out], the filters of a fully connected layer are columns: 1 + 3 + 5 and 2 + 4 + 6.</summary>
    [Theory]
    [InlineData(false, 9, 12)]
    [InlineData(true, 6, 15)]
    public void Filters_of_a_fully_connected_layer_are_its_outputs(bool transposed, double first, double second)
    {
        var draw = new Draw(channels: 3, rows: 1, columns: 1);
        string hidden = draw.Gemm("hidden", draw.Flatten("flat", "x"), 2, transposed: transposed);
        var units = Units(draw.Build(draw.Gemm("logits", draw.Relu("relu", hidden), 2)), ("hidden.weight", [1, -2, 3, -4, 5, -6]));

        Assert.Equal([first, second], Score(units, "hidden"));
    }

    [Fact]
    public void Criterion_is_found_by_its_name_and_an_unknown_one_is_answered_with_the_list()
    {
        Assert.All(CriterionTable.All, criterion => Assert.Same(criterion, CriterionTable.Find(criterion.Name)));
        Assert.Equal(CriterionTable.All.Length, CriterionTable.All.DistinctBy(criterion => criterion.Name).Count());
        Assert.All(CriterionTable.All, criterion => Assert.Matches(@"\d{4}$", criterion.Paper));

        Assert.Equal("Unknown criterion 'L9'. Did you mean l1 or l2?", Assert.Throws<CoppiceException>(() => CriterionTable.Find("L9")).Message);
    }

    private static ChannelUnits Units(Network network, params (string Name, float[] Values)[] weights) => ChannelUnits.Analyze(network.WithParameters(
        weights.ToDictionary(weight => weight.Name, weight => HostTensor.FromFloats(network.Parameters[weight.Name].Shape, weight.Values))));

    private static double[] Score(ChannelUnits units, string group) => new L1Norm().Score(new(units), units.Groups.Single(found => found.Name == group));
}
