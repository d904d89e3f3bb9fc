using System.Globalization;

namespace Coppice.Benchmarks;

/// <summary>A comparison that is printed as the last lines of a benchmark.</summary>
internal static class Ratio
{
    /// <summary>Prints <c>NAME: R x (goal G)</c>.</summary>
    public static void Print(string name, double ratio, double goal) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {ratio:F2} x (goal {goal:F1})"));

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
