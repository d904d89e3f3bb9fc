namespace Coppice.Tests.Search;

/// <summary>Whether two samples come from one distribution: the rank-sum test of Mann &amp; Whitney (1947), in its normal approximation.</summary>
internal static class MannWhitney
{
    /// <summary>|z| that two samples of one distribution exceed once in a thousand.</summary>
    public const double Bound = 3.29;

    /// <summary>z = (U − n m / 2) / √(n m (n + m + 1) / 12), with U the number of pairs in which the first is larger, a tie counting half; above 0 if the first tends to be.</summary>
    public static double Z(IReadOnlyCollection<double> one, IReadOnlyCollection<double> other)
    {
        double n = one.Count, m = other.Count;
        double u = one.Sum(x => other.Sum(y => x > y ? 1 : x == y ? 0.5 : 0));
        return (u - (n * m / 2)) / Math.Sqrt(n * m * (n + m + 1) / 12);
    }
}
