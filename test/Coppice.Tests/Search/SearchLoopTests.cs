using System.Text.Json;
using Coppice.Search;
using Coppice.Search.Algorithms;
using Coppice.Search.Operators;
using Coppice.Search.Pareto;
using Coppice.Search.Termination;

namespace Coppice.Tests.Search;

public sealed class SearchLoopTests
{
    [Fact]
    public async Task Loop_observes_the_founders_and_every_step_and_says_why_it_stopped()
    {
        List<int> observed = [];
        var result = await Loop(new MaxGenerations(3), (checkpoint, _) =>
        {
            observed.Add(checkpoint.State.Number);
            return ValueTask.CompletedTask;
        }).RunAsync(CancellationToken.None);

        Assert.Equal([0, 1, 2, 3], observed);
        Assert.Equal("reached 3 generations", result.StopReason);
        Assert.Equal((3, 3), (result.State.Number, result.Progress.Generation));
    }

    [Fact]
    public async Task Loop_stops_after_the_founders_if_they_are_enough()
    {
        var result = await Loop(new FitnessReached(0)).RunAsync([BitString.AllOnes(16)], CancellationToken.None);

        Assert.Equal("reached fitness 0", result.StopReason);
        Assert.Equal((0, 16.0), (result.State.Number, result.Progress.BestFitness));
    }

    [Fact]
    public async Task Loop_ends_when_the_algorithm_has_nothing_left_to_do()
    {
        var search = new RandomSearch<int>(new() { Samples = 25, BatchSize = 10 }, rng => rng.Next(1000), new FunctionEvaluator<int>(x => new(x, 1)));

        var result = await SearchLoop.Of(search, new MaxGenerations(100)).RunAsync([7], CancellationToken.None);

        Assert.Equal("the algorithm is complete", result.StopReason);
        Assert.Equal((25, 25, 7), (result.State.Population.Length, result.Progress.Evaluations, result.State.Population[0].Genome));
    }

    [Fact]
    public async Task Time_of_the_steps_is_added_up_over_interruptions()
    {
        // The clock ticks one second whenever it is asked: one second per step.
        var loop = Loop(new AnyOf(new MaxDuration(TimeSpan.FromSeconds(4)), new MaxGenerations(50))) with { Clock = new TickingClock() };

        var unbroken = await loop.RunAsync(CancellationToken.None);
        var first = await (loop with { Termination = new MaxGenerations(1) }).RunAsync(CancellationToken.None);
        var second = await loop.ResumeAsync(first.Last, CancellationToken.None);

        Assert.Equal(("reached 00:00:04 of search time", 3), (unbroken.StopReason, unbroken.State.Number));
        Assert.Equal(TimeSpan.FromSeconds(4), unbroken.Progress.Elapsed);
        Assert.Equal(unbroken.Last, second.Last);
    }

    [Fact]
    public async Task Stagnation_goes_on_counting_after_a_resumption()
    {
        var loop = Loop(new Stagnation(5), evaluate: bits => new(bits[0] ? 1 : 0, 1));
        var unbroken = await loop.RunAsync(CancellationToken.None);
        var first = await (loop with { Termination = new MaxGenerations(3) }).RunAsync(CancellationToken.None);
        var saved = JsonSerializer.Deserialize<SearchCheckpoint<Generation<BitString>>>(JsonSerializer.Serialize(first.Last))!;

        var second = await loop.ResumeAsync(saved, CancellationToken.None);

        Assert.Equal("no improvement for 5 generations", unbroken.StopReason);
        Assert.Equal(5, unbroken.State.Number);
        Assert.Equal((unbroken.State, unbroken.StopReason), (second.State, second.StopReason));
    }

    [Fact]
    public async Task Hypervolume_is_measured_after_every_generation()
    {
        var loop = Loop(new AnyOf(new HypervolumeStagnation(4), new MaxGenerations(500))) with
        {
            Hypervolume = population => Hypervolume.Of(population, Objectives.FitnessAndCost, [0, 2]),
        };

        var result = await loop.RunAsync(CancellationToken.None);

        Assert.Equal(result.State.Number + 1, result.Progress.Hypervolumes.Length);
        Assert.Equal(result.Progress.BestFitness, result.Progress.Hypervolumes[^1]); // one point (−fitness, 1) up to (0, 2)
        Assert.Equal("the hypervolume grew by no more than 0.1 % in 4 generations", result.StopReason);
    }

    [Theory]
    [InlineData(new double[] { 1, 2, 3, 4 }, null)]            // grows
    [InlineData(new double[] { 1, 2, 2, 2 }, null)]            // 2 to 2 in two generations, but three are asked for
    [InlineData(new double[] { 1, 2, 2, 2, 2.01 }, "stop")]    // by half a percent in three
    [InlineData(new double[] { 1, 2, 2, 2, 2.03 }, null)]      // by one and a half
    [InlineData(new double[] { 0, 0, 0, 0 }, "stop")]
    [InlineData(new double[] { }, null)]                       // not measured
    public void Hypervolume_stagnation_looks_at_the_growth_of_the_last_generations(double[] history, string? stop)
    {
        var progress = SearchProgress.NotStarted with { Hypervolumes = [.. history] };

        Assert.Equal(stop is not null, new HypervolumeStagnation(3, minGain: 0.01).ReasonToStop(progress) is not null);
    }

    [Fact]
    public async Task Cancelled_run_throws_and_the_last_checkpoint_goes_on()
    {
        using var source = new CancellationTokenSource();
        SearchCheckpoint<Generation<BitString>>? last = null;
        var loop = Loop(new MaxGenerations(6), (checkpoint, _) =>
        {
            last = checkpoint;
            if (checkpoint.State.Number == 3) source.Cancel();
            return ValueTask.CompletedTask;
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop.RunAsync(source.Token));
        Assert.Equal(3, last!.State.Number);

        var resumed = await Loop(new MaxGenerations(6)).ResumeAsync(last, CancellationToken.None);
        Assert.Equal((await Loop(new MaxGenerations(6)).RunAsync(CancellationToken.None)).State, resumed.State);
    }

    private static SearchLoop<Generation<BitString>, BitString> Loop(
        ITermination termination,
        Func<SearchCheckpoint<Generation<BitString>>, CancellationToken, ValueTask>? observe = null,
        Func<BitString, Evaluation>? evaluate = null)
    {
        var variation = new Variation<BitString>(rng => RandomBits.DensityVaried(16, rng), new OnePointCrossover<BitString>(), new BitFlip<BitString>());
        var evaluator = new FunctionEvaluator<BitString>(evaluate ?? (bits => new(bits.Count, cost: 1)));
        var loop = SearchLoop.Of(new GeneticAlgorithm<BitString>(new() { PopulationSize = 10 }, variation, new Tournament(), evaluator), termination);
        return loop with { Observe = observe, Clock = new StillClock() };
    }

    private sealed class StillClock : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }

    private sealed class TickingClock : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds++;
    }
}
