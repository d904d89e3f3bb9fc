using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Pruning.Racing;
using Coppice.Runs;
using Coppice.Search;
using Coppice.Search.Operators;
using Coppice.Search.Racing;
using Coppice.Tests.Data;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.PruningMethods.Racing;

/// <summary>Candidates that compete on as few images as it takes: the same survive as by all images, and what is known in full is to the last bit what it is without a race.</summary>
public sealed class CandidateRaceTests() : LeakCheck(scoped: false)
{
    private static readonly RaceOptions Race = new() { FirstLook = 16, AuditEvery = 0 };

    public static TheoryData<Preparation, Precision, bool, int> Kinds => new()
    {
        { Preparation.None, Precision.Float32, false, 0 },
        { Preparation.None, Precision.BFloat16, false, 0 },
        { Preparation.AdaptiveBatchNorm, Precision.Float32, true, 0 },
        { Preparation.AdaptiveBatchNorm, Precision.BFloat16, false, 0 },
        { Preparation.AdaptiveBatchNorm, Precision.Float32, true, 24 },
        { Preparation.AdaptiveBatchNorm, Precision.BFloat16, false, 10 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_same_survive_on_fewer_images(Preparation preparation, Precision precision, bool repairs, int onePassImages)
    {
        using var small = new SmallProblem();
        var problem = Prepared(small, preparation, onePassImages) with { Precision = precision, Repairs = repairs };
        var space = problem.SpaceOf(problem.Network);
        var contests = Contests(space);
        var fitness = new PruningFitness(space, problem);

        var raced = await RunAsync(fitness, contests);

        var all = await RunAsync(new PruningFitness(space, problem with { Race = null }), contests);
        foreach (var contest in contests.SelectMany(batch => batch))
        {
            Assert.Equal(Survivors(contest, all).ToHashSet(), Survivors(contest, raced).ToHashSet());
        }

        var tally = fitness.RaceTally;
        Assert.Equal((contests.Sum(batch => batch.Length), all.Count), (tally.Contests, (int)tally.Candidates));
        Assert.InRange(tally.ImagesSeen, 1, tally.ImagesInFull - 1);
        Assert.Contains(raced.Values, evaluation => ((CandidateEvaluation)evaluation).IsEstimate);
    }

    /// <summary>What is estimated becomes, when asked for in full, the very bits of a score without a race; nothing is looked at twice.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Completed_score_is_that_without_a_race(Preparation preparation, Precision precision, bool repairs, int onePassImages)
    {
        using var small = new SmallProblem();
        var problem = Prepared(small, preparation, onePassImages) with { Precision = precision, Repairs = repairs };
        var space = problem.SpaceOf(problem.Network);
        var fitness = new PruningFitness(space, problem);
        var raced = await RunAsync(fitness, Contests(space));

        var complete = await fitness.EvaluateAsync([.. raced.Keys], CancellationToken.None);

        var expected = await new PruningFitness(space, problem with { Race = null }).EvaluateAsync([.. raced.Keys], CancellationToken.None);
        Assert.Equal(expected.AsEnumerable(), complete);
        Assert.Equal(raced.Count, fitness.Evaluated);
        Assert.Equal(complete.AsEnumerable(), await fitness.EvaluateAsync([.. raced.Keys], CancellationToken.None));
        Assert.Equal(0, fitness.SparedImages + fitness.PredictionImages);
    }

    /// <summary>The count of images is that of the images that went through networks; with memory for one candidate at a time too, for statistics are kept where networks cannot be.</summary>
    [Theory]
    [InlineData(Preparation.None, 0, false)]
    [InlineData(Preparation.AdaptiveBatchNorm, 0, false)]
    [InlineData(Preparation.AdaptiveBatchNorm, 24, false)]
    [InlineData(Preparation.AdaptiveBatchNorm, 0, true)]
    [InlineData(Preparation.AdaptiveBatchNorm, 24, true)]
    public async Task Images_are_counted_as_they_pass(Preparation preparation, int onePassImages, bool isTight)
    {
        using var small = new SmallProblem();
        var problem = Prepared(small, preparation, onePassImages);
        problem = isTight ? problem with { MemoryBytes = Needed(problem) } : problem;
        var space = problem.SpaceOf(problem.Network);
        var scorer = problem.Evaluator(space);

        foreach (var contests in Contests(space))
        {
            await scorer.RaceAsync(contests, CancellationToken.None);
        }

        Assert.Equal(problem.Images!.Scored.Passed + problem.Images.Recalibration.Passed, scorer.ForwardImages);
    }

    /// <summary>With memory for one candidate at a time everything is compiled again and again, and every number is the same.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(24)]
    public async Task Memory_changes_no_result(int onePassImages)
    {
        using var small = new SmallProblem();
        var problem = Prepared(small, Preparation.AdaptiveBatchNorm, onePassImages);
        var space = problem.SpaceOf(problem.Network);

        var (ample, tight) = (new PruningFitness(space, problem), new PruningFitness(space, problem with { MemoryBytes = Needed(problem) }));

        Assert.Equal(await RunAsync(ample, Contests(space)), await RunAsync(tight, Contests(space)));
        Assert.Equal((ample.RaceTally, ample.SparedImages), (tight.RaceTally, tight.SparedImages));
    }

    [Fact]
    public async Task Candidate_that_cannot_be_cut_does_no_harm_to_the_others()
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Race = Race };
        var space = problem.SpaceOf(problem.Network);
        var contest = Contests(space)[0][0];
        var impossible = contest.Entrants[1].Replace(0, BitString.FromIndices(space.Groups[0].Size, []));
        var fitness = new PruningFitness(space, problem);

        var raced = await fitness.RaceAsync([contest with { Entrants = contest.Entrants.Insert(1, impossible) }], CancellationToken.None);

        Assert.Equal(EvaluationStatus.Failed, raced[impossible].Status);
        Assert.Single(raced.Values, evaluation => evaluation.Status == EvaluationStatus.Failed);
        Assert.Equal(Survivors(contest, await RunAsync(new PruningFitness(space, problem), [[contest]])), Survivors(contest, raced));
        Assert.Equal(raced.Count, fitness.Evaluated);
    }

