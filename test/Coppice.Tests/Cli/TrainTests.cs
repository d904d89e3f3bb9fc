using System.Text.Json;
using Coppice.Cli;
using Coppice.Data;
using Coppice.Models;
using Coppice.Onnx;
using Coppice.Runs;
using Coppice.Tests.Data;

namespace Coppice.Tests.Cli;

[Collection("tensors")]
public sealed class TrainTests : IDisposable
{
    private const int TrainImages = 40;
    private const int TestImages = 10;

    private readonly TemporaryFolder _folder = new();

    public TrainTests() => RandomImages.Write(_folder, TrainImages, TestImages);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Training_writes_a_network_for_the_data_with_its_metadata_and_reports_both_splits()
    {
        var (code, output, _) = await CommandLine.RunAsync(Train("out.onnx", "--epochs", "2", "--format", "json"));

        Assert.Equal(ExitCode.Success, code);
        var network = OnnxReader.Read(File("out.onnx"));
        Assert.Equal(
            new ModelMetadata { Data = "fashion-mnist", Normalization = Normalization.FashionMnist, SplitSeed = 7, SearchImages = 8, Classes = ModelMetadata.Read(network).Classes },
            ModelMetadata.Read(network));
        Assert.Equal("Ankle boot", ModelMetadata.Read(network).Classes!.Value[^1]);
        Assert.False(System.IO.File.Exists(File("out.onnx.checkpoint")));
        var report = JsonDocument.Parse(output).RootElement;
        Assert.Equal(TrainImages - 8, report.GetProperty("trainImages").GetInt32());
        AssertSplit(report.GetProperty("search"), "search", 8);
        AssertSplit(report.GetProperty("test"), "test", TestImages);
        Assert.Equal(JsonValueKind.Null, report.GetProperty("before").ValueKind);
    }

