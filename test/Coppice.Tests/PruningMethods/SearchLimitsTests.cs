using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Search.Termination;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;

namespace Coppice.Tests.PruningMethods;

/// <summary>What ends a search early, and that it says so.</summary>
public sealed class SearchLimitsTests() : LeakCheck(scoped: false)
{
    public static TheoryData<string> Searches => [.. PruningMethodTable.All(SmallProblem.Options).Where(method => method.IsSearch).Select(method => method.Name)];

    public static TheoryData<string> Heeding => [.. PruningMethodTable.All(SmallProblem.Options).Where(method => method.HeedsLimits).Select(method => method.Name)];

    [Fact]
    public void Methods_with_generations_over_one_network_heed_limits() =>
        Assert.Equal(["ga", "abc", "nsga2", "legr"], PruningMethodTable.All(new()).Where(method => method.HeedsLimits).Select(method => method.Name));

    [Theory]
    [MemberData(nameof(Searches))]
    public async Task Limit_of_evaluations_ends_after_the_founders_and_says_so_where_it_is_heeded(string name)
    {
        using var small = new SmallProblem();
        var phases = new List<string>();
        var problem = small.Problem with { Network = ToyTask.Network(filters: 24), Scope = GroupScope.All, Progress = new ActionProgress<PruningProgress>(progress => phases.Add(progress.Phase)) };
        var method = PruningMethodTable.Find(name, SmallProblem.Options);

        var free = (await SmallProblem.RunAsync(method, problem))[^1];
        phases.Clear();
        var limited = (await SmallProblem.RunAsync(method, problem with { Limits = new() { MaxEvaluations = 1 } }))[^1];

        Assert.Null(free.EarlyEnd);
        Assert.Equal(method.HeedsLimits ? "reached 1 evaluations" : null, limited.EarlyEnd);
        Assert.Equal(method.HeedsLimits, phases.Contains("ended early: reached 1 evaluations"));
        Assert.Equal(method.HeedsLimits, limited.Evaluations < free.Evaluations);
    }

    /// <summary>Of sixty generations on so small a network one brings nothing new.</summary>
    [Theory]
    [InlineData("ga", "no improvement for 1 generations")]
    [InlineData("abc", "no improvement for 1 generations")]
    [InlineData("nsga2", "the hypervolume grew by no more than 0.1 % in 1 generations")]
    [InlineData("legr", "no improvement for 1 generations")]
    public async Task Patience_ends_a_search_that_stands_still(string name, string reason)
    {
        using var small = new SmallProblem();
        var phases = new List<string>();
        var problem = small.Problem with { Network = ToyTask.Network(filters: 24), Scope = GroupScope.All, Progress = new ActionProgress<PruningProgress>(progress => phases.Add(progress.Phase)) };
        var options = SmallProblem.Options.Sized(population: 6, generations: 60);

        var ended = (await SmallProblem.RunAsync(PruningMethodTable.Find(name, options), problem with { Limits = new() { Patience = 1 } }))[^1];
        var whole = (await SmallProblem.RunAsync(PruningMethodTable.Find(name, options), problem))[^1];

        Assert.Equal(reason, ended.EarlyEnd);
        Assert.Equal($"ended early: {reason}", phases.First(phase => phase.StartsWith("ended", StringComparison.Ordinal)));
        Assert.True(ended.Evaluations < whole.Evaluations, $"{ended.Evaluations} evaluations against {whole.Evaluations}");
        Assert.Null(whole.EarlyEnd);
    }

    /// <summary>Reaching the last generation is no early end, whatever else holds then.</summary>
    [Fact]
    public async Task Search_that_ends_in_its_last_generation_has_ended_as_planned()
    {
        using var small = new SmallProblem();
        var method = PruningMethodTable.Find("ga", SmallProblem.Options.Sized(6, 3));
        var free = (await SmallProblem.RunAsync(method, small.Problem))[^1];

        var limited = (await SmallProblem.RunAsync(method, small.Problem with { Limits = new() { Patience = 60, MaxEvaluations = 10_000, MaxMinutes = 1000 } }))[^1];

        Assert.Null(limited.EarlyEnd);
        Assert.Equal((free.Plan.ToJson(), free.Score), (limited.Plan.ToJson(), limited.Score));
    }

    /// <summary>A clock on which a generation, and the founders too, takes a minute: after 2 minutes the founders and one generation are there.</summary>
    [Theory]
    [MemberData(nameof(Heeding))]
    public async Task Limit_of_time_is_measured_by_the_given_clock(string name)
    {
        using var small = new SmallProblem();
        int generations = 0;
        var problem = small.Problem with
        {
            Clock = new MinuteClock(),
            Limits = new() { MaxMinutes = 2 },
            Progress = new ActionProgress<PruningProgress>(progress => generations = progress.Phase.StartsWith("generation", StringComparison.Ordinal) ? int.Parse(progress.Phase[11..].Split('/')[0], System.Globalization.CultureInfo.InvariantCulture) : generations),
        };

        var ended = (await SmallProblem.RunAsync(PruningMethodTable.Find(name, SmallProblem.Options.Sized(6, 20)), problem))[^1];

        Assert.Equal("reached 00:02:00 of search time", ended.EarlyEnd);
        Assert.InRange(generations, 0, 2);
    }

    [Theory]
    [InlineData(20, 0, 0, 0, "reached 20 generations")]
    [InlineData(3, 5, 0, 0, "no improvement for 5 generations")]
    [InlineData(3, 4, 0, 0, null)]
    [InlineData(3, 0, 99, 0, null)]
    [InlineData(3, 0, 100, 0, "reached 100 evaluations")]
    [InlineData(3, 0, 0, 89, null)]
    [InlineData(3, 0, 0, 90, "reached 00:01:30 of search time")]
    [InlineData(20, 9, 999, 999, "reached 20 generations")]
    public void Limits_are_asked_after_the_generations(int generation, int stagnant, long evaluations, int seconds, string? reason)
    {
        var limits = new SearchLimits { Patience = 5, MaxEvaluations = 100, MaxMinutes = 1.5 };
        var progress = new SearchProgress(generation, evaluations, BestFitness: 1, stagnant) { Elapsed = TimeSpan.FromSeconds(seconds) };

        Assert.Equal(reason, limits.With(generations: 20, measuresFront: false).ReasonToStop(progress));
    }

    /// <summary>The best loss of a front is the whole network's from the founders on: its fitness never rises.</summary>
    [Theory]
    [InlineData(1.0, null)]
    [InlineData(2.0, "the hypervolume grew by no more than 0.1 % in 2 generations")]
    public void Patience_with_a_front_looks_at_its_hypervolume(double first, string? reason)
    {
        var progress = new SearchProgress(3, 10, BestFitness: 1, GenerationsWithoutImprovement: 3) { Hypervolumes = [0.5, first, 1.5, 2.0] };

        Assert.Equal(reason, new SearchLimits { Patience = 2 }.With(20, measuresFront: true).ReasonToStop(progress));
    }

    private sealed class MinuteClock : TimeProvider
    {
        private long _readings;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => 60 * _readings++;
    }
}
