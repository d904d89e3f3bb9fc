using System.Collections.Immutable;

namespace Coppice.Search.Racing;

/// <summary>What is known of an entrant's final result; lower is better, and who failed stands at infinity.</summary>
/// <param name="Rank">What decides before the value does; the same for all where the value alone decides.</param>
/// <param name="Value">The value, or an estimate of it.</param>
/// <param name="StandardError">Standard deviation of that estimate; 0 where the value is known.</param>
public readonly record struct Standing(double Rank, double Value, double StandardError)
{
    /// <summary>One that failed.</summary>
    public static Standing Failed { get; } = new(double.PositiveInfinity, double.PositiveInfinity, 0);
}

/// <summary>When a contest is decided.</summary>
public static class RaceRules
{
    /// <summary>
    /// Entrants of whom it cannot be said yet whether they get a place: not as many others as there are places are surely better, and as many others may still be better. One is surely better than another
    /// where their estimates differ by so many standard errors of the difference, <c>z √(e² + e'²)</c>. If nobody is undecided, ranking all by their estimates gives the places to the same ones.
    /// </summary>
    /// <param name="entrants">What is known of each.</param>
    /// <param name="places">How many get a place.</param>
    /// <param name="deviations">z, at least 0: with normal errors the worse of two is taken for the better with a probability of Φ(−z) at most.</param>
    /// <remarks>
    /// The two errors are taken for independent. What two have seen of the same samples mostly errs to the same side, for what neither prediction nor hardness explains is hard or easy for both; the probability
    /// is then lower. It is higher, Φ(−z / √2) at most, for two that err to opposite sides. Bounds of each that must not overlap, <c>z (e + e')</c>, would be right for these too, and take twice the samples.
    /// </remarks>
    public static ImmutableArray<int> Undecided(ReadOnlySpan<Standing> entrants, int places, double deviations)
    {
        var undecided = ImmutableArray.CreateBuilder<int>();
        for (int i = 0; i < entrants.Length; i++)
        {
            int surelyBetter = 0, maybeBetter = 0;
            for (int other = 0; other < entrants.Length; other++)
            {
                double margin = deviations * ErrorOfDifference(entrants[i], entrants[other]);
                surelyBetter += other != i && IsBelow(entrants[other], entrants[i], margin) ? 1 : 0;
                maybeBetter += other != i && IsBelow(entrants[other], entrants[i], -margin) ? 1 : 0;
            }

            if (surelyBetter < places && maybeBetter >= places)
            {
                undecided.Add(i);
            }
        }

        return undecided.ToImmutable();
    }

    private static double ErrorOfDifference(Standing one, Standing other) => Math.Sqrt((one.StandardError * one.StandardError) + (other.StandardError * other.StandardError));

    private static bool IsBelow(Standing one, Standing other, double margin) => one.Rank != other.Rank ? one.Rank < other.Rank : one.Value + margin < other.Value;
}
