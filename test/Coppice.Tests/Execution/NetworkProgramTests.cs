using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Models;
using Coppice.Tensors;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;
using Coppice.Training;

namespace Coppice.Tests.Execution;

public sealed class NetworkProgramTests : LeakCheck
{
    /// <summary>Two residual blocks, the second with a projection: 7 batch normalisations, the stem's included, and no Add or ReLU on its own.</summary>
    [Fact]
    public void Residual_network_is_compiled_to_one_step_for_each_layer()
    {
        var network = TwoBlocks();

        var steps = ProgramCompiler.Compile(network, ExecutionMode.Training);

        Assert.Equal(
            ["stem", "stem.relu", "a.conv1", "a.relu1", "a.conv2", "a.relu2", "b.conv1", "b.relu1", "b.conv2", "b.short", "b.short.bn", "b.relu2", "average", "flat", "logits"],
            steps.Select(step => step.Node.Name));
        BatchNormStep[] additions = [.. steps.OfType<BatchNormStep>().Where(step => step.Epilogue.Residual is not null)];
        Assert.Equal(["a.bn2", "b.bn2"], additions.Select(step => step.Layer.Name));
        Assert.Equal(["stem.relu", "b.short.bn"], additions.Select(step => step.Epilogue.Residual));
    }

    [Theory]
    [InlineData(ExecutionMode.Evaluation)]
    [InlineData(ExecutionMode.Recalibration)]
    [InlineData(ExecutionMode.Training)]
    public void Residual_network_computes_what_the_plain_interpreter_does(ExecutionMode mode)
    {
        var network = Executing.Softened(TwoBlocks());
        var images = Executing.Images(network, count: 4);

        float[][] expected = Executing.RunPlainly(network, images, batchStatistics: mode != ExecutionMode.Evaluation);

        Executing.AssertClose(expected, Executing.Run(network, images, new() { Mode = mode }), 1e-5);
    }

    /// <summary>BN → Add without ReLU, BN → ReLU without Add, BN whose value several read or that is an output: each fused as far as may be.</summary>
    [Fact]
    public void Batch_normalisations_are_fused_only_with_what_nobody_else_reads()
    {
        var draw = new Draw(channels: 4);
        string one = draw.BatchNorm("bn1", "x");
        string sum = draw.Add("sum", one, "x");
        string two = draw.BatchNorm("bn2", sum);
        string both = draw.Add("both", draw.Relu("relu2", two), two);
        string three = draw.BatchNorm("bn3", both);
        string shown = draw.Relu("relu3", three);
        string twice = draw.BatchNorm("bn4", shown);
        var network = draw.Build(three, draw.Add("doubled", twice, twice), sum);
        var images = Executing.Images(network);

        var steps = ProgramCompiler.Compile(network, ExecutionMode.Evaluation);

        Assert.Equal(["sum", "bn2", "relu2", "both", "bn3", "relu3", "bn4", "doubled"], steps.Select(step => step.Node.Name));
        Executing.AssertClose(Executing.RunPlainly(network, images), Executing.Run(network, images), 1e-5);
    }

    /// <summary>A constant operand, and one that is broadcast, are added by an Add of its own.</summary>
    [Fact]
    public void Addition_of_another_shape_is_not_fused()
    {
        var draw = new Draw(channels: 4);
        string shifted = draw.Add("shifted", draw.BatchNorm("bn1", "x"), draw.Weight("shift", 4, 1, 1));
        string spread = draw.Add("spread", draw.BatchNorm("bn2", shifted), draw.GlobalAverage("mean", shifted));
        var network = draw.Build(spread);
        var images = Executing.Images(network);

        Assert.Equal(["bn1", "shifted", "bn2", "mean", "spread"], ProgramCompiler.Compile(network, ExecutionMode.Evaluation).Select(step => step.Node.Name));
        Executing.AssertClose(Executing.RunPlainly(network, images), Executing.Run(network, images), 1e-5);
    }

