using Coppice.Search;
using Coppice.Search.Racing;
using FsCheck.Xunit;

namespace Coppice.Tests.Search.Racing;

[Properties(Replay = "314159265358979323,84626433832795029", MaxTest = 500)]
public sealed class RaceRulesTests
{
    /// <summary>
    /// Two places and z = 2. Between the second and the third lie 2 √(0.3² + 0.4²) = 1: with 0.9 they are open, with 1.2 they are not, though 3 + 2 · 0.3 reaches beyond 4.2 − 2 · 0.4.
    /// </summary>
    [Theory]
    [InlineData(3.9, new[] { 1, 2 })]
    [InlineData(4.2, new int[0])]
    public void Two_are_told_apart_by_the_error_of_their_difference(double third, int[] undecided)
    {
        Standing[] entrants = [new(0, 1, 0.3), new(0, 3, 0.3), new(0, third, 0.4), new(0, 8, 0)];

        Assert.Equal(undecided, RaceRules.Undecided(entrants, places: 2, deviations: 2).AsEnumerable());
        Assert.Equal([], RaceRules.Undecided(entrants, places: 1, deviations: 2).AsEnumerable());
        Assert.Equal([], RaceRules.Undecided(entrants, places: 3, deviations: 2).AsEnumerable());
        Assert.Equal([], RaceRules.Undecided(entrants, places: 4, deviations: 2).AsEnumerable());
    }

    [Fact]
    public void Known_values_and_failures_leave_nothing_open()
    {
        Standing[] entrants = [new(0, 2, 0), new(0, 1, 0), new(0, 2, 0), Standing.Failed, Standing.Failed];

        Assert.All(Enumerable.Range(1, 5), places => Assert.Equal([], RaceRules.Undecided(entrants, places, deviations: 3).AsEnumerable()));
    }

    /// <summary>Of equal rank the estimates are too close; a higher rank is behind both whatever its value.</summary>
    [Fact]
    public void Rank_decides_before_the_value_does()
    {
        Standing[] entrants = [new(7, 1, 0.5), new(7, 1.1, 0.5), new(8, 0, 0.5)];

        Assert.Equal([0, 1], RaceRules.Undecided(entrants, places: 1, deviations: 2).AsEnumerable());
        Assert.Equal([], RaceRules.Undecided(entrants, places: 2, deviations: 2).AsEnumerable());
    }

    /// <summary>Whoever is not undecided has, by the estimates, the place that the rule gives it: fewer than as many better ones as there are places, or at least as many.</summary>
    [Property]
    public void Decided_entrants_stand_where_the_estimates_put_them((byte Value, byte Error)[] drawn, byte places)
    {
        Standing[] entrants = [.. (drawn ?? []).Select(pair => new Standing(0, pair.Value, pair.Error % 8))];
        int count = 1 + (places % 6);
        var undecided = RaceRules.Undecided(entrants, count, deviations: 2);

        foreach (var (i, entrant) in entrants.Index())
        {
            var others = entrants.Where((_, other) => other != i).Select(other => (Lead: entrant.Value - other.Value, Margin: 2 * Math.Sqrt((entrant.StandardError * entrant.StandardError) + (other.StandardError * other.StandardError)))).ToArray();
            bool isOut = others.Count(other => other.Lead > other.Margin) >= count, isIn = others.Count(other => other.Lead > -other.Margin) < count;
            Assert.Equal(!isOut && !isIn, undecided.Contains(i));
            Assert.True(!isOut || others.Count(other => other.Lead > 0) >= count);
            Assert.True(!isIn || others.Count(other => other.Lead > 0) < count);
        }
    }

    /// <summary>
    /// Two whose true values are equal, 20,000 times, with errors of 1 and 2 (as one that has seen more than the other): one is taken for surely better in 2 · Φ(−2) = 4.55 % of the cases, within four
    /// standard deviations of a count.
    /// </summary>
    [Fact]
    public void Probability_of_an_error_is_the_stated_one()
    {
        var rng = Rng.For(11, 0x5241);
        const int Trials = 20_000;
        int wrong = Enumerable.Range(0, Trials).Count(_ => RaceRules.Undecided([new(0, Gaussian(), 1), new(0, 2 * Gaussian(), 2)], places: 1, deviations: 2).IsEmpty);

        double expected = Trials * 0.0455, spread = 4 * Math.Sqrt(expected);
        Assert.InRange(wrong, expected - spread, expected + spread);

        double Gaussian() => rng.NextGaussian();
    }
}
