using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Models;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Runs;
using Coppice.Tests.Data;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.Runs;

public sealed class VerificationTests : LeakCheck
{
    private static readonly VerificationOptions Few = new() { Samples = 2 };

    [Fact]
    public void Cut_network_with_batch_norm_is_verified_in_both_engines()
    {
        var network = VerificationSubject.Build("resnet20", seed: 5);

        var result = Verification.Run(network, EverySecond(network), prunedFile: null, Few, default);

        Assert.True(result.IsPassed);
        Assert.Equal(["masked-sliced", "masked-sliced-onnxruntime", "engines"], result.Checks.Select(check => check.Name));
        Assert.All(result.Checks, check => Assert.InRange(check.Difference!.Value, 0, 1e-5));
    }

    [Fact]
    public void Statistics_of_a_subject_matter()
    {
        var network = VerificationSubject.Build("resnet20", seed: 5);

        Assert.NotEqual(0, network.Parameters["bn1.running_mean"].Floats()[0]);
        Assert.InRange(network.Parameters["bn1.running_var"].Floats()[0], 0.5, 1.5);
        Assert.Equal(network.Parameters["bn1.running_mean"].Floats().ToArray(), VerificationSubject.Build("resnet20", seed: 5).Parameters["bn1.running_mean"].Floats().ToArray());
    }

    [Fact]
    public void Tuned_file_passes_and_is_called_tuned()
    {
        using var folder = new TemporaryFolder();
        var network = ModelCatalog.Build("lenet5");
        var plan = EverySecond(network);
        var cut = Pruner.Apply(network, plan);
        var bias = cut.Parameters["fc3.bias"];
        float[] shifted = [.. bias.Floats().ToArray().Select(value => value + 1)];
        OnnxWriter.Write(cut.WithParameters(new Dictionary<string, HostTensor> { ["fc3.bias"] = HostTensor.FromFloats(bias.Shape, shifted) }), folder.File("tuned.onnx"));

        var result = Verification.Run(network, plan, folder.File("tuned.onnx"), Few, default);

        Assert.True(result.IsPassed);
        Assert.Equal("its weights differ from those of the original: tuned since", result.Checks.Single(check => check.Name == "file-structure").Detail);
    }

    [Fact]
    public void File_with_another_input_fails_without_being_run()
    {
        using var folder = new TemporaryFolder();
        var network = ModelCatalog.Build("lenet5");
        OnnxWriter.Write(ModelCatalog.Build("lenet5", new() { InputSize = 32 }), folder.File("other.onnx"));

        var result = Verification.Run(network, PruningPlan.Identity(), folder.File("other.onnx"), Few, default);

        Assert.False(result.IsPassed);
        var check = result.Checks.Single(check => check.Name == "file-structure");
        Assert.Equal(VerificationStatus.Failed, check.Status);
        Assert.Equal("its inputs are input: Float32 [N, 1, 32, 32], not input: Float32 [N, 1, 28, 28]", check.Detail);
        Assert.DoesNotContain(result.Checks, check => check.Name == "file-engines");
    }

