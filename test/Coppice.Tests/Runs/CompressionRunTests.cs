using System.Collections.Immutable;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Models;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Pruning.Encodings;
using Coppice.Pruning.Methods;
using Coppice.Runs;
using Coppice.Tensors;
using Coppice.Tests.Data;
using Coppice.Tests.PruningMethods;
using Coppice.Tests.Tensors;
using Coppice.Tests.Training;
using Coppice.Training;
using Coppice.Training.Distillations;

namespace Coppice.Tests.Runs;

/// <summary>Whole runs in process, on networks as users' exporters write them.</summary>
public sealed class CompressionRunTests() : LeakCheck(scoped: false), IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    private static CompressionOptions Options => new()
    {
        MaxMacs = "50%",
        Methods = new() { RandomSamples = 2, Ccep = new() { Rounds = 1, PopulationSize = 2, Generations = 1 } },
        Fitness = new() { SearchSamples = 60, RecalibrationBatches = 2, RecalibrationBatchSize = 32 },
        FineTune = new() { Epochs = 1, BatchSize = 30, LearningRate = 0.01 },
        LatencyRepetitions = 3,
    };

    [Fact]
    public async Task Every_network_of_a_run_is_exported_verified_and_reported()
    {
        var report = await RunAsync(ToyTask.Network(), Options);

        Assert.Equal(["original", "l1", "random", "ccep"], report.Rows.Select(row => row.Name));
        Assert.All(report.Rows[1..], row => Assert.InRange((double)row.Cost.Macs / report.Original.Cost.Macs, 0.3, 0.5));
        Assert.All(report.Rows[1..], row => Assert.Equal(1, row.TunedEpochs));
        Assert.All(report.Checks, check => Assert.Equal(VerificationStatus.Passed, check.Status));
        Assert.All(report.Rows, row => Assert.True(File.Exists(_folder.File(row.File)), row.File));
        Assert.Single(report.Data.TestOpenings);
        Assert.Equal(File.ReadAllBytes(_folder.File("candidates/ccep/model.onnx")), File.ReadAllBytes(_folder.File("best.onnx")));
    }

    /// <summary>30 test images in batches of 8: the last one is filled up, and what fills it must not be counted.</summary>
    [Fact]
    public async Task A_fixed_batch_of_the_file_holds_to_the_end()
    {
        var report = await RunAsync(WithInput(ToyTask.Network(), 8, 1, 9, 9), Options);

        Assert.Equal(8, report.LatencyBatch);
        Assert.Equal(VerificationStatus.Passed, report.Checks.Single(check => check.Name == "test-accuracy-onnxruntime").Status);
        Assert.Equal(8, OnnxReader.Read(_folder.File("best.onnx")).Inputs[0].Dimensions[0].Extent);
    }

    [Fact]
    public async Task Height_and_width_that_the_file_leaves_open_come_from_the_images()
    {
        var closed = ToyTask.Network();

        var report = await RunAsync(WithInput(closed, new(null, "n"), 1, new(null, "height"), new(null, "width")), Options);

        Assert.Equal(SmallProblem.CostOf(closed), report.Original.Cost);
        Assert.Equal("height", OnnxReader.Read(_folder.File("best.onnx")).Inputs[0].Dimensions[2].Symbol);
    }

    /// <summary>Cross-entropy of probabilities taken for logits would never fall under ln 3 − 2/3 here, however good the network.</summary>
    [Fact]
    public async Task A_network_that_ends_in_softmax_is_scored_on_its_logits_and_keeps_the_softmax()
    {
        var logits = await RunAsync(ToyTask.Network(), Options with { Overwrite = true });
        var probabilities = await RunAsync(WithSoftmax(ToyTask.Network()), Options with { Overwrite = true });

        Assert.Equal(logits.Rows.Select(row => row.TestScore), probabilities.Rows.Select(row => row.TestScore));
        var best = OnnxReader.Read(_folder.File("best.onnx"));
        Assert.Equal(("Softmax", "probabilities"), (best.Nodes[^1].OperatorType, best.Outputs.Single().Name));
    }

    /// <summary>All groups lose channels, the residual stream too: flows can be compared only with the channels that each candidate's plan kept.</summary>
    [Fact]
    public async Task Original_teaches_its_pruned_forms_by_flows_between_the_channels_that_they_kept()
    {
        var distillation = DistillationTable.Sum([new FspDistillation(), new AttentionTransfer()]);
        var taught = Options with { Overwrite = true, Scope = GroupScope.All, FineTune = Options.FineTune with { Distillation = distillation, Precision = Coppice.Graph.Execution.Precision.Float32 } };

        var report = await RunAsync(ToyTask.Network(), taught);
        string study = File.ReadAllText(_folder.File("study.json"));
        var alone = await RunAsync(ToyTask.Network(), taught with { Distill = false });

        Assert.All(report.Rows[1..], row => Assert.Equal(1, row.TunedEpochs));
        Assert.All(report.Rows[1..].Zip(alone.Rows[1..]), pair => Assert.Equal(pair.First.Cost, pair.Second.Cost));
        Assert.All(report.Rows[1..].Zip(alone.Rows[1..]), pair => Assert.NotEqual(pair.First.TestScore.Loss, pair.Second.TestScore.Loss));
        Assert.Contains("\"kind\": \"fsp\"", study, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Feature_maps_that_the_network_does_not_have_are_refused_before_the_search()
    {
        var options = Options with { FineTune = Options.FineTune with { Distillation = new AttentionTransfer(), Taps = TapSelection.Parse("relu9") } };

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => RunAsync(ToyTask.Network(), options));

        Assert.Equal("Cannot compare feature maps: 'toy' computes no map [N, C, H, W] of the name 'relu9'. Did you mean relu1 or relu3?", fault.Message);
        Assert.False(File.Exists(_folder.File("study.json")));
    }

    [Fact]
    public async Task A_folder_with_the_result_of_another_run_is_refused()
    {
        await RunAsync(ToyTask.Network(), Options);
        byte[] before = File.ReadAllBytes(_folder.File("best.onnx"));

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => RunAsync(ToyTask.Network(seed: 2), Options));

        Assert.Equal($"Cannot use '{_folder.Path}' as a run folder: it holds 'best.onnx', as of another run; choose another folder with -o, or allow to replace what a run writes with --overwrite.", fault.Message);
        Assert.Equal(before, File.ReadAllBytes(_folder.File("best.onnx")));
    }

    [Theory]
    [InlineData("report.html")]
    [InlineData("candidates/mine/model.onnx")]
    public async Task A_folder_with_files_of_such_names_is_refused_and_left_alone(string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(name))!);
        File.WriteAllText(_folder.File(name), "mine");

        await Assert.ThrowsAsync<CoppiceException>(() => RunAsync(ToyTask.Network(), Options));

        Assert.Equal("mine", File.ReadAllText(_folder.File(name)));
    }

    /// <summary>Checked before the earlier result is touched: a typing error must not cost it.</summary>
    [Theory]
    [InlineData(99, "l1", "Cannot score candidates on 99 search images")]
    [InlineData(60, "zeroed", "Cannot compare 'zeroed' at a MAC target")]
    public async Task Settings_that_cannot_work_leave_the_earlier_result_alone(int searchSamples, string baseline, string message)
    {
        await RunAsync(ToyTask.Network(), Options);
        byte[] before = File.ReadAllBytes(_folder.File("best.onnx"));

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => RunAsync(
            ToyTask.Network(), Options with { Overwrite = true, Baselines = [baseline], Fitness = Options.Fitness with { SearchSamples = searchSamples } }));

        Assert.StartsWith(message, fault.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_folder.File("best.onnx")));
    }

    /// <summary>Each method says it for itself: the baseline stands still as soon as the algorithm does, and CCEP, were it there, would say nothing.</summary>
    [Fact]
    public async Task A_search_that_a_limit_ended_says_so_in_row_and_notes()
    {
        var methods = new PruningMethodOptions { Ga = new() { PopulationSize = 2 }, Legr = new() { PopulationSize = 2, BatchSize = 2 } }.WithGenome("ga", GenomeKind.Counts);

        var report = await RunAsync(ToyTask.Network(), Options with { Algorithm = "ga", Baselines = ["l1", "legr"], Methods = methods, Limits = new() { MaxEvaluations = 2 } });

        Assert.Equal([null, null, "reached 2 evaluations", "reached 2 evaluations"], report.Rows.Select(row => row.EarlyEnd));
        Assert.Contains("The search that found 'legr' ended before its last generation: reached 2 evaluations.", report.Findings);
        Assert.Contains("The search that found 'ga' ended before its last generation: reached 2 evaluations.", report.Findings);
        Assert.Contains("\"genome\": \"counts\"", File.ReadAllText(_folder.File("study.json")), StringComparison.Ordinal);
        Assert.Contains("\"maxEvaluations\": 2", File.ReadAllText(_folder.File("study.json")), StringComparison.Ordinal);
    }

    /// <summary>A clock on which every reading is a minute later.</summary>
    [Fact]
    public async Task A_search_that_the_clock_ended_says_that_its_seed_does_not_repeat_it()
    {
        var options = Options with { Algorithm = "ga", MaxMacs = null, Limits = new() { MaxMinutes = 1 } };

        var report = await RunAsync(ToyTask.Network(), options, new MinuteClock());

        Assert.Contains("The search that found 'ga' ended before its last generation: reached 00:01:00 of search time. With a limit of time the same seed may give another result.", report.Findings);
    }

    [Fact]
    public async Task Selections_are_tuned_with_a_teacher_and_exported()
    {
        var report = await RunAsync(PreActivation(), Options with { Scope = GroupScope.Selections, MaxMacs = "80%", Baselines = [] });

        Assert.All(report.Checks, check => Assert.Equal(VerificationStatus.Passed, check.Status));
        Assert.Equal("ccep", report.Best);
    }

    [Fact]
    public async Task Overwriting_leaves_nothing_of_the_run_before_and_everything_of_the_users()
    {
        await RunAsync(ToyTask.Network(), Options);
        File.WriteAllText(_folder.File("notes.txt"), "mine");

        await RunAsync(ToyTask.Network(), Options with { Overwrite = true, Baselines = ["l1"] });

        Assert.Equal("mine", File.ReadAllText(_folder.File("notes.txt")));
        Assert.Equal(["ccep", "l1", "original"], Directory.GetDirectories(_folder.File("candidates")).Select(Path.GetFileName).Order());
    }

    /// <summary>A network of unknown origin may have seen the search images; its descendants must not claim otherwise.</summary>
    [Fact]
    public async Task Files_claim_a_split_only_where_the_original_did()
    {
        var splits = ToyTask.Splits();
        var stated = new ModelMetadata { SplitSeed = splits.Seed, SearchImages = splits.Search.Count };

        var unknown = await RunAsync(ToyTask.Network(), Options with { Overwrite = true });
        var ofUnknown = ModelMetadata.Read(OnnxReader.Read(_folder.File("best.onnx")));
        var known = await RunAsync(stated.WriteTo(ToyTask.Network()), Options with { Overwrite = true });
        var ofKnown = ModelMetadata.Read(OnnxReader.Read(_folder.File("best.onnx")));

        Assert.Equal((null, null), (unknown.Data.Exposure.HasSeen, ofUnknown.SplitSeed));
        Assert.Equal((false, (ulong?)splits.Seed), (known.Data.Exposure.HasSeen, ofKnown.SplitSeed));
        Assert.Contains(unknown.Findings, finding => finding.StartsWith("The network's file does not say which images it was trained on", StringComparison.Ordinal));
        Assert.DoesNotContain(known.Findings, finding => finding.Contains("trained on", StringComparison.Ordinal));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }

    private async Task<RunReport> RunAsync(Network network, CompressionOptions options, TimeProvider? clock = null)
    {
        using var thread = new ModelThread(threads: 1);
        var input = new CompressionInput(network, DataSource.Parse("mnist:nowhere"), ToyTask.Splits(), ToyTask.Normalization);
        return await new CompressionRun(input, options, new(_folder.Path), thread, Device.Cpu, new Silence(), clock ?? TimeProvider.System).ExecuteAsync(CancellationToken.None);
    }

    /// <summary>A residual block in pre-activation order: its first batch normalisation reads the shared stream.</summary>
    private static Network PreActivation() => new NetworkBuilder("preact", new(1, 9, 9), InitializationScheme.ResNet)
        .Convolution("stem", filters: 8, kernel: 3, pad: 1)
        .BatchNorm("bn1").Relu("relu1").Convolution("conv1", filters: 8, kernel: 3, pad: 1)
        .BatchNorm("bn2").Relu("relu2").Convolution("conv2", filters: 8, kernel: 3, pad: 1).Add("add", "stem")
        .BatchNorm("bn3").Relu("relu3").MaxPool("pool", kernel: 3, stride: 3).Flatten("flatten").Linear("logits", ToyTask.Classes).Build();

    private static Network WithInput(Network network, params ImmutableArray<Dimension> dimensions) =>
        new(network.Name, [network.Inputs[0] with { Dimensions = dimensions }], network.Outputs, network.Nodes, network.Parameters) { OperatorSet = network.OperatorSet };

    private static Network WithSoftmax(Network network) => network.WithOutputs(
        [network.Outputs[0] with { Name = "probabilities" }],
        network.Nodes.Add(new("softmax", "Softmax", [network.Outputs[0].Name], ["probabilities"], new NodeAttributes([]))));

    private sealed class MinuteClock : TimeProvider
    {
        private long _readings;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => 60 * _readings++;
    }

    private sealed class Silence : IRunObserver
    {
        public void Phase(string text)
        {
        }

        public IProgress<TrainingProgress> Training(string title) => new Progress<TrainingProgress>();

        public IProgress<PruningProgress> Search(string title) => new Progress<PruningProgress>();
    }
}
