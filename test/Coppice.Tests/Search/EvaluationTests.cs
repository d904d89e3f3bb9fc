using System.Collections.Immutable;
using System.Text.Json;
using Coppice.Search;

namespace Coppice.Tests.Search;

public sealed class EvaluationTests
{
    private sealed record TimedEvaluation(double Fitness, double Cost, double Seconds) : Evaluation(Fitness, Cost);

    [Fact]
    public void Finite_fitness_and_cost_succeed()
    {
        var evaluation = new Evaluation(fitness: 0.9, cost: 100);

        Assert.Equal(EvaluationStatus.Succeeded, evaluation.Status);
        Assert.Equal((0.9, 100.0, null), (evaluation.Fitness, evaluation.Cost, evaluation.FailureReason));
    }

    [Theory]
    [InlineData(double.NaN, 1, "The fitness is NaN, not a finite number.")]
    [InlineData(double.PositiveInfinity, 1, "The fitness is Infinity, not a finite number.")]
    [InlineData(double.NegativeInfinity, 1, "The fitness is -Infinity, not a finite number.")]
    [InlineData(1, double.NaN, "The cost is NaN, not a finite number.")]
    public void Numbers_that_are_not_finite_fail_with_the_lowest_fitness(double fitness, double cost, string reason)
    {
        var evaluation = new Evaluation(fitness, cost);

        Assert.Equal(EvaluationStatus.Failed, evaluation.Status);
        Assert.Equal(double.NegativeInfinity, evaluation.Fitness);
        Assert.Equal(reason, evaluation.FailureReason);
        Assert.False(double.IsNaN(evaluation.Cost));
    }

    [Fact]
    public void Failed_carries_its_reason()
    {
        var evaluation = Evaluation.Failed("out of memory");

        Assert.Equal((EvaluationStatus.Failed, "out of memory"), (evaluation.Status, evaluation.FailureReason));
        Assert.Equal((double.NegativeInfinity, double.PositiveInfinity), (evaluation.Fitness, evaluation.Cost));
        Assert.Throws<ArgumentException>(() => Evaluation.Failed(" "));
    }

    [Fact]
    public void Derived_evaluation_with_a_nan_fitness_is_failed_too()
    {
        Evaluation evaluation = new TimedEvaluation(double.NaN, 1, Seconds: 2);

        Assert.Equal(EvaluationStatus.Failed, evaluation.Status);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(double.NaN)]
    public void Json_brings_the_evaluation_back(double fitness)
    {
        var evaluation = new Evaluation(fitness, cost: 7);

        Assert.Equal(evaluation, JsonSerializer.Deserialize<Evaluation>(JsonSerializer.Serialize(evaluation)));
    }

    [Fact]
    public void Generations_of_equal_individuals_are_equal_and_know_their_best()
    {
        ImmutableArray<Individual<int>> population = [new(1, new(0.5, 3)), new(2, new(0.7, 3)), new(3, new(0.7, 2)), new(4, Evaluation.Failed("no"))];
        var generation = new Generation<int>(0, population);

        Assert.Equal(new(0, [.. population]), generation);
        Assert.Equal(new Generation<int>(0, [.. population]).GetHashCode(), generation.GetHashCode());
        Assert.Equal(3, generation.Best.Genome);
        Assert.Equal(new Generation<int>(1, [population[2]]), generation.Next([population[2]]));
        Assert.NotEqual(generation, generation.Next(population));
    }
}