    /// <summary>A race that is run again finds what it has measured: no image is looked at but for the predictions, and every number is the same.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(24)]
    public async Task Second_race_measures_nothing(int onePassImages)
    {
        using var folder = new TemporaryFolder();
        using var small = new SmallProblem();
        var problem = Prepared(small, Preparation.AdaptiveBatchNorm, onePassImages);
        var space = problem.SpaceOf(problem.Network);
        IReadOnlyDictionary<BitGenome, Evaluation> first, second;
        using (var store = StudyStore.Open(folder.File(StudyStore.FileName)))
        {
            first = await RunAsync(new PruningFitness(space, problem with { Memo = store }), Contests(space));
        }

        long recalibrated = problem.Images!.Recalibration.Passed, scored = problem.Images.Scored.Passed;
        PruningFitness fitness;
        using (var store = StudyStore.Open(folder.File(StudyStore.FileName)))
        {
            second = await RunAsync(fitness = new PruningFitness(space, problem with { Memo = store }), Contests(space));
        }

        Assert.Equal(first, second);
        Assert.Equal(recalibrated, problem.Images.Recalibration.Passed);
        Assert.Equal(scored + fitness.PredictionImages, problem.Images.Scored.Passed);
    }

    /// <summary>A network that has diverged, whose scores are no numbers: failed results, as without a race.</summary>
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public async Task Where_the_whole_network_has_no_score_all_candidates_fail(float value)
    {
        using var small = new SmallProblem();
        var network = small.Problem.Network;
        string bias = network.Nodes.Last(node => node.OperatorType == "Gemm").Inputs[2];
        float[] values = network.Parameters[bias].Floats().ToArray();
        values[0] = value;
        var problem = small.Problem with { Race = Race, Network = network.WithParameters(new Dictionary<string, HostTensor> { [bias] = network.Parameters[bias].WithFloats(values) }) };
        var space = problem.SpaceOf(problem.Network);

        var raced = await RunAsync(new PruningFitness(space, problem), Contests(space));

        var all = await RunAsync(new PruningFitness(space, problem with { Race = null }), Contests(space));
        Assert.Equal(all.Where(pair => pair.Value.Status == EvaluationStatus.Failed).Select(pair => pair.Key).ToHashSet(), raced.Where(pair => pair.Value.Status == EvaluationStatus.Failed).Select(pair => pair.Key).ToHashSet());
        Assert.All(all.Values, evaluation => Assert.Equal(EvaluationStatus.Failed, evaluation.Status));
    }

