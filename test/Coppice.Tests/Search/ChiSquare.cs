using Coppice.Search;

namespace Coppice.Tests.Search;

/// <summary>Whether counts agree with what is expected of them: Pearson's test. The draws have fixed seeds, so a test passes always or never.</summary>
internal static class ChiSquare
{
    /// <summary>The values that chi-square exceeds by chance once in a thousand, for 1 to 15 degrees of freedom.</summary>
    private static readonly double[] Bounds =
        [10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32, 26.12, 27.88, 29.59, 31.26, 32.91, 34.53, 36.12, 37.70];

    /// <summary>Asserts that outcomes come up as often as their probabilities say.</summary>
    /// <param name="probabilities">[outcomes], sum 1; an outcome of probability 0 must not come up at all.</param>
    /// <param name="draw">Draws an outcome in [0, outcomes).</param>
    /// <param name="draws">How often to draw.</param>
    public static void AssertDistribution(double[] probabilities, Func<Rng, int> draw, int draws = 20_000)
    {
        int[] counts = new int[probabilities.Length];
        for (int i = 0; i < draws; i++) counts[draw(Rng.For(4711, (ulong)i))]++;
        AssertCounts(probabilities, counts);
    }

    public static void AssertCounts(double[] probabilities, int[] counts)
    {
        int draws = counts.Sum();
        double statistic = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            if (probabilities[i] == 0) Assert.Equal(0, counts[i]);
            else statistic += Math.Pow(counts[i] - (draws * probabilities[i]), 2) / (draws * probabilities[i]);
        }

        int freedom = probabilities.Count(p => p > 0) - 1;
        Assert.True(statistic < Bounds[freedom - 1], $"chi-square {statistic:F1} of [{string.Join(", ", counts)}] exceeds {Bounds[freedom - 1]}");
    }

    public static void AssertUniform(int outcomes, Func<Rng, int> draw) => AssertDistribution([.. Enumerable.Repeat(1.0 / outcomes, outcomes)], draw);
}