    [Fact]
    public void File_that_breaks_down_when_it_is_run_fails_with_the_reason()
    {
        using var folder = new TemporaryFolder();
        var network = ModelCatalog.Build("lenet5");
        var wrong = HostTensor.FromFloats(new(16, 5, 5, 5), new float[16 * 5 * 5 * 5]); // conv1 gives 6 channels
        OnnxWriter.Write(network.WithParameters(new Dictionary<string, HostTensor> { ["conv2.weight"] = wrong }), folder.File("broken.onnx"));

        var result = Verification.Run(network, PruningPlan.Identity(), folder.File("broken.onnx"), Few, default);

        Assert.False(result.IsPassed);
        var check = result.Checks.Single(check => check.Name == "file-engines");
        Assert.Equal((VerificationStatus.Failed, null), (check.Status, check.Difference));
        Assert.StartsWith("Cannot ", check.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Answers_of_a_detector_are_compared_before_it_chooses_among_them()
    {
        var draw = new Draw();
        string scores = draw.Conv("scores", draw.Relu("relu", draw.Conv("a", "x", filters: 6)), filters: 4);
        string found = draw.Node("found", "NonZero", [draw.Node("likely", "Greater", [scores, draw.Number("threshold", 0.5f)])]);
        string extents = draw.Node("extents", "Shape", [scores]);
        var network = draw.Build(scores);
        network = network.WithOutputs([new(found, ElementType.Int64, default), new(extents, ElementType.Int64, default)], network.Nodes);
        var plan = new PruningPlan(network.Name, [new("a", 6, [0, 2, 5])]);

        var result = Verification.Run(network, plan, prunedFile: null, Few, default);

        Assert.True(result.IsPassed);
        Assert.All(result.Checks.Where(check => check.Name != "whole-network"), check => Assert.InRange(check.Difference!.Value, 0, 1e-5));
        Assert.Equal("they are squashed, integers, or of a shape that is not known beforehand: compared were 1 values that they are computed from", result.Checks.Single(check => check.Name == "whole-network").Detail);
        Assert.Equal([scores], VerificationOutputs.Find(network, Pruner.Apply(network, plan), inputShapes: null).Of(network).Outputs.Select(output => output.Name));
    }

    /// <summary>Behind a sigmoid of -100 one engine has 4e-44 and the other 0.</summary>
    [Theory]
    [InlineData("Sigmoid")]
    [InlineData("Softmax")]
    public void Numbers_are_compared_in_front_of_what_squashes_them(string squashing)
    {
        var draw = new Draw();
        string scores = draw.Add("low", draw.Conv("scores", draw.Relu("relu", draw.Conv("a", "x", filters: 6)), filters: 4), draw.Number("depth", -100));
        var network = draw.Build(draw.Node("answer", squashing, [scores]));

        var result = Verification.Run(network, new(network.Name, [new("a", 6, [0, 2, 5])]), prunedFile: null, Few, default);

        Assert.True(result.IsPassed);
        Assert.Equal(4, result.Checks.Count(check => check.Status == VerificationStatus.Passed));
    }

    [Fact]
    public void Nothing_but_zeros_proves_nothing()
    {
        using var folder = new TemporaryFolder();
        var network = ModelCatalog.Build("lenet5");
        HostTensor Zero(string name) => HostTensor.FromFloats(network.Parameters[name].Shape, new float[network.Parameters[name].Shape.Length]);
        var dead = network.WithParameters(new Dictionary<string, HostTensor> { ["fc3.weight"] = Zero("fc3.weight"), ["fc3.bias"] = Zero("fc3.bias") });

        var result = Verification.Run(dead, EverySecond(dead), prunedFile: null, Few, default);

        Assert.False(result.IsPassed);
        Assert.All(result.Checks, check => Assert.Equal(VerificationStatus.Skipped, check.Status));
        Assert.StartsWith("both compute nothing but zeros", result.Checks[0].Detail, StringComparison.Ordinal);
        OnnxWriter.Write(Pruner.Apply(dead, EverySecond(dead)), folder.File("dead.onnx"));
        Assert.False(Verification.Run(dead, EverySecond(dead), folder.File("dead.onnx"), Few, default).IsPassed);
    }

    [Fact]
    public void Difference_above_the_tolerance_fails()
    {
        var network = ModelCatalog.Build("lenet5");

        var result = Verification.Run(network, EverySecond(network), prunedFile: null, Few with { Tolerance = 1e-12 }, default);

        Assert.False(result.IsPassed);
    }

    [Fact]
    public void Fixed_batch_of_a_file_is_kept_and_samples_are_rounded_up()
    {
        var free = ModelCatalog.Build("lenet5");
        var network = new Network(free.Name, [free.Inputs[0] with { Dimensions = [3, 1, 28, 28] }], [free.Outputs[0] with { Dimensions = [3, 10] }], free.Nodes, free.Parameters);

        var result = Verification.Run(network, EverySecond(network), prunedFile: null, new() { Samples = 4 }, default);

        Assert.True(result.IsPassed);
        Assert.Equal(6, result.Samples);
    }

    [Fact]
    public void Difference_is_relative_to_the_largest_reference_of_its_output_over_all_batches()
    {
        var difference = new VerificationDifference();

        difference.Add([[1, 2], [3]], [[1, 2.5f], [3]]);
        difference.Add([[8, 0], [0]], [[8, 0], [0.25f]]);

        Assert.Equal(0.25 / 3, difference.Value);
    }

    /// <summary>The rounding of a million, 0.03, is all of an output of hundredths beside it.</summary>
    [Fact]
    public void Output_counts_as_a_thousandth_of_the_largest_at_least()
    {
        var difference = new VerificationDifference();

        difference.Add([[1e6f], [0.03f]], [[1e6f], [0.01f]]);

        Assert.Equal(0.02 / 1000, difference.Value, 1e-10);
    }

    [Theory]
    [InlineData(float.NaN, 1)]
    [InlineData(1, float.NaN)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    public void What_is_no_number_passes_no_tolerance(float value, float reference)
    {
        var difference = new VerificationDifference();

        difference.Add([[value, 0]], [[reference, 0]]);

        Assert.False(difference.Value <= 1e30);
    }

    private static PruningPlan EverySecond(Network network) => new(
        network.Name,
        [.. ChannelUnits.Analyze(network).PrunableGroups.Select(group => new GroupPlan(group.Name, group.Size, [.. Enumerable.Range(0, group.Size).Where(channel => channel % 2 == 0)]))]);
}
