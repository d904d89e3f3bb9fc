using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Models;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Reporting;
using Coppice.Runs;
using Coppice.Tests.PruningMethods;
using Coppice.Tests.Training;
using Coppice.Training.Distillations;

namespace Coppice.Tests.Runs;

/// <summary>Whole runs in process, on networks as users' exporters write them.</summary>
public sealed class CompressionRunTests : CompressionRunCase
{
    [Fact]
    public async Task Every_network_of_a_run_is_exported_verified_and_reported()
    {
        var report = await RunAsync(ToyTask.Network(), Options);

        Assert.Equal(["original", "l1", "random", "ccep"], report.Rows.Select(row => row.Name));
        Assert.All(report.Rows[1..], row => Assert.InRange((double)row.Cost.Macs / report.Original.Cost.Macs, 0.3, 0.5));
        Assert.All(report.Rows[1..], row => Assert.Equal(1, row.TunedEpochs));
        Assert.All(report.Checks, check => Assert.Equal(VerificationStatus.Passed, check.Status));
        Assert.All(report.Rows, row => Assert.True(File.Exists(Folder.File(row.File)), row.File));
        Assert.Single(report.Data.TestOpenings);
        Assert.Equal(File.ReadAllBytes(Folder.File("candidates/ccep/model.onnx")), File.ReadAllBytes(Folder.File("best.onnx")));
    }

    /// <summary>
    /// Networks that are scored and tuned side by side, with a thread each, are to the last bit those of one after the other: all three at once, and two at a time in turns, where the second waits
    /// half-way and goes on on another thread.
    /// </summary>
    [Theory]
    [InlineData(3, 1)]
    [InlineData(2, 2)]
    public async Task Run_with_several_jobs_writes_what_a_run_with_one_does(int jobs, int epochs)
    {
        string[] files = ["candidates/l1/model.onnx", "candidates/random/model.onnx", "candidates/ccep/model.onnx", "plan.json"];
        var options = Options with { Overwrite = true, FineTune = Options.FineTune with { Epochs = epochs }, Methods = Options.Methods with { RandomSamples = 24 } };
        var one = await RunAsync(ToyTask.Network(), options);
        byte[][] expected = [.. files.Select(file => File.ReadAllBytes(Folder.File(file)))];
        File.Delete(Folder.File(StudyStore.FileName));

        var several = await RunAsync(ToyTask.Network(), options, jobs: jobs);

        Assert.Equal(expected, files.Select(file => File.ReadAllBytes(Folder.File(file))));
        Assert.Equal(one.Rows.Select(row => (row.Name, row.Evaluations, row.ForwardImages, row.TestScore)), several.Rows.Select(row => (row.Name, row.Evaluations, row.ForwardImages, row.TestScore)));
    }

    /// <summary>Candidates on 60 images: in one pass the first 32 give the statistics too; where 64 are asked for, or two passes, training images come on top.</summary>
    [Theory]
    [InlineData(AdaptiveBatchNorm.Auto, 1, 32, 60)]
    [InlineData(AdaptiveBatchNorm.TwoPass, 1, 0, 60 + 32)]
    [InlineData(AdaptiveBatchNorm.Auto, 2, 0, 60 + 64)]
    [InlineData(AdaptiveBatchNorm.OnePass, 2, 60, 60)]
    public async Task Study_says_which_images_gave_the_statistics(AdaptiveBatchNorm form, int batches, int onePassImages, int imagesOfACandidate)
    {
        var options = Options with { Algorithm = "random", Baselines = [], FineTune = Options.FineTune with { Epochs = 0 }, Fitness = Options.Fitness with { AdaptiveBatchNorm = form, RecalibrationBatches = batches } };

        var report = await RunAsync(ToyTask.Network(), options);

        Assert.Equal(onePassImages, report.Data.OnePassImages);
        Assert.Contains($"\"onePassImages\": {onePassImages}", File.ReadAllText(Folder.File("study.json")), StringComparison.Ordinal);
        Assert.Equal(onePassImages > 0, new HtmlReport().Render(report).Contains($"came from {onePassImages} of the search images", StringComparison.Ordinal));
        var found = report.Rows.Single(row => row.Name == "random");
        Assert.Equal(found.Evaluations * imagesOfACandidate, found.ForwardImages);
    }

    /// <summary>Refused before anything of an earlier run is touched.</summary>
    [Fact]
    public async Task Too_little_memory_for_the_program_leaves_the_earlier_result_alone()
    {
        await File.WriteAllTextAsync(Folder.File("study.json"), "{}");

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => RunAsync(ToyTask.Network(), Options with { Overwrite = true, MemoryBytes = 100 << 20 }));

