using System.Globalization;
using Coppice.Tensors;

namespace Coppice.Benchmarks;

/// <summary>A comparison that is printed as the last lines of a benchmark.</summary>
internal static class Ratio
{
    /// <summary>Prints <c>NAME: R x (goal G)</c>; that it was not measured where a side of the ratio is NaN, as of contestants in bf16 on a CPU without it.</summary>
    public static void Print(string name, double ratio, double goal) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {(double.IsNaN(ratio) ? "not measured, this CPU computes no bf16" : $"{ratio:F2} x")} (goal {goal:F1})"));

    /// <summary>Median of a contestant's durations; NaN of one that was left out.</summary>
    public static double MedianOf(Dictionary<string, List<double>> durations, string name) => durations.TryGetValue(name, out var values) ? Median(values) : double.NaN;

    /// <summary>Contestants that this CPU can stand for: without those in bf16 where it only emulates bf16, many times slower than fp32.</summary>
    public static (string Name, T Measure)[] Feasible<T>((string Name, T Measure)[] contestants) =>
        [.. contestants.Where(contestant => TorchRuntime.SupportsBFloat16 || !contestant.Name.Contains("bf16", StringComparison.Ordinal))];

    /// <summary>Standard deviation of a sample; 0 of fewer than two values.</summary>
    public static double Deviation(double[] values)
    {
        double mean = values.Average();
        return values.Length < 2 ? 0 : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }

    /// <summary>Spearman's rank correlation, ties sharing their mean rank.</summary>
    public static double RankCorrelation(double[] x, double[] y)
    {
        double[] Ranks(double[] values) => [.. values.Select(value => values.Count(other => other < value) + ((values.Count(other => other == value) - 1) / 2.0))];
        var (a, b) = (Ranks(x), Ranks(y));
        var (meanA, meanB) = (a.Average(), b.Average());
        return a.Zip(b).Sum(pair => (pair.First - meanA) * (pair.Second - meanB))
            / Math.Sqrt(a.Sum(rank => (rank - meanA) * (rank - meanA)) * b.Sum(rank => (rank - meanB) * (rank - meanB)));
    }

    /// <summary>The middle value, or the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