    /// <summary>x₀ + x₁ of rows that share memory: the first operand must not be overwritten, although nobody reads it later.</summary>
    [Fact]
    public void Addition_of_two_views_that_overlap_does_not_overwrite_them()
    {
        var draw = new Draw(channels: 1, rows: 3, columns: 1);
        string Rows(string name, long from, long to) => draw.Node(name, "Slice", ["relu", draw.Constant($"{name}.s", from), draw.Constant($"{name}.e", to), draw.Constant($"{name}.a", 2)]);
        draw.Relu("relu", "x");
        var network = draw.Build(draw.Add("sum", Rows("lower", 1, 3), Rows("upper", 0, 2)));

        float[] sums = Executing.Run(network, Tensor.FromArray([1f, 2, 4], 1, 1, 3, 1))[0];

        Assert.Equal([3, 6], sums);
    }

    [Fact]
    public void Outputs_come_in_the_order_of_the_network_also_where_one_is_read_again()
    {
        var draw = new Draw(channels: 1, rows: 1, columns: 2);
        string first = draw.Relu("first", "x");
        string second = draw.Relu("second", draw.Node("less", "Sub", [first, draw.Weight("w", 1)])); // w = −4 + something: see Draw
        var network = draw.Build(second, first);
        float w = network.Parameters["w"].Floats()[0];

        float[][] outputs = Executing.Run(network, Tensor.FromArray([-1f, 10], 1, 1, 1, 2));

        Assert.Equal([[Math.Max(0, -w), Math.Max(0, 10 - w)], [0, 10]], outputs);
    }

    /// <summary>With one input channel [N, 1, H, W] is in both orders at once; only the weight's strides can tell the convolution to be channels_last.</summary>
    [Fact]
    public void Convolution_of_one_input_channel_has_channels_last_weights_and_the_right_output()
    {
        var draw = new Draw(channels: 1);
        var network = draw.Build(draw.Relu("relu", draw.Conv("conv", "x", filters: 4, kernel: 3)));
        var images = Executing.Images(network);
        using var program = NetworkProgram.Compile(network, new());

        var output = program.Run(images);

        Assert.Equal([9L, 1, 3, 1], program.Learned.First().Value.Strides);
        Assert.True(output.IsContiguous(MemoryFormat.ChannelsLast));
        Executing.AssertClose(Executing.RunPlainly(network, images)[0], output.ToArray<float>(), 1e-6);
    }

    /// <summary>
    /// Rounding to 8 bits of mantissa errs by at most u = 2^-9 of a number. Both factors of each product are rounded, then the sum:
    /// |ŷ − y| ≤ ((1 + u)² − 1) Σ |w| |x| + u |ŷ|, sums in between being of single precision.
    /// </summary>
    [Fact]
    public void Convolution_in_bfloat16_errs_no_more_than_rounding_explains()
    {
        const double U = 1.0 / 512;
        var draw = new Draw(channels: 8);
        var network = Executing.Map(draw.Build(draw.Conv("conv", "x", filters: 8, kernel: 3)), (_, value) => MathF.Sin(value * 1.7f));
        var images = Executing.Images(network);

        float[] exact = Executing.RunPlainly(network, images)[0];
        float[] rounded = Executing.Run(network, images, new() { Precision = Precision.BFloat16 })[0];
        float[] sums = Executing.RunPlainly(Executing.Map(network, (_, value) => Math.Abs(value)), images.Abs())[0];

        for (int i = 0; i < exact.Length; i++)
        {
            double bound = ((((1 + U) * (1 + U)) - 1) * sums[i]) + (U * Math.Abs(rounded[i])) + 1e-5;
            Assert.InRange(rounded[i], exact[i] - bound, exact[i] + bound);
        }

        Assert.Contains(exact.Zip(rounded), pair => Math.Abs(pair.First - pair.Second) > 1e-4);
    }

