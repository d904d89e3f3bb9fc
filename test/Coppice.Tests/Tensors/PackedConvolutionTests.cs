using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

public sealed class PackedConvolutionTests : LeakCheck
{
    private static readonly Dictionary<string, ConvolutionProblem> Problems = new()
    {
        ["3x3"] = new([2, 16, 8, 8], [16, 16, 3, 3]) { Pad = 1 },
        ["one channel in, odd filters"] = new([3, 1, 7, 9], [13, 1, 3, 3]) { Pad = 1 },
        ["three channels in, stride 2"] = new([2, 3, 9, 8], [17, 3, 3, 3]) { Pad = 1, Stride = [2, 2] },
        ["odd channels"] = new([2, 13, 6, 5], [13, 13, 3, 3]) { Pad = 1 },
        ["wide odd channels, no bias"] = new([2, 52, 4, 4], [26, 52, 3, 3]) { Pad = 1, HasBias = false },
        ["one filter"] = new([2, 17, 5, 5], [1, 17, 3, 3]),
        ["1x1"] = new([2, 17, 5, 4], [52, 17, 1, 1]),
        ["1x1, stride 2, batch 1"] = new([1, 16, 7, 7], [32, 16, 1, 1]) { Stride = [2, 2] },
        ["1x1 map"] = new([4, 13, 1, 1], [3, 13, 1, 1]),
        ["1x5 window, unequal strides"] = new([2, 8, 6, 11], [8, 8, 1, 5]) { Stride = [1, 3], PadBegin = [0, 2], PadEnd = [0, 2] },
        ["7x7, stride 2"] = new([1, 3, 20, 20], [16, 3, 7, 7]) { Pad = 3, Stride = [2, 2] },
        ["pads at the end alone"] = new([2, 13, 6, 6], [8, 13, 3, 3]) { PadEnd = [1, 1], Stride = [2, 2] },
        ["four different pads"] = new([2, 5, 6, 7], [6, 5, 3, 3]) { PadBegin = [0, 1], PadEnd = [2, 3] },
        ["dilation"] = new([2, 13, 9, 9], [16, 13, 3, 3]) { Pad = 2, Dilation = [2, 2] },
        ["unequal dilation"] = new([1, 4, 9, 9], [4, 4, 3, 2]) { Dilation = [1, 3], PadBegin = [1, 0], PadEnd = [1, 2] },
        ["groups"] = new([2, 6, 6, 6], [10, 3, 3, 3]) { Pad = 1, Groups = 2 },
        ["groups of 16"] = new([2, 32, 6, 6], [32, 16, 3, 3]) { Pad = 1, Groups = 2 },
        ["depthwise"] = new([2, 16, 7, 7], [16, 1, 3, 3]) { Pad = 1, Groups = 16 },
        ["depthwise of odd channels, stride 2"] = new([2, 13, 7, 8], [13, 1, 3, 3]) { Pad = 1, Groups = 13, Stride = [2, 2] },
        ["depthwise with multiplier"] = new([2, 5, 6, 6], [10, 1, 3, 3]) { Pad = 1, Groups = 5 },
    };

    /// <summary>Every problem in every type that this CPU has, with and without ReLU; without residual, with one that stays, with one that may go.</summary>
    public static TheoryData<string, DType, bool, string> Cases()
    {
        var cases = new TheoryData<string, DType, bool, string>();
        foreach (string name in Problems.Keys)
            foreach (var dtype in new[] { DType.Float32, DType.BFloat16 }.Where(PackedConvolution.Supports))
                foreach (bool relu in new[] { false, true })
                    foreach (string residual in new[] { "none", "kept", "given" }) cases.Add(name, dtype, relu, residual);
        return cases;
    }

    [PreparedTheory]
    [MemberData(nameof(Cases))]
    public void Result_is_that_of_libtorch_in_double_precision(string name, DType dtype, bool relu, string residual)
    {
        var problem = Problems[name];
        var addend = residual == "none" ? null : problem.Residual(dtype);
        double[] expected = problem.Plain(dtype, relu, addend).ToArray<double>();
        using var convolution = problem.Prepare(dtype, relu);

        var result = convolution.Run(problem.Images(dtype), addend, mayOverwriteResidual: residual == "given");

        Assert.Equal((dtype, true), (result.DType, result.IsContiguous(MemoryFormat.ChannelsLast)));
        Assert.Equal(problem.Plain(dtype, relu, null).Shape, result.Shape);
        AssertClose(expected, result.To(DType.Float32).ToArray<float>(), dtype);
    }

    /// <summary>3 · 2 + 1 = 7, plus −10 is −3; 3 · (−1) + 1 = −2, plus 2.5 is 0.5.</summary>
    [PreparedTheory]
    [InlineData(false, -3, 0.5)]
    [InlineData(true, 0, 0.5)]
    public void Result_has_hand_worked_values(bool relu, float first, float second)
    {
        using var convolution = new PackedConvolution(Tensor.FromArray([3f], 1, 1, 1, 1), Tensor.FromArray([1f], 1), relu: relu);

        var result = convolution.Run(Tensor.FromArray([2f, -1], 1, 1, 1, 2), Tensor.FromArray([-10f, 2.5f], 1, 1, 1, 2));

        Assert.Equal([first, second], result.ToArray<float>());
    }