        Assert.StartsWith("Cannot search within 100 MiB: ", fault.Message, StringComparison.Ordinal);
        Assert.Equal("{}", await File.ReadAllTextAsync(Folder.File("study.json")));
    }

    /// <summary>30 test images in batches of 8: the last one is filled up, and what fills it must not be counted.</summary>
    [Fact]
    public async Task A_fixed_batch_of_the_file_holds_to_the_end()
    {
        var report = await RunAsync(WithInput(ToyTask.Network(), 8, 1, 9, 9), Options);

        Assert.Equal(8, report.LatencyBatch);
        Assert.Equal(VerificationStatus.Passed, report.Checks.Single(check => check.Name == "test-accuracy-onnxruntime").Status);
        Assert.Equal(8, OnnxReader.Read(Folder.File("best.onnx")).Inputs[0].Dimensions[0].Extent);
    }

    [Fact]
    public async Task Height_and_width_that_the_file_leaves_open_come_from_the_images()
    {
        var closed = ToyTask.Network();

        var report = await RunAsync(WithInput(closed, new(null, "n"), 1, new(null, "height"), new(null, "width")), Options);

        Assert.Equal(SmallProblem.CostOf(closed), report.Original.Cost);
        Assert.Equal("height", OnnxReader.Read(Folder.File("best.onnx")).Inputs[0].Dimensions[2].Symbol);
    }

    /// <summary>Cross-entropy of probabilities taken for logits would never fall under ln 3 − 2/3 here, however good the network.</summary>
    [Fact]
    public async Task A_network_that_ends_in_softmax_is_scored_on_its_logits_and_keeps_the_softmax()
    {
        var logits = await RunAsync(ToyTask.Network(), Options with { Overwrite = true });
        var probabilities = await RunAsync(WithSoftmax(ToyTask.Network()), Options with { Overwrite = true });

        Assert.Equal(logits.Rows.Select(row => row.TestScore), probabilities.Rows.Select(row => row.TestScore));
        var best = OnnxReader.Read(Folder.File("best.onnx"));
        Assert.Equal(("Softmax", "probabilities"), (best.Nodes[^1].OperatorType, best.Outputs.Single().Name));
    }

    /// <summary>All groups lose channels, the residual stream too: flows can be compared only with the channels that each candidate's plan kept.</summary>
    [Fact]
    public async Task Original_teaches_its_pruned_forms_by_flows_between_the_channels_that_they_kept()
    {
        var distillation = DistillationTable.Sum([new FspDistillation(), new AttentionTransfer()]);
        var taught = Options with { Overwrite = true, Scope = GroupScope.All, FineTune = Options.FineTune with { Distillation = distillation, Precision = Coppice.Graph.Execution.Precision.Float32 } };

        var report = await RunAsync(ToyTask.Network(), taught);
        string study = File.ReadAllText(Folder.File("study.json"));
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
        Assert.False(File.Exists(Folder.File("study.json")));
    }

    [Fact]
    public async Task AFolder_with_the_result_of_another_run_is_refused()
    {
        await RunAsync(ToyTask.Network(), Options);
        byte[] before = File.ReadAllBytes(Folder.File("best.onnx"));

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => RunAsync(ToyTask.Network(seed: 2), Options));

        Assert.Equal($"Cannot use '{Folder.Path}' as a run folder: it holds 'best.onnx', as of another run; choose another folder with -o, or allow to replace what a run writes with --overwrite.", fault.Message);
        Assert.Equal(before, File.ReadAllBytes(Folder.File("best.onnx")));
    }

    [Theory]
    [InlineData("report.html")]
    [InlineData("candidates/mine/model.onnx")]
    public async Task AFolder_with_files_of_such_names_is_refused_and_left_alone(string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Folder.File(name))!);
        File.WriteAllText(Folder.File(name), "mine");

        await Assert.ThrowsAsync<CoppiceException>(() => RunAsync(ToyTask.Network(), Options));

        Assert.Equal("mine", File.ReadAllText(Folder.File(name)));
    }

    /// <summary>Checked before the earlier result is touched: a typing error must not cost it.</summary>
    [Theory]
    [InlineData(99, "l1", 1, "Cannot score candidates on 99 search images")]
    [InlineData(60, "zeroed", 1, "Cannot compare 'zeroed' at a MAC target")]
    [InlineData(60, "l1-greedy", 1, "Cannot draw one threshold over all groups by 'l1-greedy'")]
    [InlineData(60, "l1-greedy", 2, "Cannot draw one threshold over all groups by 'l1-greedy'")]
    public async Task Settings_that_cannot_work_leave_the_earlier_result_alone(int searchSamples, string baseline, int passes, string message)
    {
        await RunAsync(ToyTask.Network(), Options);
        byte[] before = File.ReadAllBytes(Folder.File("best.onnx"));

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => RunAsync(
            ToyTask.Network(), Options with { Overwrite = true, Baselines = [baseline], Methods = Options.Methods with { Allocation = Allocation.Global, Iterative = new() { Passes = passes } }, Fitness = Options.Fitness with { SearchSamples = searchSamples } }));

        Assert.StartsWith(message, fault.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(Folder.File("best.onnx")));
    }

    /// <summary>Two passes of three are followed by 2 epochs each, which the others are given at the end: 1 + 2 · 2 for all.</summary>
    [Fact]
    public async Task All_networks_get_as_many_epochs_as_the_one_that_was_tuned_between_its_passes()
    {
        var options = Options with { Algorithm = "l1", Baselines = ["random", "bn-scale"], Methods = Options.Methods with { Iterative = new() { Passes = 3, RoundEpochs = 2 } } };

        var report = await RunAsync(ToyTask.Network(normalised: true), options);

        Assert.Equal([("original", 0), ("random", 5), ("bn-scale", 5), ("l1", 5)], report.Rows.Select(row => (row.Name, row.TunedEpochs)));
        Assert.All(report.Rows[1..], row => Assert.InRange((double)row.Cost.Macs / report.Original.Cost.Macs, 0.3, 0.5));
        Assert.All(report.Checks, check => Assert.Equal(VerificationStatus.Passed, check.Status));
    }

    /// <summary>No fine-tuning at the end stands for none at all: otherwise a method with rounds would be compared with ones that were never tuned.</summary>
    [Theory]
    [InlineData("l1")]
    [InlineData("ccep")]
    public async Task Without_epochs_nothing_is_tuned_between_rounds_either(string algorithm)
    {
        var methods = Options.Methods with { Iterative = new() { Passes = 2, RoundEpochs = 2 }, Ccep = Options.Methods.Ccep with { Rounds = 2, RoundEpochs = 2 } };

        var report = await RunAsync(ToyTask.Network(), Options with { Algorithm = algorithm, Baselines = ["random"], Methods = methods, FineTune = Options.FineTune with { Epochs = 0 } });

        Assert.All(report.Rows, row => Assert.Equal(0, row.TunedEpochs));
    }

    /// <summary>One pass has a last fine-tuning only, which is without the penalty: the result is what it is without one. Two passes have one in between.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task Slimming_acts_between_passes_and_not_at_the_end(int passes, bool acts)
    {
        var options = Options with
        {
            Algorithm = "bn-scale",
            Baselines = [],
            Overwrite = true,
            Methods = Options.Methods with { Iterative = new() { Passes = passes } },
            FineTune = Options.FineTune with { Precision = Coppice.Graph.Execution.Precision.Float32 },
            Precision = Coppice.Graph.Execution.Precision.Float32,
        };

        var plain = await RunAsync(ToyTask.Network(normalised: true), options);
        var slimmed = await RunAsync(ToyTask.Network(normalised: true), options with { Slimming = 0.5 });

        Assert.Equal(acts, plain.BestRow.SearchScore != slimmed.BestRow.SearchScore);
    }

    [Fact]
    public async Task Result_stays_where_its_study_cannot_be_used()
    {
        await RunAsync(ToyTask.Network(), Options);
        byte[] best = File.ReadAllBytes(Folder.File("best.onnx"));
        File.WriteAllText(Folder.File(StudyStore.FileName), new('.', 200));

        var fault = await Assert.ThrowsAsync<CoppiceException>(() => RunAsync(ToyTask.Network(), Options with { Overwrite = true }));

        Assert.Contains("file is not a database", fault.Message, StringComparison.Ordinal);
        Assert.Equal(best, File.ReadAllBytes(Folder.File("best.onnx")));
    }

    [Fact]
    public async Task Slimming_of_a_network_that_is_to_get_batch_normalisation_is_not_refused()
    {
        var report = await RunAsync(Coppice.Graph.BatchNormFolding.Apply(ToyTask.Network()), Options with { Slimming = 1e-4 });

        Assert.True(report.Data.InsertsBatchNorm);
    }

    [Fact]
    public async Task Slimming_without_batch_normalisation_is_refused_before_the_search()
    {
        var fault = await Assert.ThrowsAsync<CoppiceException>(() => RunAsync(Bare(), Options with { Slimming = 1e-4, InsertBatchNorm = false }));

        Assert.Equal("Cannot slim 'bare': it holds no batch normalisation with scale factors to learn; leave out --slimming.", fault.Message);
        Assert.False(File.Exists(Folder.File("study.json")));
    }

    private static Coppice.Graph.Network Bare() => new NetworkBuilder("bare", new(1, 9, 9), InitializationScheme.ResNet).Convolution("conv", filters: 8, kernel: 3, pad: 1).Relu("relu")
        .MaxPool("pool", kernel: 3, stride: 3).Flatten("flatten").Linear("logits", ToyTask.Classes).Build();

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
        File.WriteAllText(Folder.File("notes.txt"), "mine");

        await RunAsync(ToyTask.Network(), Options with { Overwrite = true, Baselines = ["l1"] });

        Assert.Equal("mine", File.ReadAllText(Folder.File("notes.txt")));
        Assert.Equal(["ccep", "l1", "original"], Directory.GetDirectories(Folder.File("candidates")).Select(Path.GetFileName).Order());
    }

    /// <summary>A network of unknown origin may have seen the search images; its descendants must not claim otherwise.</summary>
    [Fact]
    public async Task Files_claim_a_split_only_where_the_original_did()
    {
        var splits = ToyTask.Splits();
        var stated = new ModelMetadata { SplitSeed = splits.Seed, SearchImages = splits.Search.Count };

        var unknown = await RunAsync(ToyTask.Network(), Options with { Overwrite = true });
        var ofUnknown = ModelMetadata.Read(OnnxReader.Read(Folder.File("best.onnx")));
        var known = await RunAsync(stated.WriteTo(ToyTask.Network()), Options with { Overwrite = true });
        var ofKnown = ModelMetadata.Read(OnnxReader.Read(Folder.File("best.onnx")));

        Assert.Equal((null, null), (unknown.Data.Exposure.HasSeen, ofUnknown.SplitSeed));
        Assert.Equal((false, (ulong?)splits.Seed), (known.Data.Exposure.HasSeen, ofKnown.SplitSeed));
        Assert.Contains(unknown.Findings, finding => finding.StartsWith("The network's file does not say which images it was trained on", StringComparison.Ordinal));
        Assert.DoesNotContain(known.Findings, finding => finding.Contains("trained on", StringComparison.Ordinal));
    }

    /// <summary>A baseline that knows nothing of weights is repaired like the rest: the layer behind the cut gets other values than those that it had, at the same plan.</summary>
    [Fact]
    public async Task Repair_changes_the_readers_of_every_method_and_no_plan_of_one_shot()
    {
        var options = Options with { Overwrite = true, FineTune = Options.FineTune with { Epochs = 0 } };
        await RunAsync(ToyTask.Network(), options);
        var (plain, plan) = (OnnxReader.Read(Folder.File("candidates/l1/model.onnx")), File.ReadAllText(Folder.File("candidates/l1/plan.json")));

        var report = await RunAsync(ToyTask.Network(), options with { Repair = true });

        foreach (string method in (string[])["l1", "random", "ccep"])
        {
            var network = OnnxReader.Read(Folder.File($"candidates/{method}/model.onnx"));
            var cut = Pruner.Apply(ToyTask.Network(), PruningPlan.Parse(File.ReadAllText(Folder.File($"candidates/{method}/plan.json"))));
            Assert.Equal(cut.Parameters["conv2.weight"].Floats().ToArray(), network.Parameters["conv2.weight"].Floats().ToArray());
            Assert.NotEqual(cut.Parameters["conv3.weight"].Floats().ToArray(), network.Parameters["conv3.weight"].Floats().ToArray());
        }

        Assert.Equal(plan, File.ReadAllText(Folder.File("candidates/l1/plan.json")));

        // The layers that read what may go are measured in one pass over 64 images.
        Assert.Equal(64, report.Rows.Single(row => row.Name == "l1").ForwardImages);
        Assert.NotEqual(plain.Parameters["conv3.weight"].Floats().ToArray(), OnnxReader.Read(Folder.File("candidates/l1/model.onnx")).Parameters["conv3.weight"].Floats().ToArray());
        Assert.All(report.Checks, check => Assert.Equal(VerificationStatus.Passed, check.Status));
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
}