    /// <summary>1.001 is no bfloat16 number. A hidden layer rounds its weight to 1; the layer that writes the logits does not.</summary>
    [Fact]
    public void Last_fully_connected_layer_keeps_single_precision_in_bfloat16()
    {
        var draw = new Draw();
        draw.Input("features", 2);
        string hidden = draw.Gemm("hidden", "features", 2, bias: false);
        var network = Executing.Map(draw.Build(draw.Gemm("logits", hidden, 1)), (name, _) => name == "logits.bias" ? 0.001f : 1.001f);
        using var program = NetworkProgram.Compile(network, new() { Precision = Precision.BFloat16 });

        var output = program.Run(new Dictionary<string, Tensor> { ["x"] = Tensor.Zeros([1, 3, 8, 8]), ["features"] = Tensor.FromArray([1f, 2], 1, 2) })[0];

        Assert.Equal((3 * 1.001f * 2) + 0.001f, output.Item(), 1e-6);
    }

    [Fact]
    public void Gradients_reach_the_single_precision_weights_through_bfloat16()
    {
        var network = ModelCatalog.Build("resnet20", new() { InputSize = 8, InputChannels = 1 });
        using var program = NetworkProgram.Compile(network, new() { Mode = ExecutionMode.Training, Precision = Precision.BFloat16 });

        program.Run(Executing.Images(network, count: 8)).CrossEntropy(Tensor.FromArray([0L, 1, 2, 3, 4, 5, 6, 7], 8)).Backward();

        Assert.All(program.Learned, parameter =>
        {
            Assert.Equal(DType.Float32, parameter.Value.Grad!.DType);
            Assert.True(parameter.Value.Grad!.Abs().Sum().Item() > 0 || parameter.Key.EndsWith("bias", StringComparison.Ordinal), parameter.Key);
        });
    }

    /// <summary>Running statistics move by the node's momentum: kept 0.9, so 0.1 of the batch's mean 2 and of its variance, 1, or 2 where it is unbiased.</summary>
    [Theory]
    [InlineData(ExecutionMode.Recalibration, 1)]
    [InlineData(ExecutionMode.Training, 1.1f)]
    public void Batches_move_the_running_statistics_and_evaluation_does_not(ExecutionMode mode, float variance)
    {
        var draw = new Draw(channels: 1, rows: 1, columns: 2);
        var network = Executing.Map(draw.Build(draw.BatchNorm("bn", "x")), (name, _) => name == "bn.mean" ? 0 : 1);
        var images = Tensor.FromArray([1f, 3], 1, 1, 1, 2);
        using var evaluation = NetworkProgram.Compile(network, new());
        using var recalibration = NetworkProgram.Compile(network, new() { Mode = mode });

        evaluation.Run(images);
        recalibration.Run(images);

        NetworkAssert.Equal(network, evaluation.Capture());
        var captured = recalibration.Capture();
        Assert.Equal(0.2f, captured.Parameters["bn.mean"].Floats()[0], 1e-6f);
        Assert.Equal(variance, captured.Parameters["bn.var"].Floats()[0], 1e-6f);
        Assert.Equal(1f, captured.Parameters["bn.scale"].Floats()[0]);
    }

    [Fact]
    public void Learned_parameters_are_those_of_layers_and_statistics_those_of_batch_norm()
    {
        using var program = NetworkProgram.Compile(TwoBlocks(), new() { Mode = ExecutionMode.Training });

        Assert.Equal(["stem.weight", "stem.bn.scale", "stem.bn.shift", "a.conv1.weight"], program.Learned.Select(entry => entry.Key).Take(4));
        Assert.Equal(6 + (2 * 6) + 2, program.Learned.Count());
        Assert.Equal(["stem.bn.mean", "stem.bn.var"], program.Statistics.Select(entry => entry.Key).Take(2));
        Assert.Equal(2 * 6, program.Statistics.Count());
        Assert.All(program.Learned, entry => Assert.True(entry.Value.RequiresGrad));
        Assert.All(program.Statistics, entry => Assert.False(entry.Value.RequiresGrad));
    }