    /// <summary>Nothing of what is measured in full first can be cut; the last candidate can.</summary>
    [Fact]
    public async Task Who_can_be_measured_is_measured_where_the_first_cannot()
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Race = Race };
        var space = problem.SpaceOf(problem.Network);
        var healthy = Contests(space)[0][0].Entrants[1];
        ImmutableArray<BitGenome> impossible = [.. Enumerable.Range(0, 12).Select(i => healthy.Replace(0, BitString.FromIndices(space.Sizes[0], [])).Replace(1, BitString.FromIndices(space.Sizes[1], [0, .. i == 0 ? [] : (int[])[i % space.Sizes[1]], .. i > 9 ? (int[])[9 - (i - 9)] : []]))).Distinct()];

        var fitness = new PruningFitness(space, problem);
        var raced = await fitness.RaceAsync([new([.. impossible, healthy], Places: 2)], CancellationToken.None);

        Assert.All(impossible, genome => Assert.Equal(EvaluationStatus.Failed, raced[genome].Status));
        Assert.Equal((await new PruningFitness(space, problem with { Race = null }).EvaluateAsync([healthy], CancellationToken.None))[0], raced[healthy]);

        // And later candidates are spared images all the same.
        var first = fitness.RaceTally;
        await RunAsync(fitness, Contests(space));
        Assert.InRange(fitness.RaceTally.ImagesSeen - first.ImagesSeen, 1, fitness.RaceTally.ImagesInFull - first.ImagesInFull - 1);
    }

    /// <summary>Every contest decided twice: the tally says how often both agreed, and what the second decisions took.</summary>
    [Fact]
    public async Task Audits_are_counted()
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { Race = Race with { AuditEvery = 2 } };
        var space = problem.SpaceOf(problem.Network);
        var contests = Contests(space);
        var fitness = new PruningFitness(space, problem);

        await RunAsync(fitness, contests);

        var tally = fitness.RaceTally;
        Assert.Equal(contests.Sum(batch => batch.Length) / 2, tally.Audited);
        Assert.Equal(tally.Audited, tally.Agreed);
        Assert.InRange(tally.ImagesOfAudits, 1, tally.ImagesSeen);
    }

    /// <summary>Decided by two images at even odds, contests often end otherwise than by all images, and audits say so.</summary>
    [Fact]
    public async Task Audits_tell_where_a_careless_race_was_wrong()
    {
        using var small = new SmallProblem();
        var problem = Prepared(small, Preparation.None) with { Race = new() { FirstLook = 2, ErrorProbability = 0.499, AuditEvery = 1 } };
        var space = problem.SpaceOf(problem.Network);
        var fitness = new PruningFitness(space, problem);
        var full = BitGenome.AllOnes(space.Sizes.AsSpan());
        var rng = Rng.For(3, 8);
        ImmutableArray<BitGenome> entrants = [.. Enumerable.Range(0, 200).Select(_ => full.Replace(1, BitString.FromIndices(space.Sizes[1], rng.Sample(space.Sizes[1], space.Sizes[1] - 2)))).Distinct().Take(30)];

        await fitness.RaceAsync([.. entrants.Skip(12).Chunk(3).Select(some => new Contest<BitGenome>([.. entrants[..12], .. some], Places: 6))], CancellationToken.None);

        Assert.Equal(6, fitness.RaceTally.Audited);
        Assert.InRange(fitness.RaceTally.Agreed, 0, 5);
    }

    [Fact]
    public void Candidates_race_only_where_a_part_of_the_images_says_something()
    {
        using var small = new SmallProblem();
        bool Can(PruningProblem problem) => new PruningFitness(problem.SpaceOf(problem.Network), problem).CanRace;
        var problem = small.Problem with { Race = Race };

        Assert.True(Can(problem));
        Assert.False(Can(problem with { Race = null }));
        Assert.False(Can(problem with { Race = Race with { FirstLook = 31 } }));
        Assert.False(Can(problem with { Scoring = new() { ByAccuracy = true } }));
        Assert.False(Can(problem with { Scoring = new() { Preparation = Preparation.Training } }));
    }

    /// <summary>ε = 0.001 on one side are 3.0902 standard deviations.</summary>
    [Fact]
    public void Differences_count_in_standard_errors_of_the_error_probability() => Assert.Equal(3.090232, new RaceOptions { ErrorProbability = 0.001 }.Deviations, 5);

    /// <summary>Stopped in the middle of its only race, a search hands out the best of what it has looked at so far, measured on all images; what was paid for stays on the shelf.</summary>
    [Fact]
    public async Task Search_that_is_stopped_within_a_race_hands_out_its_best()
    {
        using var folder = new TemporaryFolder();
        using var small = new SmallProblem();
        using var stop = new CancellationTokenSource();
        using var store = StudyStore.Open(folder.File(StudyStore.FileName));
        var problem = small.Problem with
        {
            Race = Race,
            Memo = store,
            Progress = new ActionProgress<PruningProgress>(progress =>
            {
                if (progress.Total > 1)
                {
                    stop.Cancel();
                }
            }),
        };

        var stopped = await Assert.ThrowsAsync<SearchStoppedException>(() => new RandomPruning(24).RunAsync(problem, stop.Token));

        var kept = Assert.Single(stopped.Found);
        Assert.Equal((false, "interrupted"), (kept.Score!.IsEstimate, kept.EarlyEnd));
        Assert.InRange(kept.Cost.Macs, 1, problem.SpaceOf(problem.Network).Resolve(problem.Target!));
        Assert.InRange(kept.Evaluations, 7, 24); // the six that are measured in full, and all others that are not the same
        Assert.InRange(kept.ForwardImages, kept.Evaluations * Race.FirstLook, kept.Evaluations * (60 + 64));
        Assert.NotNull(store.Open(problem.SpaceOf(problem.Network), problem, problem.Images!).FindScores(problem.SpaceOf(problem.Network).ToGenome(kept.Plan), 60));
    }

    private static PruningProblem Prepared(SmallProblem small, Preparation preparation, int onePassImages = 0) =>
        small.Problem with { Scoring = new() { Preparation = preparation, OnePassImages = onePassImages }, Race = Race };

    /// <summary>What one candidate takes, and no more.</summary>
    private static long Needed(PruningProblem problem) =>
        ProgramMemory.ActivationBytes(problem.Network, 60, problem.Precision)!.Value + ProgramMemory.ParameterBytes(problem.Network.Parameters.Values);

    private static async Task<IReadOnlyDictionary<BitGenome, Evaluation>> RunAsync(PruningFitness fitness, ImmutableArray<ImmutableArray<Contest<BitGenome>>> contests)
    {
        var last = new Dictionary<BitGenome, Evaluation>();
        foreach (var batch in contests)
        {
            foreach (var (genome, evaluation) in await fitness.RaceAsync(batch, CancellationToken.None))
            {
                last[genome] = evaluation;
            }
        }

        return last;
    }

    private static IEnumerable<BitGenome> Survivors(Contest<BitGenome> contest, IReadOnlyDictionary<BitGenome, Evaluation> evaluations) => Survival
        .Best([.. contest.Entrants.Select(genome => new Individual<BitGenome>(genome, evaluations[genome]))], contest.Places, contest.Price).Select(individual => individual.Genome);

    /// <summary>Two batches: in the first each group's founders, in the second these and as many others, one contest at a price and one at any price.</summary>
    private static ImmutableArray<ImmutableArray<Contest<BitGenome>>> Contests(PruningSpace space)
    {
        var rng = Rng.For(9, 4);
        var full = BitGenome.AllOnes(space.Sizes.AsSpan());
        ImmutableArray<BitGenome> Draw(int group, int count) =>
        [
            full, .. Enumerable.Range(0, 100)
                .Select(_ => full.Replace(group, BitString.FromIndices(space.Sizes[group], rng.Sample(space.Sizes[group], space.Sizes[group] - 1 - rng.Next(space.Sizes[group] / 2)))))
                .Distinct().Take(count),
        ];
        ImmutableArray<ImmutableArray<BitGenome>> species = [.. space.Groups.Select((_, group) => Draw(group, 7))];
        return
        [
            [.. species.Select(genomes => new Contest<BitGenome>(genomes[..4], Places: 4))],
            [.. species.Select((genomes, group) => new Contest<BitGenome>(genomes, Places: 3, Price: group == 0 ? 1e-6 : group == 1 ? double.PositiveInfinity : 0))],
        ];
    }
}
