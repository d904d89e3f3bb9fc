using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Tensors;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.Execution;

/// <summary>Which chains become one step, and that no value is overwritten before its last reader has read it.</summary>
public sealed class ConvolutionFusionTests : LeakCheck
{
    private const int Channels = 4;

    /// <summary>Networks of convolutions of 4 channels, and the steps that they are compiled to.</summary>
    private static readonly Dictionary<string, (Func<Draw, Network> Network, string[] Steps)> Traps = new()
    {
        ["conv, add, relu"] = (
            draw => draw.Build(draw.Relu("out", draw.Add("sum", Conv(draw, "conv", draw.Relu("a", "x")), "a"))),
            ["a", "out"]),
        ["the residual is the left operand"] = (
            draw => draw.Build(draw.Add("sum", draw.Relu("a", "x"), Conv(draw, "conv", "x"))),
            ["a", "sum"]),
        ["the residual is computed between convolution and addition"] = (
            draw => draw.Build(draw.Relu("out", draw.Add("sum", Conv(draw, "conv", "x"), draw.Relu("late", "x")))),
            ["late", "out"]),
        ["the input of the convolution must outlive a ReLU in between"] = (
            draw => draw.Build(draw.Add("sum", Conv(draw, "conv", draw.Node("a", "Sub", ["x", draw.Weight("w", 1)])), draw.Relu("late", "a"))),
            ["a", "late", "sum"]),
        ["the residual is read again"] = (
            draw =>
            {
                string a = draw.Relu("a", "x");
                return draw.Build(Conv(draw, "next", draw.Add("sum", Conv(draw, "conv", "x"), a)), Conv(draw, "again", a));
            },
            ["a", "sum", "next", "again"]),
        ["the residual is an output"] = (
            draw => draw.Build(draw.Relu("a", "x"), draw.Add("sum", Conv(draw, "conv", "x"), "a")),
            ["a", "sum"]),
        ["the residual is the input of the network"] = (
            draw => draw.Build(draw.Add("sum", Conv(draw, "conv", "x"), "x")),
            ["sum"]),
        ["a convolution is added to itself"] = (
            draw => draw.Build(draw.Add("sum", Conv(draw, "conv", "x"), "conv")),
            ["conv", "sum"]),
        ["the residual is another name of the convolution's input"] = (
            draw => draw.Build(draw.Relu("out", draw.Add("sum", Conv(draw, "conv", draw.Relu("a", "x")), draw.Node("same", "Identity", ["a"])))),
            ["a", "same", "out"]),
        ["the residual is another name of what is read again"] = (
            draw =>
            {
                string same = draw.Node("same", "Identity", [draw.Relu("a", "x")]);
                return draw.Build(draw.Node("less", "Sub", [draw.Add("sum", Conv(draw, "conv", "x"), same), "a"]));
            },
            ["a", "same", "sum", "less"]),
        ["the residual is a part of what is read again"] = (
            draw =>
            {
                draw.Relu("a", "x");
                string part = draw.Node("part", "Slice", ["a", draw.Constant("s", 0), draw.Constant("e", Channels), draw.Constant("axis", 1)]);
                return draw.Build(draw.Node("less", "Sub", [draw.Add("sum", Conv(draw, "conv", "x"), part), "a"]));
            },
            ["a", "part", "sum", "less"]),
        ["the convolution is an output that a ReLU reads"] = (
            draw => draw.Build(Conv(draw, "conv", "x"), draw.Relu("out", "conv")),
            ["conv", "out"]),
        ["the sum is an output that a ReLU reads"] = (
            draw => draw.Build(draw.Add("sum", Conv(draw, "conv", "x"), "x"), draw.Relu("out", "sum")),
            ["sum", "out"]),
        ["two read the convolution"] = (
            draw => draw.Build(draw.Node("product", "Mul", [draw.Relu("a", Conv(draw, "conv", "x")), draw.Node("b", "Sigmoid", ["conv"])])),
            ["conv", "a", "b", "product"]),
        ["two convolutions are added"] = (
            draw => draw.Build(draw.Relu("out", draw.Add("sum", Conv(draw, "left", "x"), Conv(draw, "right", "x")))),
            ["right", "out"]),
        ["of a convolution and a normalisation the first operand takes the addition"] = (
            draw => draw.Build(draw.Relu("out", draw.Add("sum", Conv(draw, "conv", "x"), draw.BatchNorm("bn", "x")))),
            ["bn", "out"]),
        ["and the other way round"] = (
            draw => draw.Build(draw.Relu("out", draw.Add("sum", draw.BatchNorm("bn", "x"), Conv(draw, "conv", "x")))),
            ["conv", "out"]),
        ["of two convolutions the first operand takes it though it is written last"] = (
            draw =>
            {
                string right = Conv(draw, "right", "x");
                return draw.Build(draw.Relu("out", draw.Add("sum", Conv(draw, "left", "x"), right)));
            },
            ["right", "out"]),
        ["the addend is spread"] = (
            draw => draw.Build(draw.Add("sum", Conv(draw, "conv", "x"), draw.GlobalAverage("mean", "x"))),
            ["conv", "mean", "sum"]),
        ["the addend is computed for no image in particular"] = (
            draw => draw.Build(draw.Add("sum", Conv(draw, "conv", "x"), draw.Node("same", "Identity", [draw.Weight("w", 1, Channels, 6, 6)]))),
            ["conv", "same", "sum"]),
        ["the weight is computed"] = (
            draw => draw.Build(draw.Relu("out", draw.Node("conv", "Conv", ["x", draw.Node("squares", "Mul", [draw.Weight("w", 2, Channels, 3, 3), "w"])]))),
            ["squares", "conv", "out"]),
        ["two convolutions share a weight"] = (
            draw =>
            {
                Conv(draw, "one", "x");
                return draw.Build(draw.Relu("out", draw.Node("two", "Conv", ["one", "one.weight"], Padded)));
            },
            ["one", "out"]),
    };