    [Fact]
    public void A_first_extent_of_1_means_the_batch_only_where_there_is_one()
    {
        var draw = new Draw(channels: 1, rows: 2, columns: 2, batch: 1);
        string column = draw.Node("column", "Reshape", ["x", draw.Constant("column.shape", -1, 1)]);
        var network = draw.Build(draw.Node("row", "Reshape", [column, draw.Constant("row.shape", 1, -1)]), draw.Node("flat", "Reshape", ["x", draw.Constant("flat.shape", 1, -1)]));
        using var program = NetworkProgram.Compile(network, new());
        using var scope = new TensorScope();

        var one = program.Run(new Dictionary<string, Tensor> { ["x"] = Tensor.FromArray([1f, 2, 3, 4], [1, 1, 2, 2]) });
        var two = program.Run(new Dictionary<string, Tensor> { ["x"] = Tensor.FromArray([1f, 2, 3, 4, 5, 6, 7, 8], [2, 1, 2, 2]) });

        Assert.Equal([1, 4], one[0].Shape);
        Assert.Equal([1, 4], one[1].Shape);
        Assert.Equal([2, 4], two[1].Shape);
    }

    /// <summary>As many images as channels, and a bias that is laid out for channels while the network runs.</summary>
    [Fact]
    public void Bias_that_is_reshaped_stays_one_for_each_channel()
    {
        var draw = new Draw(channels: 2, rows: 1, columns: 1);
        var network = draw.Build(draw.Add("sum", "x", draw.Node("laid", "Reshape", [draw.Floats("bias", 10, 20), draw.Constant("laid.shape", 1, -1, 1, 1)])));
        using var program = NetworkProgram.Compile(network, new());
        using var scope = new TensorScope();

        var sums = program.Run(new Dictionary<string, Tensor> { ["x"] = Tensor.FromArray([1f, 2, 3, 4], [2, 2, 1, 1]) });

        Assert.Equal([11f, 22, 13, 24], sums[0].ToArray<float>());
    }

    [Fact]
    public void Unknown_operator_is_named()
    {
        var draw = new Draw();
        var network = draw.Build(draw.Relu("relu", draw.Node("strange", "TopK", ["x"])));

        var fault = Assert.Throws<UnsupportedModelException>(() => NetworkProgram.Compile(network, new()));

        Assert.Equal("Cannot execute TopK 'strange': operator TopK is not known.", fault.Message);
    }

    [Fact]
    public void Shape_that_is_computed_must_hold_integers()
    {
        Node[] nodes = [new("same", "Identity", ["shape"], ["same"], NodeAttributes.None), new("reshape", "Reshape", ["x", "same"], ["y"], NodeAttributes.None)];
        var network = new Network("computed", [Declared("x", 3, 8, 8), Declared("shape", 2)], [Declared("y", 192)], [.. nodes], []);
        using var program = NetworkProgram.Compile(network, new());

        var fault = Assert.Throws<UnsupportedModelException>(() => program.Run(new Dictionary<string, Tensor> { ["x"] = Tensor.Zeros([1, 3, 8, 8]), ["shape"] = Tensor.Zeros([1, 2]) }));

        Assert.Equal("Cannot execute Reshape 'reshape': input 1 ('same') must hold integers, not Float32.", fault.Message);
    }

    /// <summary>The tensors loaded before the faulty one are freed, which the base class checks.</summary>
    [Fact]
    public void Weight_of_another_type_is_named_and_nothing_leaks()
    {
        var draw = new Draw();
        var network = draw.Build(draw.Gemm("fc", draw.Flatten("flat", draw.Conv("conv", "x", filters: 2)), 2));
        network = network.WithParameters(new Dictionary<string, HostTensor> { ["fc.weight"] = HostTensor.FromBytes(ElementType.Int8, new(2, 128), new byte[256]) });

        var fault = Assert.Throws<UnsupportedModelException>(() => NetworkProgram.Compile(network, new()));

        Assert.Equal("Cannot execute the network: parameter 'fc.weight' has element type Int8; this version executes floating-point weights, so export it in single or half precision.", fault.Message);
    }

    /// <summary>A walk over many candidates is one program: who stops a search waits for an operator of it, not for its end.</summary>
    [Fact]
    public void Program_that_is_cancelled_ends_before_its_next_operator()
    {
        var draw = new Draw();
        using var program = NetworkProgram.Compile(draw.Build(draw.Node("c", "Sigmoid", [draw.Node("b", "Sigmoid", [draw.Node("a", "Sigmoid", ["x"])])])), new());
        using var source = new CancellationTokenSource();
        var seen = new List<string>();

        void See(string name)
        {
            seen.Add(name);
            if (name == "b")
            {
                source.Cancel();
            }
        }

        string[] names = ["a", "b", "c"];
        Assert.Throws<OperationCanceledException>(() => program.Visit(Tensor.Zeros([1, 3, 8, 8]), names.ToDictionary(name => name, name => (Action<Tensor>)(_ => See(name))), source.Token));

        Assert.Equal(["a", "b"], seen);
    }

