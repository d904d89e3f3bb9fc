using Coppice.Training;

namespace Coppice.Tests.Training;

public class LearningRateScheduleTests
{
    [Fact]
    public void Cosine_goes_from_one_to_near_zero() =>
        AssertFactors([1, 0.8535533906, 0.5, 0.1464466094], new CosineSchedule(), total: 4);

    /// <summary>Two of ten iterations rise by thirds; the cosine then has eight, half way at the fifth.</summary>
    [Fact]
    public void Warm_up_rises_linearly_and_the_course_after_it_starts_at_one() =>
        AssertFactors([1 / 3.0, 2 / 3.0, 1, 0.9619397663, 0.8535533906, 0.6913417162, 0.5], new CosineSchedule { WarmUp = 0.2 }, total: 10);

    [Fact]
    public void Classic_steps_drop_to_a_tenth_at_one_half_and_at_three_quarters() =>
        AssertFactors([1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01], StepSchedule.Classic, total: 8);

    [Fact]
    public void Step_after_warm_up_counts_from_its_end() =>
        AssertFactors([1 / 2.0, 1, 1, 0.5, 0.5], new StepSchedule([0.5], Drop: 0.5) { WarmUp = 0.2 }, total: 5);

    [Fact]
    public void Schedules_of_equal_milestones_are_equal()
    {
        Assert.Equal(new StepSchedule([0.5, 0.75]), StepSchedule.Classic);
        Assert.NotEqual(new StepSchedule([0.5, 0.8]), StepSchedule.Classic);
        Assert.NotEqual(StepSchedule.Classic with { WarmUp = 0.1 }, StepSchedule.Classic);
    }

    private static void AssertFactors(double[] expected, LearningRateSchedule schedule, long total) =>
        Assert.All(expected.Select((factor, iteration) => (factor, iteration)), pair => Assert.Equal(pair.factor, schedule.Factor(pair.iteration, total), 1e-9));
}
