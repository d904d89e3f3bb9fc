using System.Collections.Immutable;
using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Pruning;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;
using Coppice.Training;

namespace Coppice.Tests.PruningMethods;

/// <summary>Many candidates in one walk: to the last bit what one after the other gives.</summary>
public sealed class CandidateWalkTests() : LeakCheck(scoped: false)
{
    public static TheoryData<string, Preparation, Precision, bool, GroupScope> Kinds => new()
    {
        { "residual", Preparation.AdaptiveBatchNorm, Precision.Float32, false, GroupScope.All },
        { "residual", Preparation.AdaptiveBatchNorm, Precision.BFloat16, true, GroupScope.All },
        { "residual", Preparation.RunningBatchNorm, Precision.Float32, true, GroupScope.Inner },
        { "residual", Preparation.None, Precision.BFloat16, false, GroupScope.All },
        { "vgg", Preparation.AdaptiveBatchNorm, Precision.Float32, true, GroupScope.All },
        { "shortcut first", Preparation.AdaptiveBatchNorm, Precision.BFloat16, false, GroupScope.Inner },
        { "shortcut last", Preparation.AdaptiveBatchNorm, Precision.BFloat16, false, GroupScope.All },
        { "shortcut first", Preparation.None, Precision.BFloat16, false, GroupScope.All },
        { "shortcut last", Preparation.None, Precision.BFloat16, true, GroupScope.Inner },
        { "vgg", Preparation.RunningBatchNorm, Precision.BFloat16, false, GroupScope.Inner },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Generation_gets_the_scores_of_one_candidate_after_the_other(string kind, Preparation preparation, Precision precision, bool repairs, GroupScope scope)
    {
        using var small = new SmallProblem();
        var problem = small.Problem with
        {
            Network = kind switch { "vgg" => SmallProblem.Vgg(), "residual" => ToyTask.Network(), _ => Projected(isFirst: kind == "shortcut first") },
            Scoring = new() { Preparation = preparation },
            Precision = precision,
            Repairs = repairs,
            Scope = scope,
        };
        var space = problem.SpaceOf(problem.Network);
        var genomes = Genomes(space, 12);

        var together = await new PruningFitness(space, problem).EvaluateAsync(genomes, CancellationToken.None);
        var singly = await new PruningFitness(space, problem).EvaluateSinglyAsync(genomes, CancellationToken.None);

        Assert.Equal(singly.AsEnumerable(), together);
        Assert.Equal(singly.AsEnumerable(), await InWalksOfAsync(2, space, problem, genomes));
        Assert.Equal(12, singly.Distinct().Count());
    }

    /// <summary>
    /// One pass: the first images are scored while they give the statistics. The plain twin estimates statistics from the same images as one batch, and then scores all of them again. In
    /// bf16 a normalisation that is folded into weights rounds otherwise than one that is not.
    /// </summary>
    [Theory]
    [InlineData("residual", Precision.Float32, true, 32, 1e-5)]
    [InlineData("residual", Precision.Float32, false, 60, 1e-5)]
    [InlineData("vgg", Precision.Float32, false, 20, 1e-5)]
    [InlineData("shortcut last", Precision.BFloat16, true, 32, 1e-2)]
    public async Task One_pass_gives_the_scores_of_two(string kind, Precision precision, bool repairs, int images, double tolerance)
    {
        using var small = new SmallProblem();
        var problem = small.Problem with
        {
            Network = kind switch { "vgg" => SmallProblem.Vgg(), "residual" => ToyTask.Network(), _ => Projected(isFirst: false) },
            Scoring = new() { OnePassImages = images },
            Precision = precision,
            Repairs = repairs,
        };
        var space = problem.SpaceOf(problem.Network);
        var genomes = Genomes(space, 6);
        var fitness = new PruningFitness(space, problem);

        var scores = await fitness.EvaluateAsync(genomes, CancellationToken.None);

        Assert.Equal((6 * 60) + fitness.RepairImages, problem.Images!.Scored.Passed + problem.Images.Recalibration.Passed);
        Assert.Equal(60, fitness.ForwardImages);
        Assert.Equal(scores.AsEnumerable(), await fitness.EvaluateSinglyAsync(genomes, CancellationToken.None));
        foreach (var (genome, score) in genomes.Zip(scores))
        {
            var cut = await fitness.CutAsync(genome, CancellationToken.None);
            double twin = await problem.Thread!.RunAsync(() =>
            {
                using var batch = problem.Images.Scored.Gather([.. Enumerable.Range(0, images)], 1);
                var recalibrated = BatchNormRecalibration.Apply(cut, TensorBatches.Of([batch]), precision, Device.Cpu, CancellationToken.None);
                return Classifier.Evaluate(recalibrated, problem.Images.Scored, precision, Device.Cpu, CancellationToken.None).Loss;
            });
            Assert.Equal(twin, ((CandidateEvaluation)score).Metrics.Loss, tolerance * twin);
        }
    }

    /// <summary>Walks that go on side by side: the same bits, told in the order of the candidates, whichever walk is ready first; counts as with one at a time.</summary>
    [Theory]
    [InlineData(1, 2, 0)]
    [InlineData(1, 5, 0)]
    [InlineData(2, 2, 0)]
    [InlineData(1, 3, 40)]
    public async Task Walks_side_by_side_give_the_scores_of_walks_one_after_the_other(int threads, int jobs, int onePassImages)
    {
        using SmallProblem first = new(threads: threads), second = new(threads: threads, jobs: jobs);
        var (one, several) = (In(first), In(second));
        PruningProblem In(SmallProblem small) => small.Problem with { Repairs = true, Scoring = new() { OnePassImages = onePassImages } };
        var space = one.SpaceOf(one.Network);
        var genomes = Genomes(space, 40);
        var told = new List<BitGenome>();
        var progress = new List<(int Done, int Total)>();
        var fitness = new PruningFitness(space, several)
        {
            Measured = (genome, _) => told.Add(genome),
            Progress = new ActionProgress<(int Done, int Total)>(progress.Add),
        };

        var expected = await new PruningFitness(space, one).EvaluateAsync(genomes, CancellationToken.None);
        var scores = await fitness.EvaluateAsync(genomes, CancellationToken.None);

        Assert.Equal(expected.AsEnumerable(), scores);
        Assert.Equal(genomes, told);
        Assert.Equal(40, fitness.Evaluated);
        Assert.Equal((40, 40), progress[^1]);
        Assert.Equal(progress.Select(step => step.Done).Distinct().Order(), progress.Select(step => step.Done));
        Assert.Equal((40 * fitness.ForwardImages) + fitness.RepairImages, several.Images!.Scored.Passed + several.Images.Recalibration.Passed);
    }

    /// <summary>Two walks meet: each tells of its progress and waits for the other to do so, which one walk after the other never would.</summary>
    [Fact]
    public async Task Walks_of_a_generation_go_on_at_the_same_time()
    {
        using var small = new SmallProblem(jobs: 2);
        using var meeting = new CountdownEvent(2);
        var threads = new System.Collections.Concurrent.ConcurrentDictionary<int, bool>();
        var space = small.Problem.SpaceOf(small.Problem.Network);
        int cut = 0;

        await small.Problem.Thread!.RunAsync(() =>
        {
            var walk = new CandidateWalk(small.Problem, small.Problem.Network, new(), small.Problem.Images!);
            var size = walk.SizeFor(40);
            var parts = walk.Divide(Genomes(space, 40), genome => Interlocked.Increment(ref cut) > 0 ? Pruner.Apply(space.Units, space.ToPlan(genome)) : null, size);
            small.Problem.Thread.ForEach(parts, part => walk.Measure([.. part.Select(member => member.Network)], _ =>
            {
                if (threads.TryAdd(Environment.CurrentManagedThreadId, true))
                {
                    meeting.Signal();
                }

                Assert.True(meeting.Wait(TimeSpan.FromSeconds(30)));
            }, CancellationToken.None), size.Lanes);
        });

        Assert.Equal((2, 40), (threads.Count, cut));
    }

    /// <summary>One job more than there is memory for is not taken; each gets its share, and with several there are two walks for each; of one candidate there is one.</summary>
    [Theory]
    [InlineData(1, 100, 1, 16)]
    [InlineData(2, 100, 2, 10)]
    [InlineData(4, 100, 4, 5)]
    [InlineData(4, 3, 3, 7)]
    public void Walks_side_by_side_share_the_memory(int jobs, int networks, int lanes, int members)
    {
        using var small = new SmallProblem(jobs: jobs);
        var network = small.Problem.Network;
        long one = ProgramMemory.ActivationBytes(network, 60, Precision.Float32)!.Value + ProgramMemory.ParameterBytes(network.Parameters.Values);

        var walk = new CandidateWalk(small.Problem with { MemoryBytes = networks * one }, network, new(), small.Problem.Images!);

        Assert.Equal(lanes, walk.Lanes);
        Assert.Equal(new(members, networks * one / lanes, lanes), walk.SizeFor(jobs == 1 ? 16 : 40));
        Assert.Equal(1, walk.SizeFor(1).Lanes);
    }

    [Fact]
    public async Task Candidate_that_cannot_be_cut_does_no_harm_to_the_others()
    {
        using var small = new SmallProblem();
        var space = small.Problem.SpaceOf(small.Problem.Network);
        var genomes = Genomes(space, 3);
        genomes = genomes.Insert(1, genomes[0].Replace(0, BitString.FromIndices(space.Groups[0].Size, [])));
        var fitness = new PruningFitness(space, small.Problem);

        var scores = await fitness.EvaluateAsync(genomes, CancellationToken.None);

        Assert.Equal([false, true, false, false], scores.Select(score => score.Status == EvaluationStatus.Failed));
        Assert.Equal(4, fitness.Evaluated);
    }

    /// <summary>Every candidate is told of and counted once, and the images of each.</summary>
    [Fact]
    public async Task Walk_counts_what_it_walked()
    {
        using var small = new SmallProblem();
        var space = small.Problem.SpaceOf(small.Problem.Network);
        var told = new List<BitGenome>();
        var fitness = new PruningFitness(space, small.Problem) { Measured = (genome, _) => told.Add(genome) };
        var genomes = Genomes(space, 5);

        await fitness.EvaluateAsync(genomes, CancellationToken.None);

        Assert.Equal(5, fitness.Evaluated);
        Assert.Equal(genomes.ToHashSet(), told.ToHashSet());
        Assert.Equal(5 * fitness.ForwardImages, small.Problem.Images!.Scored.Passed + small.Problem.Images.Recalibration.Passed);
    }

    /// <summary>Memory for one network alone: walks of one. With more, walks of all.</summary>
    [Theory]
    [InlineData(1, 12)]
    [InlineData(64 << 20, 1)]
    public void Memory_decides_how_many_are_walked_at_a_time(long bytes, int walks)
    {
        using var small = new SmallProblem();
        var problem = small.Problem with { MemoryBytes = bytes };
        var space = problem.SpaceOf(problem.Network);

        var walk = new CandidateWalk(problem, problem.Network, new(), problem.Images!);

        Assert.Equal(walks, walk.Divide(Genomes(space, 12), genome => Pruner.Apply(space.Units, space.ToPlan(genome)), walk.SizeFor(12)).Count());
    }

    /// <summary>Memory for the parameters of four and for what lives of four, which is three times what lives of one; a fifth has no place, though it would add no activations.</summary>
    [Fact]
    public void Parameters_of_every_candidate_count()
    {
        using var small = new SmallProblem();
        var network = small.Problem.Network;
        long activations = ProgramMemory.ActivationBytes(network, 60, Precision.Float32)!.Value, parameters = ProgramMemory.ParameterBytes(network.Parameters.Values);

        var walk = new CandidateWalk(small.Problem with { MemoryBytes = (3 * activations) + (4 * parameters) }, network, new(), small.Problem.Images!);

        Assert.Equal([4, 4, 4], walk.Divide(Enumerable.Range(0, 12), _ => network, walk.SizeFor(12)).Select(part => part.Length));
    }

    /// <summary>conv 1 to 4 filters of 3 × 3 on 8 × 8 pixels, ReLU, conv to 2: the most that lives at a time is conv1's output and ReLU's, 2 · 4 · 64 elements; four bytes each, for 5 images.</summary>
    [Fact]
    public void Activations_are_what_lives_at_a_time()
    {
        var network = new NetworkBuilder("net", new(1, 8, 8), InitializationScheme.ResNet)
            .Convolution("conv1", filters: 4, kernel: 3, pad: 1).Relu("relu").Convolution("conv2", filters: 2, kernel: 3, pad: 1).Build();

        Assert.Equal(5 * 2 * 4 * 64 * 4, ProgramMemory.ActivationBytes(network, 5, Precision.Float32));
        Assert.Equal(5 * 2 * 4 * 64 * 2, ProgramMemory.ActivationBytes(network, 5, Precision.BFloat16));
    }

    /// <summary>Two layers write what one addition adds, a convolution in the shortcut and one in the block; their order in the graph must not matter.</summary>
    private static Coppice.Graph.Network Projected(bool isFirst)
    {
        var net = new NetworkBuilder("projected", new(1, 9, 9), InitializationScheme.ResNet).Convolution("stem", filters: 6, kernel: 3, pad: 1).BatchNorm("bn0").Relu("relu0");
        void Shortcut() => net.At("relu0").Convolution("shortcut", filters: 10, kernel: 1).BatchNorm("bn.shortcut");
        void Block() => net.At("relu0").Convolution("conv1", filters: 8, kernel: 3, pad: 1).BatchNorm("bn1").Relu("relu1").Convolution("conv2", filters: 10, kernel: 3, pad: 1).BatchNorm("bn2");
        if (isFirst)
        {
            Shortcut();
            Block();
            net.Add("add", "bn.shortcut");
        }
        else
        {
            Block();
            Shortcut();
            net.Add("add", "bn2");
        }

        return net.Relu("relu").Convolution("conv3", filters: 8, kernel: 3, pad: 1).BatchNorm("bn3").Relu("relu3").GlobalAveragePool("pool").Flatten("flatten").Linear("logits", ToyTask.Classes).Build();
    }

    private static async Task<ImmutableArray<Evaluation>> InWalksOfAsync(int count, PruningSpace space, PruningProblem problem, ImmutableArray<BitGenome> genomes)
    {
        var fitness = new PruningFitness(space, problem);
        var scores = ImmutableArray.CreateBuilder<Evaluation>();
        foreach (var some in genomes.Chunk(count))
        {
            scores.AddRange(await fitness.EvaluateAsync([.. some], CancellationToken.None));
        }

        return scores.ToImmutable();
    }

    /// <summary>Random genomes; every third differs from the one before it in the last group alone, as those of a coevolution do.</summary>
    private static ImmutableArray<BitGenome> Genomes(PruningSpace space, int count)
    {
        var rng = Rng.For(7, 1);
        var genomes = ImmutableArray.CreateBuilder<BitGenome>();
        while (genomes.Count < count)
        {
            var genome = genomes.Count % 3 == 2
                ? genomes[^1].Replace(space.Groups.Length - 1, Draw(space.Groups[^1].Size))
                : new([.. space.Groups.Select(group => Draw(group.Size))]);
            if (!genomes.Contains(genome))
            {
                genomes.Add(genome);
            }
        }

        return genomes.ToImmutable();

        BitString Draw(int size) => BitString.FromBits([true, .. Enumerable.Range(1, size - 1).Select(_ => rng.Next(3) > 0)]);
    }
}
