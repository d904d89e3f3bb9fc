using Coppice.Graph;
using Coppice.Graph.Channels;

namespace Coppice.Tests.Graph;

public class CostModelTests
{
    /// <summary>
    /// conv 3 → 4, 3x3 on 8x8: 4 · 3 · 9 · 64 = 6912; depthwise 4, 3x3: 4 · 9 · 64 = 2304; fully connected 4 · 64 → 5: 1280. Parameters 108 + 4 bias, 36, γ and β 8, 1280 + 5.
    /// </summary>
    [Fact]
    public void Cost_of_a_small_network_is_the_hand_worked_one()
    {
        var model = CostModel.Create(ChannelUnits.Analyze(Small()));

        Assert.Equal(new Cost(6912 + 2304 + 1280, 108 + 4 + 36 + 8 + 1280 + 5, 256), model.Full);
        Assert.Equal(6912 + 2304 + 1280 + 1024, model.Full.ThopMacs);
        Assert.Equal([4, 5], model.FullWidths.ToArray());
    }

    /// <summary>With 1 of the 4 channels everything that touches them is a quarter; the five biases of the classifier stay.</summary>
    [Fact]
    public void Cost_of_a_quarter_of_the_channels_is_a_quarter()
    {
        var model = CostModel.Create(ChannelUnits.Analyze(Small()));

        Assert.Equal(new Cost(1728 + 576 + 320, 27 + 1 + 9 + 2 + 320 + 5, 64), model.Of([1, 5]));
    }

    private static Network Small()
    {
        var draw = new Draw();
        string norm = draw.BatchNorm("bn", draw.Conv("dw", draw.Conv("conv", "x", filters: 4, kernel: 3, bias: true), filters: 4, kernel: 3, groups: 4));
        return draw.Build(draw.Gemm("fc", draw.Flatten("flat", norm), 5));
    }
}
