using System.Text.Json;
using Coppice.Data;
using Coppice.Graph.Execution;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Runs;
using Coppice.Tests.PruningMethods;
using Coppice.Tests.Training;
using Coppice.Training;

namespace Coppice.Tests.Runs;

/// <summary>Runs that their user stops: what is kept, and what is not there.</summary>
public sealed class StoppedRunTests : CompressionRunCase
{
    private static readonly CompressionOptions Untuned = Options with { Algorithm = "random", Baselines = ["l1"], Scope = GroupScope.All, Repair = true, Overwrite = true, Precision = Precision.Float32, FineTune = Options.FineTune with { Epochs = 0 } };

    /// <summary>Stopped after the first of three walks over one batch, a search hands out the best of its 14 candidates: byte for byte what a search for 14 finds.</summary>
    [Fact]
    public async Task Search_that_is_stopped_keeps_what_a_shorter_one_would_have_found()
    {
        var report = await RunAsync(ToyTask.Network(), With(Untuned, samples: 14));
        string[] shorter = [.. Files("l1"), .. Files("random")];
        File.Delete(Folder.File(StudyStore.FileName));

        var kept = await StopAsync(With(Untuned, samples: 40), new Stopper { OnSearch = ("random", progress => progress.Done == 14) });

        Assert.Equal([("l1", null, 0L), ("random", "interrupted", 14)], kept.Select(network => (network.Name, network.EarlyEnd, network.Evaluations)));
        Assert.Equal(14, report.Rows.Single(row => row.Name == "random").Evaluations);
        Assert.Equal(shorter, Files("l1").Concat(Files("random")));
        Assert.All(kept, network => Assert.InRange(network.MacsRatio, 0.3, 0.5));
        Assert.Equal(["candidates", "study.db", "study.json"], Directory.GetFileSystemEntries(Folder.Path).Select(Path.GetFileName).Order());
        Assert.Contains("\"earlyEnd\": \"interrupted\"", File.ReadAllText(Folder.File("study.json")), StringComparison.Ordinal);
    }

    /// <summary>What was tuned is kept tuned; the others are kept as they were found.</summary>
    [Fact]
    public async Task Fine_tuning_that_is_stopped_keeps_all_networks()
    {
        var kept = await StopAsync(Options, new Stopper { OnTraining = "random" });

        Assert.Equal([("l1", 1), ("random", 0), ("ccep", 0)], kept.Select(network => (network.Name, network.TunedEpochs)));
        Assert.All(kept, network => Assert.Equal(network.Cost, SmallProblem.CostOf(OnnxReader.Read(Folder.File(network.File)))));
        Assert.False(File.Exists(Folder.File("best.onnx")));
    }

    /// <summary>Stopped while the last of three is tuned alone; the two that were tuned side by side before it are kept tuned, in the order in which they were found.</summary>
    [Fact]
    public async Task Networks_that_were_tuned_side_by_side_are_kept_tuned()
    {
        var kept = await StopAsync(Options, new Stopper { OnTraining = "ccep" }, jobs: 2);

        Assert.Equal([("l1", 1), ("random", 1), ("ccep", 0)], kept.Select(network => (network.Name, network.TunedEpochs)));
    }

    /// <summary>
    /// Three networks of two epochs, two at a time: l1 and random, l1 and ccep, random and ccep. Stopped in the second round, in which l1 waits for ccep before its last report: random is half-way and
    /// waits, so nothing is ready; stopped in the third, l1 is.
    /// </summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 2)]
    public async Task Networks_that_wait_half_way_are_kept_as_they_were_found(int epochOfCcep, int tunedEpochsOfL1)
    {
        using var observer = new Turns { StopAt = epochOfCcep };
        using var source = new CancellationTokenSource();
        observer.Source = source;

        var stopped = await Assert.ThrowsAsync<RunStoppedException>(
            () => RunAsync(ToyTask.Network(), Options with { FineTune = Options.FineTune with { Epochs = 2 } }, observer: observer, jobs: 2, cancellation: source.Token));

        Assert.Equal([("l1", tunedEpochsOfL1), ("random", 0), ("ccep", 0)], stopped.Remains.Kept.Select(network => (network.Name, network.TunedEpochs)));
    }

    /// <summary>Of two networks that are tuned side by side one fails, while the other waits for it in its first iteration: that one stops too, before its epoch of 90 iterations ends, and the failure is told.</summary>
    [Fact]
    public async Task Failure_of_one_training_stops_those_beside_it()
    {
        using var observer = new Meeting();

        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(ToyTask.Network(), Options with { FineTune = Options.FineTune with { BatchSize = 1 } }, observer: observer, jobs: 2));

