using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Tests.OnnxRuntime;

public class LatencyStatisticsTests
{
    [Fact]
    public void Percentiles_are_interpolated_between_the_sorted_durations()
    {
        // n = 4: the median lies at 1.5, half way from 2 to 4; the 95th percentile at 2.85, 0.85 of the way from 4 to 10.
        var statistics = LatencyStatistics.Of([10, 1, 4, 2]);

        Assert.Equal(4, statistics.Count);
        Assert.Equal(1, statistics.Minimum);
        Assert.Equal(3, statistics.Median);
        Assert.Equal(9.1, statistics.Percentile95, 12);
        Assert.Equal(10, statistics.Maximum);
        Assert.Equal(4.25, statistics.Mean);
    }

    [Fact]
    public void Percentiles_on_a_duration_are_that_duration()
    {
        // n = 21, values 0 … 20: (n − 1) 0.5 = 10 and (n − 1) 0.95 = 19 are whole positions.
        var statistics = LatencyStatistics.Of(Enumerable.Range(0, 21).Reverse().Select(value => (double)value));

        Assert.Equal(10, statistics.Median);
        Assert.Equal(19, statistics.Percentile95, 12);
    }

    [Fact]
    public void A_single_duration_is_all_of_them() =>
        Assert.Equal(new LatencyStatistics(1, 2.5, 2.5, 2.5, 2.5, 2.5), LatencyStatistics.Of([2.5]));

    [Theory]
    [InlineData]
    [InlineData(1.0, -0.5)]
    [InlineData(1.0, double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_no_series_of_durations_is_refused(params double[] milliseconds) =>
        Assert.StartsWith("Cannot summarise latencies: ", Assert.Throws<ArgumentException>(() => LatencyStatistics.Of(milliseconds)).Message, StringComparison.Ordinal);
}
