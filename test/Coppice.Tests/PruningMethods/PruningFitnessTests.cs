using Coppice.Graph.Execution;
using Coppice.Pruning;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;

namespace Coppice.Tests.PruningMethods;

public sealed class PruningFitnessTests() : LeakCheck(scoped: false)
{
    /// <summary>Images of three channels do not fit a network of one: libtorch refuses the convolution, and that is a result.</summary>
    [Fact]
    public async Task Candidate_that_cannot_run_is_a_failed_evaluation()
    {
        using var small = new SmallProblem(imageChannels: 3);
        var (space, fitness) = Fitness(small.Problem);

        var evaluation = (await fitness.EvaluateAsync([BitGenome.AllOnes(space.Sizes.AsSpan())], CancellationToken.None))[0];

        Assert.Equal(EvaluationStatus.Failed, evaluation.Status);
        Assert.Contains("aten::conv2d", evaluation.FailureReason, StringComparison.Ordinal);
        Assert.Equal((double.NegativeInfinity, double.PositiveInfinity), (evaluation.Fitness, evaluation.Cost));
    }

    [Fact]
    public async Task Genome_that_keeps_nothing_of_a_group_is_a_failed_evaluation()
    {
        using var small = new SmallProblem();
        var (space, fitness) = Fitness(small.Problem);

        var evaluation = await small.Problem.Thread!.RunAsync(
            () => fitness.Evaluate(new([.. space.Groups.Select(group => BitString.FromIndices(group.Size, []))]), CancellationToken.None));

        Assert.Equal($"Cannot prune '{space.Groups[0].Name}': the plan keeps 0 of {space.Groups[0].Size} channels; keep at least 1, or leave the group out of the plan.", evaluation.FailureReason);
    }

    [Fact]
    public async Task Batch_is_evaluated_in_order_and_its_progress_told()
    {
        using var small = new SmallProblem();
        var told = new List<(int, int)>();
        var space = small.Problem.SpaceOf(small.Problem.Network);
        var full = BitGenome.AllOnes(space.Sizes.AsSpan());
        var smaller = full.Replace(0, full[0].With(0, false));
        var fitness = new PruningFitness(space, small.Problem.Images!, Precision.Float32, Device.Cpu, small.Problem.Thread!) { Progress = new ActionProgress<(int, int)>(told.Add) };

        var evaluations = await fitness.EvaluateAsync([full, smaller, full], CancellationToken.None);

        Assert.Equal([(1, 3), (2, 3), (3, 3)], told);
        Assert.Equal(evaluations[0], evaluations[2]);
        Assert.Equal(space.CostOf(smaller), Assert.IsType<CandidateEvaluation>(evaluations[1]).Size);
        Assert.Equal(space.CostOf(smaller).Macs, evaluations[1].Cost);
        Assert.Equal(60, Assert.IsType<CandidateEvaluation>(evaluations[0]).Metrics.Images);
    }

    [Theory]
    [InlineData(61, 2, 32)]
    [InlineData(0, 2, 32)]
    [InlineData(60, 3, 32)]
    [InlineData(60, 0, 32)]
    public void Splits_that_are_too_small_are_named(int samples, int batches, int size)
    {
        var options = new FitnessOptions { SearchSamples = samples, RecalibrationBatches = batches, RecalibrationBatchSize = size };

        var fault = Assert.Throws<CoppiceException>(() => FitnessImages.Load(ToyTask.Splits(), ToyTask.Normalization, options, Device.Cpu));

        Assert.Equal(
            $"Cannot score candidates on {samples} search images after recalibration on {batches * size} training images: the splits have 60 and 90; change --search-samples or --bn-recalibrate.",
            fault.Message);
    }

    [Fact]
    public void Recalibration_sees_training_images_and_the_loss_search_images()
    {
        using var images = FitnessImages.Load(ToyTask.Splits(), ToyTask.Normalization, new() { SearchSamples = 30, RecalibrationBatches = 2, RecalibrationBatchSize = 15 }, Device.Cpu);

        Assert.Equal([15, 15], images.Recalibration.Batches.Select(batch => batch.Labels.Length));
        Assert.Equal(30, images.Search.Count);
        var seen = images.Recalibration.Batches.Concat(images.Search.Batches).SelectMany(batch => batch.Images.ToArray<float>().Chunk(81)).Select(pixels => string.Join(' ', pixels));
        Assert.Equal(60, seen.Distinct().Count());
    }

    private static (PruningSpace Space, PruningFitness Fitness) Fitness(PruningProblem problem)
    {
        var space = problem.SpaceOf(problem.Network);
        return (space, new(space, problem.Images!, problem.Precision, problem.Device, problem.Thread!));
    }
}
