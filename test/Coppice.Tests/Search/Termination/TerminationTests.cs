using Coppice.Search.Termination;

namespace Coppice.Tests.Search.Termination;

public sealed class TerminationTests
{
    [Fact]
    public void Progress_counts_generations_evaluations_and_those_without_improvement()
    {
        var progress = SearchProgress.NotStarted.Advance(10, fitness: 0.5);
        Assert.Equal(new(Generation: 0, Evaluations: 10, BestFitness: 0.5, GenerationsWithoutImprovement: 0), progress);

        progress = progress.Advance(5, fitness: 0.5).Advance(5, fitness: 0.4);
        Assert.Equal(new(Generation: 2, Evaluations: 20, BestFitness: 0.5, GenerationsWithoutImprovement: 2), progress);

        progress = progress.Advance(0, fitness: 0.6);
        Assert.Equal(new(Generation: 3, Evaluations: 20, BestFitness: 0.6, GenerationsWithoutImprovement: 0), progress);
    }

    [Fact]
    public void Founders_that_all_fail_do_not_count_as_stagnation()
    {
        Assert.Equal(0, SearchProgress.NotStarted.Advance(10, double.NegativeInfinity).GenerationsWithoutImprovement);
    }

    [Theory]
    [InlineData(9, null)]
    [InlineData(10, "reached 10 generations")]
    [InlineData(11, "reached 10 generations")]
    public void MaxGenerations_stops_at_its_limit(int generation, string? reason)
    {
        Assert.Equal(reason, new MaxGenerations(10).ReasonToStop(new(generation, 0, 0, 0)));
    }

    [Theory]
    [InlineData(99, null)]
    [InlineData(100, "reached 100 evaluations")]
    public void MaxEvaluations_stops_at_its_limit(long evaluations, string? reason)
    {
        Assert.Equal(reason, new MaxEvaluations(100).ReasonToStop(new(0, evaluations, 0, 0)));
    }

    [Theory]
    [InlineData(2, null)]
    [InlineData(3, "no improvement for 3 generations")]
    public void Stagnation_stops_when_patience_ends(int idle, string? reason)
    {
        Assert.Equal(reason, new Stagnation(3).ReasonToStop(new(20, 0, 0, idle)));
    }

    [Fact]
    public void AnyOf_gives_the_reason_of_the_first_part_that_stops()
    {
        var any = new AnyOf(new MaxGenerations(10), new MaxEvaluations(100), new Stagnation(3));

        Assert.Null(any.ReasonToStop(new(9, 99, 0, 2)));
        Assert.Equal("reached 100 evaluations", any.ReasonToStop(new(9, 100, 0, 3)));
    }
}