        Assert.Equal("the second", fault.Message);
        Assert.InRange(observer.IterationsOfFirst, 1, 60);
    }

    /// <summary>What failed is told; what was found, and tuned, before it is not lost.</summary>
    [Fact]
    public async Task Failure_keeps_what_was_found()
    {
        var observer = new Stopper { OnTraining = "random", Fault = new InvalidDataException("a fault") };

        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(ToyTask.Network(), Options, observer: observer));

        Assert.Equal("a fault", fault.Message);
        var study = JsonDocument.Parse(File.ReadAllText(Folder.File("study.json"))).RootElement;
        Assert.Equal("a fault", study.GetProperty("fault").GetString());
        Assert.Equal([("l1", 1), ("random", 0), ("ccep", 0)], study.GetProperty("interrupted").EnumerateArray().Select(network => (network.GetProperty("name").GetString()!, network.GetProperty("tunedEpochs").GetInt32())));
        string[] files = [.. study.GetProperty("interrupted").EnumerateArray().Select(network => Folder.File(network.GetProperty("file").GetString()!))];
        Assert.All(files, file => Assert.InRange(SmallProblem.CostOf(OnnxReader.Read(file)).Macs, 1, SmallProblem.CostOf(ToyTask.Network()).Macs / 2));
        Assert.Equal(files, observer.Remains!.Kept.Select(network => Folder.File(network.File)));
    }

    /// <summary>What fails in the second search leaves the answer of the first.</summary>
    [Fact]
    public async Task Failure_of_a_search_keeps_the_answers_of_those_before_it()
    {
        var observer = new Stopper { OnSearch = ("ccep", _ => true), Fault = new InvalidDataException("a fault") };

        await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(ToyTask.Network(), Options, observer: observer));

        Assert.Equal(["l1", "random"], observer.Remains!.Kept.Select(network => network.Name));
    }

    /// <summary>One network cannot be written: the others are. The first failure is told and not the second.</summary>
    [Fact]
    public async Task Failure_keeps_what_can_be_written()
    {
        var observer = new Stopper
        {
            OnTraining = "ccep",
            Fault = new InvalidDataException("a fault"),
            Before = BlockRandom,
        };

        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(ToyTask.Network(), Options, observer: observer));

        Assert.Equal("a fault", fault.Message);
        Assert.Equal(["l1", "ccep"], observer.Remains!.Kept.Select(network => network.Name));
        string? notKept = JsonDocument.Parse(File.ReadAllText(Folder.File("study.json"))).RootElement.GetProperty("notKept").EnumerateArray().Single().GetString();
        Assert.StartsWith("random: Cannot make the folder ", notKept, StringComparison.Ordinal);
        Assert.Equal([notKept], observer.Remains!.NotKept.AsEnumerable());
    }

    /// <summary>As for a failure: who stops a run is told which network is not there.</summary>
    [Fact]
    public async Task Stop_keeps_what_can_be_written()
    {
        var remains = await StopRunAsync(Options, new Stopper { OnTraining = "ccep", Before = BlockRandom });

        Assert.Equal(["l1", "ccep"], remains.Kept.Select(network => network.Name));
        Assert.StartsWith("random: Cannot make the folder ", Assert.Single(remains.NotKept), StringComparison.Ordinal);
    }

    /// <summary>The networks can be written, what tells of them cannot.</summary>
    [Fact]
    public async Task Failure_keeps_networks_also_where_the_settings_cannot_be_written()
    {
        var observer = new Stopper { OnTraining = "random", Fault = new InvalidDataException("a fault"), Before = ReplaceSettingsByAFolder };

        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(ToyTask.Network(), Options, observer: observer));

        Assert.Equal("a fault", fault.Message);
        Assert.Equal(["l1", "random", "ccep"], observer.Remains!.Kept.Select(network => network.Name));

        void ReplaceSettingsByAFolder()
        {
            File.Delete(Folder.File("study.json"));
            Directory.CreateDirectory(Folder.File("study.json"));
        }
    }

    /// <summary>A round that is done is a network, though above the target; half a round is none.</summary>
    [Theory]
    [InlineData("ccep", "round 2/2, generation 1/1", "interrupted after 1 of 2 rounds")]
    [InlineData("l1", "pass 1/2, fine-tuning", "interrupted after 1 of 2 passes")]
    public async Task Rounds_that_are_done_are_kept(string algorithm, string phase, string end)
    {
        var kept = await StopAsync(InTwoRounds(algorithm), new Stopper { OnSearch = (algorithm, progress => progress.Phase == phase) });

        var network = Assert.Single(kept);
        Assert.Equal((algorithm, end), (network.Name, network.EarlyEnd));
        Assert.InRange(network.MacsRatio, 0.5, Math.Sqrt(0.5));
        var plan = PruningPlan.Parse(File.ReadAllText(Folder.File($"candidates/{algorithm}/plan.json")));
        Assert.Equal(SmallProblem.Structure(Pruner.Apply(ToyTask.Network(), plan)), SmallProblem.Structure(OnnxReader.Read(Folder.File(network.File))));
    }

    /// <summary>A failure in the second round leaves the first, and is told as it is, not as what carried the round here.</summary>
    [Theory]
    [InlineData("ccep", "round 2/2, generation 1/1", "failed after 1 of 2 rounds")]
    [InlineData("l1", "pass 1/2, fine-tuning", "failed after 1 of 2 passes")]
    public async Task Rounds_before_a_failure_are_kept(string algorithm, string phase, string end)
    {
        var observer = new Stopper { OnSearch = (algorithm, progress => progress.Phase == phase), Fault = new InvalidDataException("a fault") };

        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(ToyTask.Network(), InTwoRounds(algorithm), observer: observer));

        Assert.Same(observer.Fault, fault);
        var network = Assert.Single(observer.Remains!.Kept);
        Assert.Equal((algorithm, end), (network.Name, network.EarlyEnd));
        Assert.Equal(network.Cost, SmallProblem.CostOf(OnnxReader.Read(Folder.File(network.File))));
    }

    /// <summary>Test images that change places between their two countings, as no network does: what was written stays for whoever looks into it, and says why it is no answer.</summary>
    [Fact]
    public async Task Verification_that_fails_is_noted()
    {
        var test = ToyTask.Images(30, seed: 2);
        byte[] pixels = test.Pixels.ToArray();
        var moving = DataSplits.Create(ToyTask.Images(150), new ImageDataset("toy", pixels, test.Labels.ToArray(), test.Shape, test.ClassNames), searchCount: 60, seed: 1);
        var observer = new Stopper { OnPhase = "verification", Before = () => MoveOn(pixels, test.Shape.PixelCount) };
        var options = Options with { Baselines = [], Distill = false, Precision = Precision.Float32, FineTune = Options.FineTune with { LearningRate = 0.05, Epochs = 8 } };

        var fault = await Assert.ThrowsAsync<VerificationFailedException>(() => RunAsync(ToyTask.Network(), options, observer: observer, splits: moving));

        Assert.Contains("test accuracy of the file in ONNX Runtime", fault.Message, StringComparison.Ordinal);
        var study = JsonDocument.Parse(File.ReadAllText(Folder.File("study.json"))).RootElement;
        Assert.Equal(fault.Message, study.GetProperty("fault").GetString());
        Assert.Equal(0, study.GetProperty("interrupted").GetArrayLength());
        Assert.Null(observer.Remains);
        Assert.Equal(["candidates", "study.db", "study.json"], Directory.GetFileSystemEntries(Folder.Path).Select(Path.GetFileName).Order());

        static void MoveOn(byte[] pixels, int image)
        {
            byte[] last = pixels[^image..];
            pixels.AsSpan(..^image).CopyTo(pixels.AsSpan(image));
            last.CopyTo(pixels, 0);
        }
    }

    [Fact]
    public async Task Run_that_has_found_nothing_yet_leaves_its_settings_alone()
    {
        Assert.Empty(await StopAsync(Options, new Stopper { OnPhase = "loading images" }));
        Assert.Equal(["study.db", "study.json"], Directory.GetFileSystemEntries(Folder.Path).Select(Path.GetFileName).Order());
    }

    /// <summary>The best candidate by fitness alone would be the whole network.</summary>
    [Fact]
    public async Task Search_without_a_target_keeps_nothing() =>
        Assert.Empty(await StopAsync(Options with { Algorithm = "ga", MaxMacs = null }, new Stopper { OnSearch = ("ga", progress => progress.Done == 3) }));

    private void BlockRandom() => File.WriteAllText(Path.Combine(Directory.CreateDirectory(Folder.File("candidates")).FullName, "random"), "in the way");

    private static CompressionOptions InTwoRounds(string algorithm) => Options with
    {
        Algorithm = algorithm,
        Baselines = [],
        Methods = Options.Methods with { Iterative = new() { Passes = 2 }, Ccep = new() { Rounds = 2, PopulationSize = 2, Generations = 1, RoundEpochs = 0 } },
    };

    private static CompressionOptions With(CompressionOptions options, int samples) => options with { Methods = options.Methods with { RandomSamples = samples } };

    private IEnumerable<string> Files(string name) => [File.ReadAllText(Folder.File($"candidates/{name}/plan.json")), Convert.ToHexString(File.ReadAllBytes(Folder.File($"candidates/{name}/model.onnx")))];

    private async Task<IReadOnlyList<KeptNetwork>> StopAsync(CompressionOptions options, Stopper stopper, int jobs = 1) => (await StopRunAsync(options, stopper, jobs)).Kept;

    private async Task<RunRemains> StopRunAsync(CompressionOptions options, Stopper stopper, int jobs = 1)
    {
        using var source = new CancellationTokenSource();
        stopper.Source = source;
        return (await Assert.ThrowsAsync<RunStoppedException>(() => RunAsync(ToyTask.Network(), options, observer: stopper, jobs: jobs, cancellation: source.Token))).Remains;
    }

    /// <summary>Lets the first of two trainings wait for the second, which fails.</summary>
    private sealed class Meeting : IRunObserver, IDisposable
    {
        private readonly ManualResetEventSlim _failed = new();

        public int IterationsOfFirst { get; private set; }

        public void Dispose() => _failed.Dispose();

        public void Phase(string text)
        {
        }

        public IProgress<PruningProgress> Search(string title) => new ActionProgress<PruningProgress>(_ => { });

        public IProgress<TrainingProgress> Training(string title) => new ActionProgress<TrainingProgress>(progress =>
        {
            if (title == "random")
            {
                _failed.Set();
                throw new InvalidDataException("the second");
            }

            Assert.True(_failed.Wait(TimeSpan.FromSeconds(30)));
            IterationsOfFirst = progress.Iteration;
            Thread.Sleep(20); // so that who failed has said so long before this epoch could end
        });
    }

    /// <summary>Stops in an epoch of ccep, while who is trained beside it waits in its second one until that has happened.</summary>
    private sealed class Turns : IRunObserver, IDisposable
    {
        private readonly ManualResetEventSlim _stopped = new();

        public CancellationTokenSource Source { get; set; } = null!;

        public int StopAt { get; init; }

        public void Dispose() => _stopped.Dispose();

        public void Phase(string text)
        {
        }

        public IProgress<PruningProgress> Search(string title) => new ActionProgress<PruningProgress>(_ => { });

        public IProgress<TrainingProgress> Training(string title) => new ActionProgress<TrainingProgress>(progress =>
        {
            if (title == "ccep" && progress.Epoch == StopAt)
            {
                Source.Cancel();
                _stopped.Set();
            }
            else if (title == (StopAt == 0 ? "l1" : "random") && progress.Epoch == 1)
            {
                Assert.True(_stopped.Wait(TimeSpan.FromSeconds(30)));
            }
        });
    }

    /// <summary>Plays a user who presses Ctrl+C at a certain point, or a failure there.</summary>
    private sealed class Stopper : IRunObserver
    {
        public CancellationTokenSource? Source { get; set; }

        public (string Method, Func<PruningProgress, bool> When)? OnSearch { get; init; }

        public string? OnTraining { get; init; }

        public string? OnPhase { get; init; }

        /// <summary>Thrown in the place of a stop.</summary>
        public Exception? Fault { get; init; }

        /// <summary>Done before that.</summary>
        public Action Before { get; init; } = () => { };

        public RunRemains? Remains { get; private set; }

        public void Phase(string text) => CancelIf(text == OnPhase);

        public void Kept(RunRemains remains) => Remains = remains;

        public IProgress<TrainingProgress> Training(string title) => new ActionProgress<TrainingProgress>(_ => CancelIf(title == OnTraining));

        public IProgress<PruningProgress> Search(string title) => new ActionProgress<PruningProgress>(progress => CancelIf(title == OnSearch?.Method && OnSearch.Value.When(progress)));

        private void CancelIf(bool now)
        {
            if (!now)
            {
                return;
            }

            Before();
            if (Fault is not null)
            {
                throw Fault;
            }

            Source?.Cancel();
        }
    }
}
