using Coppice.Training;
using Coppice.Training.Distillations;

namespace Coppice.Tests.Training;

public class TrainingOptionsTests
{
    [Fact]
    public void Defaults_are_valid() => Assert.Null(Record.Exception(() => new TrainingOptions().Validate()));

    [Fact]
    public void Validate_lists_all_faults()
    {
        var options = new TrainingOptions
        {
            Epochs = -1,
            BatchSize = 0,
            LearningRate = 0,
            Momentum = 1,
            WeightDecay = -0.5,
            LabelSmoothing = 1.5,
            Schedule = new StepSchedule([0.5, 0.25], Drop: 2) { WarmUp = 1 },
            Distillation = new KnowledgeDistillation { Temperature = double.NaN, Weight = 2 },
        };

        var fault = Assert.Throws<CoppiceException>(options.Validate);

        Assert.Equal(
            "Cannot train: epochs must be at least 0, not -1; batch size must be at least 1, not 0; learning rate must lie in (0, 1000), not 0; momentum must lie in [0, 1), not 1; "
            + "weight decay must not be negative, but is -0.5; label smoothing must lie in [0, 1), not 1.5; warm-up must lie in [0, 1), not 1; "
            + "milestones must ascend within (0, 1), not 0.5, 0.25; the drop at a milestone must lie in (0, 1], not 2; "
            + "distillation temperature must be positive, not NaN; distillation weight must lie in [0, 1], not 2.",
            fault.Message);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1)]
    public void Learning_rate_that_is_no_rate_is_refused(double rate) =>
        Assert.Throws<CoppiceException>(new TrainingOptions { LearningRate = rate }.Validate);
}