    [PreparedFact]
    public void Residual_keeps_its_elements_unless_it_may_go()
    {
        var problem = Problems["odd channels"];
        using var convolution = problem.Prepare(DType.Float32, relu: true);
        var (kept, given) = (problem.Residual(DType.Float32), problem.Residual(DType.Float32));
        float[] before = kept.ToArray<float>();

        float[] separate = convolution.Run(problem.Images(DType.Float32), kept).ToArray<float>();
        var inPlace = convolution.Run(problem.Images(DType.Float32), given, mayOverwriteResidual: true);

        Assert.Equal(before, kept.ToArray<float>());
        Assert.Equal(inPlace.ToArray<float>(), given.ToArray<float>());
        AssertSame(separate, inPlace);
    }

    /// <summary>A row-major residual is copied, x + conv(x) has x as residual: neither may lose its elements, whatever the caller allows.</summary>
    [PreparedFact]
    public void Residual_that_cannot_be_overwritten_safely_is_not()
    {
        var problem = new ConvolutionProblem([2, 4, 5, 5], [4, 4, 3, 3]) { Pad = 1 };
        using var convolution = problem.Prepare(DType.Float32, relu: false);
        var x = problem.Images(DType.Float32).Contiguous(MemoryFormat.ChannelsLast);
        var rowMajor = x.Contiguous();
        float[] before = x.ToArray<float>();
        double[] expected = problem.Plain(DType.Float32, relu: false, x).ToArray<double>();

        float[] ofCopy = convolution.Run(x, rowMajor, mayOverwriteResidual: true).ToArray<float>();
        float[] ofItself = convolution.Run(x, x, mayOverwriteResidual: true).ToArray<float>();

        AssertClose(expected, ofCopy, DType.Float32);
        AssertClose(expected, ofItself, DType.Float32);
        Assert.Equal(before, x.ToArray<float>());
        Assert.Equal(before, rowMajor.ToArray<float>());
    }

    /// <summary>More shapes than are remembered, twice round.</summary>
    [PreparedFact]
    public void Inputs_of_many_shapes_may_take_turns()
    {
        using var convolution = new PackedConvolution(Noise.Normal(2, [5, 3, 3, 3]), relu: true);

        for (int i = 0; i < 24; i++)
        {
            long images = 1 + (i % 12);
            var x = Noise.Normal(i, [images, 3, 4 + images, 6]);
            double[] expected = x.To(DType.Float64).Conv2d(Noise.Normal(2, [5, 3, 3, 3]).To(DType.Float64)).Relu().ToArray<double>();

            AssertClose(expected, convolution.Run(x).ToArray<float>(), DType.Float32);
        }
    }

    [PreparedFact]
    public void Result_does_not_depend_on_the_number_of_threads_nor_on_which_thread_runs()
    {
        var problem = new ConvolutionProblem([8, 13, 16, 16], [26, 13, 3, 3]) { Pad = 1 };
        using var convolution = problem.Prepare(DType.Float32, relu: true);
        var images = problem.Images(DType.Float32);
        float[] Run(int threads)
        {
            using var thread = new ModelThread(threads);
            return thread.RunAsync(() =>
            {
                using var result = convolution.Run(images);
                return result.ToArray<float>();
            }).GetAwaiter().GetResult();
        }

        float[] alone = Run(1);

        Assert.Equal(alone, Run(2));
        Assert.Equal(alone, Run(1));
        AssertClose(problem.Plain(DType.Float32, relu: true, null).ToArray<double>(), alone, DType.Float32);
    }

    [PreparedFact]
    public void Empty_batch_gives_an_empty_result()
    {
        using var convolution = new PackedConvolution(Tensor.Ones([5, 3, 3, 3]));

        Assert.Equal([0L, 5, 2, 1], convolution.Run(Tensor.Zeros([0, 3, 4, 3])).Shape);
    }

    [PreparedFact]
    public void Weights_are_copied_and_counted_until_disposal()
    {
        var weight = Tensor.Ones([1, 1, 1, 1]);
        long before = TorchRuntime.LiveConvolutions;
        var convolution = new PackedConvolution(weight);
        weight.FillInPlace(5);
        long during = TorchRuntime.LiveConvolutions;

        float result = (float)convolution.Run(Tensor.Ones([1, 1, 1, 1])).Item();
        convolution.Dispose();
        convolution.Dispose();

        Assert.Equal(1, result);
        Assert.Equal((before + 1, before), (during, TorchRuntime.LiveConvolutions));
        Assert.Throws<ObjectDisposedException>(() => convolution.Run(Tensor.Ones([1, 1, 1, 1])));
    }

