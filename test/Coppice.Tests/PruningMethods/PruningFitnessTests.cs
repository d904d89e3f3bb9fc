using System.Collections.Immutable;
using Coppice.Data;
using Coppice.Graph.Execution;
using Coppice.Pruning;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;
using Coppice.Training;

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
        Assert.Contains("[32,3,9,9]", evaluation.FailureReason, StringComparison.Ordinal);
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

    /// <summary>Three candidates in one walk over 32, 32 and 60 images: after a half of them one is done, then all.</summary>
    [Fact]
    public async Task Batch_is_evaluated_in_order_and_its_progress_told()
    {
        using var small = new SmallProblem();
        var told = new List<(int, int)>();
        var space = small.Problem.SpaceOf(small.Problem.Network);
        var full = BitGenome.AllOnes(space.Sizes.AsSpan());
        var smaller = full.Replace(0, full[0].With(0, false));
        var fitness = new PruningFitness(space, small.Problem) { Progress = new ActionProgress<(int, int)>(told.Add) };

        var evaluations = await fitness.EvaluateAsync([full, smaller, full], CancellationToken.None);

        Assert.Equal([(1, 3), (3, 3)], told);
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
        Assert.Equal(30, images.Scored.Count);
        var seen = images.Recalibration.Batches.Concat(images.Scored.Batches).SelectMany(batch => batch.Images.ToArray<float>().Chunk(81)).Select(pixels => string.Join(' ', pixels));
        Assert.Equal(60, seen.Distinct().Count());
    }

    /// <summary>Data may come class by class; batches that give statistics, and the first images of a score, hold all classes nevertheless.</summary>
    [Fact]
    public void Images_are_in_a_random_order()
    {
        const int perClass = 40;
        var sorted = new ImageDataset("sorted", new byte[3 * perClass], [.. Enumerable.Range(0, 3 * perClass).Select(i => i / perClass)], new(1, 1, 1), ["a", "b", "c"]);
        var splits = DataSplits.Create(sorted, sorted, searchCount: 60, seed: 1);

        using var images = FitnessImages.Load(splits, new([0f], [1f]), new() { SearchSamples = 60, RecalibrationBatches = 2, RecalibrationBatchSize = 20 }, Device.Cpu);

        Assert.All(images.Recalibration.Batches, batch => Assert.Equal(3, batch.Labels.Distinct().Count()));
        Assert.Equal(3, images.Scored.Batches[0].Labels.Take(20).Distinct().Count());
    }

    /// <summary>60 scored images, 64 for statistics; two epochs over 90 images count three times: 60 + 2 · 90 · 3.</summary>
    [Theory]
    [InlineData(Preparation.AdaptiveBatchNorm, 124)]
    [InlineData(Preparation.RunningBatchNorm, 124)]
    [InlineData(Preparation.None, 60)]
    [InlineData(Preparation.Training, 600)]
    public void Cost_of_a_score_is_counted_in_images_that_go_forward(Preparation preparation, long images)
    {
        using var small = new SmallProblem();

        var (_, fitness) = Fitness(small.Problem with { Scoring = new() { Preparation = preparation, Epochs = 2 }, TrainImages = 90 });

        Assert.Equal(images, fitness.ForwardImages);
    }

    [Fact]
    public async Task Unprepared_candidate_is_measured_as_it_is_cut()
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Scoring = new() { Preparation = Preparation.None, ByAccuracy = true } };
        var (space, fitness) = Fitness(problem);
        var genome = BitGenome.AllOnes(space.Sizes.AsSpan());

        var (score, plain) = await problem.Thread!.RunAsync(() => (
            (CandidateEvaluation)fitness.Evaluate(genome, CancellationToken.None),
            Classifier.Evaluate(problem.Network, problem.Images!.Scored, Precision.Float32, Device.Cpu, CancellationToken.None)));

        Assert.Equal(plain, score.Metrics);
        Assert.Equal(plain.Accuracy, score.Fitness);
    }

    /// <summary>After two batches 0.81 of the old statistics is left, in the standard protocol nothing.</summary>
    [Fact]
    public async Task Running_statistics_keep_a_part_of_the_old_ones()
    {
        using var small = new SmallProblem();
        var (network, images) = (small.Problem.Network, small.Problem.Images!.Recalibration);

        var (fresh, running) = await small.Problem.Thread!.RunAsync(() => (
            BatchNormRecalibration.Apply(network, images, Precision.Float32, Device.Cpu, CancellationToken.None),
            BatchNormRecalibration.Apply(network, images, Precision.Float32, Device.Cpu, CancellationToken.None, momentum: 0.1)));

        // Both batches have much the same variance, whose plain mean is the fresh one; the old one is 1.
        var (variance, runningVariance) = (fresh.Parameters["bn1.running_var"].Floats().ToArray(), running.Parameters["bn1.running_var"].Floats().ToArray());
        Assert.All(variance.Zip(runningVariance), pair => Assert.Equal(0.81 + (0.19 * pair.First), pair.Second, 0.01 * (1 + pair.First)));
        Assert.Contains(variance, value => Math.Abs(value - 1) > 0.3);
    }

    [Fact]
    public async Task Candidates_that_are_trained_for_their_score_keep_the_best_ones_weights()
    {
        using var small = new SmallProblem();
        var (good, bad) = (ToyTask.Network(seed: 1), ToyTask.Network(seed: 5));
        var trained = new List<int>();
        var problem = small.Problem with
        {
            Scoring = new() { Preparation = Preparation.Training, Epochs = 2 },
            TrainCandidate = (_, epochs, _) =>
            {
                trained.Add(epochs);
                return trained.Count == 2 ? good : bad;
            },
        };
        var (space, fitness) = Fitness(problem);
        var full = BitGenome.AllOnes(space.Sizes.AsSpan());
        ImmutableArray<BitGenome> genomes = [full, full.Replace(0, full[0].With(0, false)), full.Replace(0, full[0].With(1, false))];

        var scores = await fitness.EvaluateAsync(genomes, CancellationToken.None);

        bool secondWins = scores[1].Fitness > scores[0].Fitness;
        Assert.Equal([2, 2, 2], trained);
        Assert.Equal(scores[0].Fitness, scores[2].Fitness);
        Assert.Same(secondWins ? good : null, fitness.TrainedNetworkOf(genomes[1]));
        Assert.Same(secondWins ? null : bad, fitness.TrainedNetworkOf(genomes[0]));
        Assert.Null(fitness.TrainedNetworkOf(genomes[2]));
    }

    private static (PruningSpace Space, PruningFitness Fitness) Fitness(PruningProblem problem)
    {
        var space = problem.SpaceOf(problem.Network);
        return (space, new(space, problem));
    }
}