    /// <summary>Whole batches, slices of them, some outputs, and an estimation of statistics.</summary>
    [Theory]
    [InlineData(ExecutionMode.Evaluation, null)]
    [InlineData(ExecutionMode.Evaluation, 2)]
    [InlineData(ExecutionMode.Recalibration, null)]
    public void Every_way_to_run_can_be_cancelled(ExecutionMode mode, int? imagesPerSlice)
    {
        using var program = NetworkProgram.Compile(TwoBlocks(), new() { Mode = mode, ImagesPerSlice = imagesPerSlice });
        var images = Tensor.Zeros([4, 3, 8, 8]);
        var cancelled = new CancellationToken(canceled: true);

        Assert.Throws<OperationCanceledException>(() => program.Run(images, cancelled));
        Assert.Throws<OperationCanceledException>(() => program.RunAll(images, cancelled));
        Assert.Throws<OperationCanceledException>(() => program.RunSome(images, [0], cancelled));
        Assert.Throws<OperationCanceledException>(() => BatchNormRecalibration.Update(program, new(images, [0, 0, 0, 0]), position: 0, momentum: null, cancelled));
    }

    /// <summary>A walk that is cancelled has noted nothing of the batch.</summary>
    [Fact]
    public void Walk_that_is_cancelled_notes_nothing()
    {
        using var walk = ScoringWalk.Open([TwoBlocks()], new());
        var scores = new ImageScores(2);

        Assert.Throws<OperationCanceledException>(() => walk.Measure(Tensor.Zeros([2, 3, 8, 8]), [0L, 1L], [0, 1], [(0, scores)], new(canceled: true)));

        Assert.All(scores.ToArray(), loss => Assert.Equal(double.NaN, loss));
    }

    [Fact]
    public void Images_alone_do_not_run_a_network_of_two_inputs()
    {
        var draw = new Draw();
        draw.Input("mask", 3, 8, 8);
        using var program = NetworkProgram.Compile(draw.Build(draw.Add("add", "x", "mask")), new());

        var fault = Assert.Throws<UnsupportedModelException>(() => program.Run(Tensor.Zeros([1, 3, 8, 8])));

        Assert.Equal("Cannot run 'drawn' on images: it has 2 inputs, not one.", fault.Message);
    }

    private static NetworkValue Declared(string name, params long[] extents) =>
        new(name, ElementType.Float32, [Dimension.Batch, .. extents.Select(extent => (Dimension)extent)]);

    private static Network TwoBlocks()
    {
        var draw = new Draw();
        string value = draw.Relu("stem.relu", draw.BatchNorm("stem.bn", draw.Conv("stem", "x", filters: 4, kernel: 3)));
        string inner = draw.Relu("a.relu1", draw.BatchNorm("a.bn1", draw.Conv("a.conv1", value, filters: 5, kernel: 3)));
        value = draw.Relu("a.relu2", draw.Add("a.add", draw.BatchNorm("a.bn2", draw.Conv("a.conv2", inner, filters: 4, kernel: 3)), value));
        inner = draw.Relu("b.relu1", draw.BatchNorm("b.bn1", draw.Conv("b.conv1", value, filters: 5, kernel: 3, stride: 2)));
        string main = draw.BatchNorm("b.bn2", draw.Conv("b.conv2", inner, filters: 6, kernel: 3));
        string shortcut = draw.BatchNorm("b.short.bn", draw.Conv("b.short", value, filters: 6, stride: 2));
        value = draw.Relu("b.relu2", draw.Add("b.add", main, shortcut));
        return draw.Build(draw.Gemm("logits", draw.Flatten("flat", draw.GlobalAverage("average", value)), 3));
    }
}