    public static TheoryData<string, Action> Mistakes() => new()
    {
        { "PackedConvolution(float32[2,3], none) failed: the weight must be [F,C/groups,kH,kW] with no empty axis, not [2, 3]", () => new PackedConvolution(Tensor.Ones([2, 3])).Dispose() },
        { "PackedConvolution(float64[1,1,1,1], none) failed: the weight must be float32 (with AVX2) or bfloat16 (with AVX-512) on the CPU, not Double on cpu", () => new PackedConvolution(Tensor.Ones([1, 1, 1, 1], DType.Float64)).Dispose() },
        { "PackedConvolution(float32[4,1,1,1], none) failed: the groups must divide the 4 filters, 3 do not", () => new PackedConvolution(Tensor.Ones([4, 1, 1, 1]), groups: 3).Dispose() },
        { "PackedConvolution(float32[4,1,1,1], float32[3]) failed: the bias must be float32 [4] on the CPU, not Float [3]", () => new PackedConvolution(Tensor.Ones([4, 1, 1, 1]), Tensor.Ones([3])).Dispose() },
        { "PackedConvolution(float32[1,1,1,1], none) failed: the strides must be at least 1, not [1, 0]", () => new PackedConvolution(Tensor.Ones([1, 1, 1, 1]), stride: [1, 0]).Dispose() },
        { "PackedConvolution(float32[1,1,1,1], none) failed: the pads at the end must be at least 0, not [0, -1]", () => new PackedConvolution(Tensor.Ones([1, 1, 1, 1]), padEnd: [0, -1]).Dispose() },
        { "PackedConvolution.Run(float32[1,4,5,5], none) failed: the input must be [N,3,H,W], not [1, 4, 5, 5]", () => RunOnce(Tensor.Ones([1, 4, 5, 5])) },
        { "PackedConvolution.Run(float64[1,3,5,5], none) failed: the input must be Float on the CPU as the weight is, not Double on cpu", () => RunOnce(Tensor.Ones([1, 3, 5, 5], DType.Float64)) },
        { "PackedConvolution.Run(float32[1,3,2,5], none) failed: a window of 3 does not fit the padded extent 2 of the input [1, 3, 2, 5]", () => RunOnce(Tensor.Ones([1, 3, 2, 5])) },
        { "PackedConvolution.Run(float32[1,3,3,3], float32[1,2,1,2]) failed: the residual must be Float [1, 2, 1, 1], not Float [1, 2, 1, 2]", () => RunOnce(Tensor.Ones([1, 3, 3, 3]), Tensor.Ones([1, 2, 1, 2])) },
        { "PackedConvolution.Run(float32[1,3,3,3], none) failed: a prepared convolution records no gradients; disable them, or use Conv2d", () => RunOnce(Differentiable()) },
    };

    [PreparedTheory]
    [MemberData(nameof(Mistakes))]
    public void Mistake_is_named(string message, Action mistake)
    {
        var fault = Assert.Throws<TorchException>(mistake);

        Assert.Equal(message, fault.Message);
    }

    [PreparedFact]
    public void Three_strides_are_refused() => Assert.StartsWith(
        "Cannot prepare a convolution: stride must be [h, w], not 3 numbers.",
        Assert.Throws<ArgumentException>(() => new PackedConvolution(Tensor.Ones([1, 1, 1, 1]), stride: [1, 1, 1])).Message,
        StringComparison.Ordinal);

    /// <summary>What every build says of a type that none prepares, and what a build without oneDNN says of all.</summary>
    [Fact]
    public void Types_that_cannot_be_prepared_are_known_before_trying()
    {
        Assert.False(PackedConvolution.Supports(DType.Float64));
        if (!PackedConvolution.Supports(DType.Float32))
        {
            var fault = Assert.Throws<TorchException>(() => new PackedConvolution(Tensor.Ones([1, 1, 1, 1])));
            Assert.Matches("failed: (this build has no oneDNN of its own; install libdnnl-dev, unset COPPICE_LIBTORCH and build again|the weight must be float32)", fault.Message);
        }
    }

    private static Tensor Differentiable()
    {
        var x = Tensor.Ones([1, 3, 3, 3]);
        x.RequiresGrad = true;
        return x;
    }

    private static void RunOnce(Tensor x, Tensor? residual = null)
    {
        using var convolution = new PackedConvolution(Tensor.Ones([2, 3, 3, 3]));
        convolution.Run(x, residual);
    }

    /// <summary>Both ways of adding sum in another order.</summary>
    private static void AssertSame(float[] separate, Tensor inPlace) =>
        AssertClose([.. separate.Select(value => (double)value)], inPlace.ToArray<float>(), DType.Float32);

    /// <summary>In single precision 1e-5 of the largest element; a bfloat16 result is besides rounded to 8 significant bits: off by at most 2^-8 of itself.</summary>
    private static void AssertClose(double[] expected, float[] actual, DType dtype)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Max(Math.Abs), rounding = dtype == DType.BFloat16 ? 1.0 / 256 : 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double allowed = (1e-5 * largest) + (rounding * Math.Abs(expected[i]));
            Assert.True(Math.Abs(expected[i] - actual[i]) <= allowed, $"Element {i} is {actual[i]}, not {expected[i]} ± {allowed}; the largest is {largest}.");
        }
    }
}
