using Coppice.Search.Racing;
using FsCheck.Xunit;

namespace Coppice.Tests.Search.Racing;

[Properties(Replay = "314159265358979323,84626433832795029", MaxTest = 500)]
public sealed class RaceRulesTests
{
    /// <summary>Two places. The first two are below the fourth for sure; the third's bounds reach into both, so it and whom it may displace are open.</summary>
    [Fact]
    public void Who_may_get_a_place_and_may_not_is_undecided()
    {
        Bounds[] entrants = [new(1, 2), new(3, 4), new(3.5, 6), new(7, 8)];

        Assert.Equal([1, 2], RaceRules.Undecided(entrants, places: 2).AsEnumerable());
        Assert.Equal([], RaceRules.Undecided(entrants, places: 3).AsEnumerable());
        Assert.Equal([], RaceRules.Undecided(entrants, places: 4).AsEnumerable());
        Assert.Equal([], RaceRules.Undecided(entrants, places: 1).AsEnumerable());
    }

    [Fact]
    public void Known_values_and_failures_leave_nothing_open()
    {
        Bounds[] entrants = [new(2, 2), new(1, 1), new(2, 2), new(double.PositiveInfinity, double.PositiveInfinity), new(double.PositiveInfinity, double.PositiveInfinity)];

        Assert.All(Enumerable.Range(1, 5), places => Assert.Equal([], RaceRules.Undecided(entrants, places).AsEnumerable()));
    }

    /// <summary>The plain twin: count, for each entrant, who is surely and who is maybe better.</summary>
    [Property]
    public void Undecided_is_what_counting_one_by_one_says((byte Best, byte Width)[] drawn, byte places)
    {
        var entrants = Entrants(drawn);
        int count = 1 + (places % 6);

        var expected = Enumerable.Range(0, entrants.Length).Where(i =>
            entrants.Count(other => other.Worst < entrants[i].Best) < count
            && entrants.Where((_, other) => other != i).Count(other => other.Best < entrants[i].Worst) >= count);

        Assert.Equal(expected, RaceRules.Undecided(entrants, count).AsEnumerable());
    }

    /// <summary>Where nobody is undecided, any values within the bounds give the places to the same entrants.</summary>
    [Property]
    public void Decided_contest_has_one_outcome((byte Best, byte Width)[] drawn, byte places, int seed)
    {
        var entrants = Entrants(drawn);
        int count = 1 + (places % 6);
        if (!RaceRules.Undecided(entrants, count).IsEmpty)
        {
            return;
        }

        HashSet<int> Winners(Func<Bounds, double> value) => [.. Enumerable.Range(0, entrants.Length).OrderBy(i => value(entrants[i])).Take(count)];
        var rng = new Random(seed);
        var one = Winners(bounds => bounds.Best);
        var other = Winners(bounds => bounds.Best + (rng.NextDouble() * (bounds.Worst - bounds.Best)));

        // Among equals at the border either may get the place.
        Assert.Equal(one.Select(i => entrants[i]).OrderBy(bounds => bounds.Best).ThenBy(bounds => bounds.Worst), other.Select(i => entrants[i]).OrderBy(bounds => bounds.Best).ThenBy(bounds => bounds.Worst));
    }

    private static Bounds[] Entrants((byte Best, byte Width)[] drawn) => [.. (drawn ?? []).Select(pair => new Bounds(pair.Best, pair.Best + (pair.Width % 32)))];
}