    public static TheoryData<string> Names() => [.. Traps.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Chain_becomes_one_step_where_nobody_else_reads_it(string name)
    {
        var network = Traps[name].Network(new(Channels, 6, 6));

        var steps = ProgramCompiler.Compile(network, ExecutionMode.Evaluation, packsConvolutions: true);

        Assert.Equal(Traps[name].Steps, steps.Select(step => step.Node.Name));
    }

    /// <summary>Three images, so that a value of the batch differs from a value of one image; twice, since the first run could spoil inputs or parameters.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Outputs_are_those_of_the_plain_interpreter_in_every_run(string name)
    {
        var network = Executing.Softened(Traps[name].Network(new(Channels, 6, 6)));
        var images = Executing.Images(network, count: 3);
        float[][] expected = Executing.RunPlainly(network, images);
        using var program = NetworkProgram.Compile(network, new());
        var inputs = new Dictionary<string, Tensor> { ["x"] = images };

        for (int run = 0; run < 2; run++)
        {
            Executing.AssertClose(expected, [.. program.Run(inputs).Select(output => output.ToArray<float>())], 1e-5);
        }
    }

    /// <summary>Only the residual whose memory nobody reads later is given away.</summary>
    [Theory]
    [InlineData("the residual is the left operand", new[] { "a" })]
    [InlineData("the residual is computed between convolution and addition", new[] { "late" })]
    [InlineData("two convolutions are added", new[] { "right" })]
    [InlineData("conv, add, relu", new string[0])]                                              // read by the convolution itself
    [InlineData("the residual is read again", new string[0])]
    [InlineData("the residual is an output", new string[0])]
    [InlineData("the residual is the input of the network", new string[0])]
    [InlineData("the residual is another name of the convolution's input", new string[0])]
    [InlineData("the residual is another name of what is read again", new string[0])]
    [InlineData("the residual is a part of what is read again", new string[0])]
    public void Memory_of_the_residual_is_given_away_when_it_is_free(string name, string[] given)
    {
        var network = Traps[name].Network(new(Channels, 6, 6));

        var step = ProgramCompiler.Compile(network, ExecutionMode.Evaluation, packsConvolutions: true).OfType<ConvolutionStep>().First(step => step.Epilogue.Residual is not null);

        Assert.Equal(given, step.Overwritable.Where(value => value == step.Epilogue.Residual));
    }

    [PreparedTheory]
    [InlineData("SAME_UPPER", 1, 2)]
    [InlineData("SAME_LOWER", 2, 1)]
    [InlineData("NOTSET", 1, 2)]
    public void Padding_follows_the_extents_of_each_input(string mode, long dilation, long stride)
    {
        var draw = new Draw(Channels, 6, 6);
        NodeAttributes Attributes(NodeAttributes attributes) =>
            (mode == "NOTSET" ? attributes.With("pads", [0, 1, 2, 3]) : attributes.With("auto_pad", new StringAttribute(mode))).With("dilations", [dilation, dilation]).With("strides", [stride, stride]);
        var network = Executing.Softened(draw.Build(draw.Relu("out", draw.Node("conv", "Conv", ["x", draw.Weight("w", 3, Channels, 3, 3), draw.Weight("b", 3)], Attributes))));
        using var prepared = NetworkProgram.Compile(network, new());
        using var plain = NetworkProgram.Compile(network, new() { AllowsPreparedConvolutions = false });

        foreach (long extent in new long[] { 6, 9, 6, 5, 12 })
        {
            var images = Noise.Normal(extent, [2, Channels, extent, extent + 1]);
            Executing.AssertClose(plain.Run(images).ToArray<float>(), prepared.Run(images).ToArray<float>(), 1e-5);
        }
    }

    [Theory]
    [InlineData("resnet20", Precision.Float32, 1e-5)]
    [InlineData("resnet20", Precision.BFloat16, 0.05)]
    public void Network_of_the_catalog_computes_the_same_with_and_without_preparation(string model, Precision precision, double tolerance)
    {
        var network = Executing.WithTrainedStatistics(ModelCatalog.Build(model, new() { Seed = 2 }));
        var images = Executing.Images(network, count: 3);

        float[][] plain = Executing.Run(network, images, new() { Precision = precision, AllowsPreparedConvolutions = false });

        Executing.AssertClose(plain, Executing.Run(network, images, new() { Precision = precision }), tolerance);
    }

    [Fact]
    public void Convolutions_are_prepared_on_the_cpu_where_no_gradients_are_asked_for()
    {
        bool isAvailable = PackedConvolution.Supports(DType.Float32);

        Assert.Equal(isAvailable, PreparedConvolutions.AreUsed(new()));
        Assert.Equal(PackedConvolution.Supports(DType.BFloat16), PreparedConvolutions.AreUsed(new() { Precision = Precision.BFloat16 }));
        Assert.False(PreparedConvolutions.AreUsed(new() { AllowsPreparedConvolutions = false }));
        Assert.False(PreparedConvolutions.AreUsed(new() { Mode = ExecutionMode.Training }));
        Assert.Equal(isAvailable, PreparedConvolutions.AreUsed(new() { Mode = ExecutionMode.Recalibration }));
        Assert.False(PreparedConvolutions.AreUsed(new() { Device = Device.Cuda(0) }));
    }

    /// <summary>Prepared kernels live as long as the program, one for each convolution.</summary>
    [PreparedFact]
    public void Program_frees_its_kernels()
    {
        var network = Traps["two convolutions share a weight"].Network(new(Channels, 6, 6));
        long before = TorchRuntime.LiveConvolutions;

        using (var program = NetworkProgram.Compile(network, new()))
        {
            program.Run(Executing.Images(network));
            program.Run(Executing.Images(network));
            Assert.Equal(before + 2, TorchRuntime.LiveConvolutions);
        }

        Assert.Equal(before, TorchRuntime.LiveConvolutions);
    }

    private static string Conv(Draw draw, string name, string input) => draw.Conv(name, input, Channels, kernel: 3, bias: true);

    private static NodeAttributes Padded(NodeAttributes attributes) => attributes.With("pads", [1L, 1, 1, 1]);
}
