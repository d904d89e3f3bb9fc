using Coppice.Graph.Channels;
using Coppice.Pruning;
using Coppice.Tests.Graph;

namespace Coppice.Tests.PruningMethods;

public class MacTargetTests
{
    [Theory]
    [InlineData("50%", 1001, 500)]
    [InlineData(" 12.5% ", 1000, 125)]
    [InlineData("29%", 100, 29)]
    [InlineData("100%", 1001, 1001)]
    [InlineData("20000000", 1, 20_000_000)]
    [InlineData("20M", 1, 20_000_000)]
    [InlineData("1.8G", 1, 1_800_000_000)]
    [InlineData("20000000000", 1, 20_000_000_000)]
    [InlineData("9223372036854775807", 1, long.MaxValue)]
    [InlineData("300k", 1, 300_000)]
    [InlineData("2.5K", 1, 2_500)]
    public void Target_is_a_share_or_a_number(string text, long full, long macs)
    {
        var target = MacTarget.Parse(text);

        Assert.Equal(macs, target.Resolve(full));
        Assert.Equal(text.Trim(), target.ToString());
        Assert.NotEqual(target.Share is null, target.Macs is null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("0%")]
    [InlineData("101%")]
    [InlineData("-5%")]
    [InlineData("50 %")]
    [InlineData("NaN%")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("0.4")]
    [InlineData("1e6")]
    [InlineData("1,5M")]
    [InlineData("M")]
    [InlineData("20m")]
    [InlineData("20MM")]
    [InlineData("Infinity")]
    [InlineData("NaN")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999G")]
    [InlineData("half")]
    public void Anything_else_is_refused_with_an_example(string text)
    {
        var fault = Assert.Throws<CoppiceException>(() => MacTarget.Parse(text));

        Assert.Equal($"Cannot read the MAC target '{text}': write a percentage as in 50%, or a number for one image as in 20000000 or 20M.", fault.Message);
    }

    [Fact]
    public void Space_without_a_group_that_may_shrink_says_why()
    {
        var draw = new Draw();
        var units = ChannelUnits.Analyze(draw.Build(draw.Conv("conv", "x", filters: 4)));

        var fault = Assert.Throws<UnsupportedModelException>(() => PruningSpace.Create(units, GroupScope.All));

        Assert.Equal(
            $"Cannot prune 'drawn': no channel group can lose channels; for example, 'conv' must stay whole: {units.Groups[0].LockReason}. `coppice inspect` lists the groups.", fault.Message);
    }

    /// <summary>The filters that meet in the addition are a group of their own that two layers write; only the block's first convolution is inner.</summary>
    [Fact]
    public void Inner_scope_leaves_out_what_meets_in_additions()
    {
        var draw = new Draw();
        string stem = draw.Conv("stem", "x", filters: 4);
        string block = draw.Conv("second", draw.Relu("relu", draw.Conv("first", stem, filters: 5)), filters: 4);
        var units = ChannelUnits.Analyze(draw.Build(draw.Gemm("fc", draw.Flatten("flat", draw.GlobalAverage("mean", draw.Add("add", block, stem))), 2)));

        Assert.Equal(["first"], PruningSpace.Create(units, GroupScope.Inner).Groups.Select(group => group.Name));
        Assert.Equal(["stem", "first"], PruningSpace.Create(units, GroupScope.All).Groups.Select(group => group.Name).OrderDescending());
    }
}