    [Fact]
    public async Task Cancelled_training_is_code_130_leaves_no_file_and_goes_on_bit_by_bit()
    {
        await CommandLine.RunAsync(Train("unbroken.onnx", "--epochs", "3"));
        using var source = new CancellationTokenSource();
        var error = new CancellingWriter(source, "epoch 1/3");

        var stopped = await CommandLine.RunAsync(Train("broken.onnx", "--epochs", "3"), error, source.Token);
        bool hadFile = System.IO.File.Exists(File("broken.onnx")), hadCheckpoint = System.IO.File.Exists(File("broken.onnx.checkpoint"));
        var resumed = await CommandLine.RunAsync(Train("broken.onnx", "--epochs", "3"));

        Assert.Equal(ExitCode.Cancelled, stopped.Code);
        Assert.Equal((false, true), (hadFile, hadCheckpoint));
        Assert.EndsWith($"Stopped. The training is saved in '{File("broken.onnx.checkpoint")}'; the same command goes on from there. '{File("broken.onnx")}' is not written.\n", stopped.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, resumed.Code);
        Assert.StartsWith("Going on from", resumed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("epoch 1/3", resumed.Error, StringComparison.Ordinal);
        Assert.Equal(System.IO.File.ReadAllBytes(File("unbroken.onnx")), System.IO.File.ReadAllBytes(File("broken.onnx")));
    }

    [Fact]
    public async Task Fine_tuning_takes_the_splits_from_the_file_and_the_teacher_takes_part()
    {
        await CommandLine.RunAsync(Train("in.onnx", "--epochs", "1"));
        string[] tune = ["finetune", File("in.onnx"), "--data", $"fashion-mnist:{_folder.Path}", "--epochs", "1", "--batch-size", "8", "--precision", "fp32", "--threads", "1", "--format", "json", "-v", "m"];

        var alone = await CommandLine.RunAsync([.. tune, "-o", File("alone.onnx")]);
        var taught = await CommandLine.RunAsync([.. tune, "--teacher", File("in.onnx"), "-o", File("taught.onnx")]);
        var ignored = await CommandLine.RunAsync([.. tune, "--teacher", File("in.onnx"), "--distill", "none", "-o", File("ignored.onnx")]);

        Assert.Equal([(0, ""), (0, ""), (0, "warning: --teacher has no effect with --distill none.\n")], new[] { alone, taught, ignored }.Select(result => (result.Code, result.Error)));
        Assert.Equal(8, JsonDocument.Parse(alone.Output).RootElement.GetProperty("before").GetProperty("images").GetInt32());
        Assert.Equal(7ul, ModelMetadata.Read(OnnxReader.Read(File("alone.onnx"))).SplitSeed);
        Assert.Equal(System.IO.File.ReadAllBytes(File("alone.onnx")), System.IO.File.ReadAllBytes(File("ignored.onnx")));
        Assert.NotEqual(System.IO.File.ReadAllBytes(File("alone.onnx")), System.IO.File.ReadAllBytes(File("taught.onnx")));
    }

    /// <summary>Of 6, 16, 120 and 84 filters 2, 6, 48 and 33 go.</summary>
    [Fact]
    public async Task Softly_pruned_network_loses_exactly_the_filters_that_are_zero()
    {
        var trained = await CommandLine.RunAsync(Train("zeroed.onnx", "--epochs", "1", "--soft-prune", "40%", "--gradient-mask", "-v", "m"));
        var pruned = await CommandLine.RunAsync("prune", File("zeroed.onnx"), "--method", "zeroed", "--plan", File("plan.json"), "-o", File("small.onnx"));
        var verified = await CommandLine.RunAsync("verify", File("zeroed.onnx"), File("plan.json"), File("small.onnx"), "--samples", "1");

        Assert.Equal([(0, ""), (0, ""), (0, "")], new[] { trained, pruned, verified }.Select(result => (result.Code, result.Error)));
        var plan = Coppice.Pruning.PruningPlan.Parse(System.IO.File.ReadAllText(File("plan.json")));
        Assert.Equal([("conv1", 4), ("conv2", 10), ("fc1", 72), ("fc2", 51)], plan.Groups.Select(group => (group.Group, group.Kept.Length)));
    }

    /// <summary>Once, and before the training; of the network's own groups only 'hidden' has no batch normalisation.</summary>
    [Fact]
    public async Task Groups_that_soft_pruning_leaves_whole_are_told_once()
    {
        var network = new NetworkBuilder("small", new(1, 28, 28), InitializationScheme.ResNet)
            .Convolution("conv1", filters: 8, kernel: 3, pad: 1).BatchNorm("bn1").Relu("relu1").GlobalAveragePool("pool")
            .Flatten("flatten").Linear("hidden", 10).Relu("relu2").Linear("logits", 10).Build();
        OnnxWriter.Write(network, File("in.onnx"));
        string[] line = ["train", File("in.onnx"), "--data", $"fashion-mnist:{_folder.Path}", "--search-images", "8", "--batch-size", "8", "--soft-prune", "40%", "-v", "m", "-o", File("out.onnx")];
        const string caveat = "warning: The network's file does not say which images it was trained on; if images of the search split were among them, search-split accuracies are too high. Test accuracies are not touched by this.\n";

        var pruned = await CommandLine.RunAsync([.. line, "--criterion", "bn-scale", "--epochs", "2"]);
        var byNorm = await CommandLine.RunAsync([.. line, "--epochs", "1"]);

        Assert.Equal((0, $"{caveat}warning: 'bn-scale' leaves 1 of 2 channel groups whole: no batch normalisation follows Gemm 'hidden'.\n"), (pruned.Code, pruned.Error));
        Assert.Equal((0, caveat), (byNorm.Code, byNorm.Error));
    }

    [Fact]
    public async Task Slimming_starts_a_new_network_from_scales_of_a_half()
    {
        string[] line = ["train", "resnet20", "--data", $"fashion-mnist:{_folder.Path}", "--search-images", "8", "--epochs", "1", "--batch-size", "8", "--lr", "1e-9", "--threads", "1", "-v", "m", "-o", File("out.onnx")];

        var slimmed = await CommandLine.RunAsync([.. line, "--slimming", "1e-4"]);
        float scale = OnnxReader.Read(File("out.onnx")).Parameters["bn1.weight"].Floats()[0];
        var plain = await CommandLine.RunAsync(line);

        Assert.Equal([(0, ""), (0, "")], new[] { slimmed, plain }.Select(result => (result.Code, result.Error)));
        Assert.Equal(0.5, scale, 1e-6);
        Assert.Equal(1, OnnxReader.Read(File("out.onnx")).Parameters["bn1.weight"].Floats()[0], 1e-6);
    }

    [Fact]
    public async Task Pruned_network_is_taught_by_flows_once_its_plan_is_known_and_by_attention_without_it()
    {
        await CommandLine.RunAsync(Train("in.onnx", "--epochs", "1"));
        await CommandLine.RunAsync("prune", File("in.onnx"), "--max-macs", "50%", "--plan", File("plan.json"), "-o", File("small.onnx"));
        string[] tune = ["finetune", File("small.onnx"), "--data", $"fashion-mnist:{_folder.Path}", "--epochs", "1", "--batch-size", "8", "--precision", "fp32", "--threads", "1", "-v", "m", "--teacher", File("in.onnx")];

        var unknown = await CommandLine.RunAsync([.. tune, "--distill", "fsp", "-o", File("fsp.onnx")]);
        var flows = await CommandLine.RunAsync([.. tune, "--distill", "fsp", "--fsp-weight", "100", "--plan", File("plan.json"), "-o", File("fsp.onnx")]);
        var attention = await CommandLine.RunAsync([.. tune, "--distill", "kd+at", "-o", File("at.onnx")]);
        var none = await CommandLine.RunAsync([.. tune, "--distill", "none", "-o", File("none.onnx")]);

        Assert.Equal(ExitCode.Usage, unknown.Code);
        Assert.Contains("give the plan that made the student (--plan), or use --distill at.", unknown.Error, StringComparison.Ordinal);
        Assert.Equal([(0, ""), (0, ""), (0, "warning: --teacher has no effect with --distill none.\n")], new[] { flows, attention, none }.Select(result => (result.Code, result.Error)));
        Assert.Equal(3, new[] { "fsp.onnx", "at.onnx", "none.onnx" }.Select(file => Convert.ToHexString(System.IO.File.ReadAllBytes(File(file)))).Distinct().Count());
    }

    /// <summary>Of 40 training images 0 ≤ n &lt; 40 are held back. Random images, so that no score is as good as another's.</summary>
    [Theory]
    [InlineData(8, "the train split has 32 images, not 2048: gradients are taken on 1 batches of 32 instead of 64 of 32")]
    [InlineData(35, "the train split has 5 images, not 2048: gradients are taken on 1 batches of 5 instead of 64 of 32")]
    public async Task Gradients_are_taken_on_what_the_train_split_has_and_the_advice_is_an_option_of_the_verb(int searchImages, string warning)
    {
        await CommandLine.RunAsync(Train("in.onnx", "--epochs", "1"));

        var (code, _, error) = await CommandLine.RunAsync(
            "prune", File("in.onnx"), "--method", "taylor", "--data", $"fashion-mnist:{_folder.Path}", "--search-images", $"{searchImages}", "--max-macs", "50%", "-v", "m", "-o", File("out.onnx"));

        Assert.Equal((ExitCode.Success, $"warning: {warning}, so scores vary more; lower --search-images for more, or give more data.\n"), (code, error));
    }

    /// <summary>The verbs that score candidates have the options that the message names.</summary>
    [Theory]
    [InlineData("sensitivity")]
    [InlineData("search -o run --max-macs 50%")]
    public async Task Too_few_images_for_scoring_are_refused_with_options_of_the_verb(string verb)
    {
        await CommandLine.RunAsync(Train("in.onnx", "--epochs", "1"));
        string[] words = verb.Replace("run", File("run"), StringComparison.Ordinal).Split(' ');
        string[] line = [words[0], File("in.onnx"), "--data", $"fashion-mnist:{_folder.Path}", .. words[1..], "-v", "m"];

        var (code, _, error) = await CommandLine.RunAsync(line);

        Assert.Equal(ExitCode.Usage, code);
        Assert.EndsWith("the splits have 8 and 32; change --search-samples or --bn-recalibrate.\n", error, StringComparison.Ordinal);
        string[] options = [.. new CommandTable().Verbs.Single(found => found.Name == words[0]).Options.Select(option => option.Name)];
        Assert.Contains("--search-samples", options);
        Assert.Contains("--bn-recalibrate", options);
    }

    [Fact]
    public async Task Another_split_than_the_file_states_is_warned_of()
    {
        await CommandLine.RunAsync(Train("in.onnx", "--epochs", "1"));

        var (code, _, error) = await CommandLine.RunAsync(
            "finetune", File("in.onnx"), "--data", $"fashion-mnist:{_folder.Path}", "--split-seed", "8", "--epochs", "0", "-v", "m", "-o", File("out.onnx"));

        Assert.Equal(ExitCode.Success, code);
        Assert.Equal("warning: The network was trained with 8 search images by split seed 7, this run uses 8 by seed 8: it has seen some of them, and search-split accuracies are too high.\n", error);
    }

    [Fact]
    public async Task Network_for_other_images_is_refused_before_anything_is_trained()
    {
        await CommandLine.RunAsync("train", "resnet20", "--epochs", "0", "-o", File("colour.onnx"), "-v", "m");

        var (code, _, error) = await CommandLine.RunAsync(
            "finetune", File("colour.onnx"), "--data", $"fashion-mnist:{_folder.Path}", "--search-images", "8", "-o", File("out.onnx"));

        Assert.Equal(ExitCode.Usage, code);
        Assert.Equal($"error: Cannot use the network 'resnet20' on 'fashion-mnist:{_folder.Path}': its input is input: Float32 [N, 3, 32, 32], the images are Nx1x28x28.\n", error);
    }

    [Fact]
    public async Task Search_split_that_takes_all_images_is_refused()
    {
        var (code, _, error) = await CommandLine.RunAsync("train", "lenet5", "--data", $"fashion-mnist:{_folder.Path}", "--search-images", "40", "-o", File("out.onnx"));

        Assert.Equal(ExitCode.Usage, code);
        Assert.Equal($"error: Cannot hold back 40 of the 40 training images of 'fashion-mnist:{_folder.Path}': give --search-images 1 to 39.\n", error);
    }

    private static void AssertSplit(JsonElement split, string name, int images)
    {
        Assert.Equal((name, images), (split.GetProperty("split").GetString(), split.GetProperty("images").GetInt32()));
        Assert.InRange(split.GetProperty("accuracy").GetDouble(), split.GetProperty("accuracyLow").GetDouble(), split.GetProperty("accuracyHigh").GetDouble());
        Assert.InRange(split.GetProperty("loss").GetDouble(), split.GetProperty("lossLow").GetDouble(), split.GetProperty("lossHigh").GetDouble());
    }

    private string[] Train(string output, params string[] more) =>
    [
        "train", "lenet5", "--data", $"fashion-mnist:{_folder.Path}", "--search-images", "8", "--split-seed", "7", "--batch-size", "8", "--precision", "fp32", "--threads", "1",
        "-o", File(output), .. more,
    ];

    private string File(string name) => _folder.File(name);
}
