using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

/// <summary>The fused kernel against its slow twin: ATen's batch_norm, add and relu in double precision.</summary>
public sealed class BatchNormActTests : LeakCheck
{
    private const double Momentum = 0.3;
    private const double Epsilon = 1e-3;

    public static TheoryData<int, DType, bool, bool, bool> Cases()
    {
        var cases = new TheoryData<int, DType, bool, bool, bool>();
        int[] channels = [1, 3, 7, 8, 13, 16, 31, 33];
        bool[] choices = [false, true];
        foreach (int count in channels)
            foreach (var dtype in new[] { DType.Float32, DType.BFloat16 })
                foreach (bool training in choices)
                    foreach (bool relu in choices)
                        foreach (bool residual in choices) cases.Add(count, dtype, training, relu, residual);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void BatchNormAct_equals_batch_norm_add_relu_on_images(int channels, DType dtype, bool training, bool relu, bool residual)
    {
        var problem = new Problem([3, channels, 6, 5], dtype, residual);

        AssertSame(problem.Reference(training, relu), problem.Fused(training, relu), dtype);
    }

    [Theory]
    [InlineData(1, DType.Float32, true)]
    [InlineData(13, DType.Float32, true)]
    [InlineData(33, DType.Float32, false)]
    [InlineData(13, DType.BFloat16, true)]
    [InlineData(31, DType.BFloat16, false)]
    public void BatchNormAct_equals_batch_norm_add_relu_on_vectors(int channels, DType dtype, bool training)
    {
        var problem = new Problem([40, channels], dtype, residual: true);

        AssertSame(problem.Reference(training, relu: true), problem.Fused(training, relu: true), dtype);
    }

    /// <summary>Over its own input: the same bits, in the input's memory; but never over what a way back may need, nor over a residual that is the input itself.</summary>
    [Theory]
    [InlineData(DType.Float32, false)]
    [InlineData(DType.Float32, true)]
    [InlineData(DType.BFloat16, true)]
    public void BatchNormAct_may_work_in_place(DType dtype, bool residual)
    {
        Tensor[] vectors = [.. Enumerable.Range(0, 4).Select(i => Noise.Normal(20 + i, [13]).Multiply(0.1).Add(1))];
        var x = Noise.Normal(1, [3, 13, 6, 5]).To(dtype).Contiguous(MemoryFormat.ChannelsLast);
        var added = residual ? Noise.Normal(2, [3, 13, 6, 5]).To(dtype).Contiguous(MemoryFormat.ChannelsLast) : null;
        Tensor Run(Tensor input, Tensor? other, bool mayOverwrite) => input.BatchNormAct(vectors[0], vectors[1], null, null, training: true, residual: other, mayOverwrite: mayOverwrite);
        float[] before = x.To(DType.Float32).ToArray<float>();

        float[] expected = Run(x, added, mayOverwrite: false).To(DType.Float32).ToArray<float>();
        float[] withGradients = Run(x, added, mayOverwrite: true).To(DType.Float32).ToArray<float>();
        using var gradients = GradMode.Disable();
        float[] overItself = Run(x, x, mayOverwrite: true).To(DType.Float32).ToArray<float>();
        Assert.Equal(before, x.To(DType.Float32).ToArray<float>());
        float[] inPlace = Run(x, added, mayOverwrite: true).To(DType.Float32).ToArray<float>();

        Assert.Equal(expected, withGradients);
        Assert.Equal(expected, inPlace);
        Assert.Equal(expected, x.To(DType.Float32).ToArray<float>());
        Assert.Equal(overItself.Length, expected.Length);
    }

    /// <summary>Widths around the places where the kernel changes its period (256 and 512), and enough rows for several chunks.</summary>
    [Theory]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(511)]
    [InlineData(513)]
    public void BatchNormAct_equals_its_reference_for_wide_inputs_in_many_chunks(int channels)
    {
        var problem = new Problem([4, channels, 9, 9], DType.Float32, residual: true);

        AssertSame(problem.Reference(training: true, relu: true), problem.Fused(training: true, relu: true), DType.Float32);
    }

    [Fact]
    public void BatchNormAct_accepts_any_order_in_memory_and_returns_channels_last()
    {
        var problem = new Problem([3, 5, 6, 4], DType.Float32, residual: true);
        var expected = problem.Fused(training: true, relu: true);
        var everySecondColumn = Tensor.Zeros([3, 5, 6, 8]).Slice(3, 0, step: 2).CopyFrom(problem.X);
        var transposed = problem.Residual!.Transpose(2, 3).Contiguous().Transpose(2, 3);

        var actual = problem.Fused(training: true, relu: true, everySecondColumn, transposed);

        Assert.False(everySecondColumn.IsContiguous());
        Assert.Equal(expected.Arrays(), actual.Arrays());
        Assert.True(problem.LastResult!.IsContiguous(MemoryFormat.ChannelsLast));
    }

    [Fact]
    public void BatchNormAct_has_hand_worked_values()
    {
        var x = Tensor.FromArray([1f, 10, 3, 30], 2, 2);
        var (mean, variance) = (Tensor.FromArray([4f, 0], 2), Tensor.FromArray([1f, 1], 2));
        var (weight, bias) = (Tensor.FromArray([2f, -1], 2), Tensor.FromArray([1f, 0.5f], 2));

        var y = x.BatchNormAct(weight, bias, mean, variance, training: true, momentum: 0.5, eps: 0);

        Assert.Equal([0f, 1.5f, 3, 0], y.ToArray<float>());       // 1 ∓ 2, 0.5 ± 1, then the ReLU
        Assert.Equal([3f, 10], mean.ToArray<float>());            // (4 + 2) / 2, (0 + 20) / 2
        Assert.Equal([1.5f, 100.5f], variance.ToArray<float>());  // (1 + 2) / 2, (1 + 200) / 2: unbiased
    }

    /// <summary>Fused, in place and composed of ATen's operators (float64): values 1, 3, whose variance is 1, or 2 unbiased; half of it comes to half of 8.</summary>
    [Theory]
    [InlineData(DType.Float32, false)]
    [InlineData(DType.BFloat16, false)]
    [InlineData(DType.BFloat16, true)]
    [InlineData(DType.Float64, false)]
    public void The_running_variance_may_be_that_of_the_batch(DType dtype, bool mayOverwrite)
    {
        var parameters = dtype == DType.Float64 ? DType.Float64 : DType.Float32;
        var (one, zero) = (Tensor.Ones([1]).To(parameters), Tensor.Zeros([1]).To(parameters));
        double Variance(bool unbiased)
        {
            var variance = Tensor.FromArray([8f], 1).To(parameters);
            Tensor.FromArray([1f, 3], 2, 1).To(dtype).BatchNormAct(one, zero, zero.Clone(), variance, training: true, momentum: 0.5, unbiased: unbiased, mayOverwrite: mayOverwrite);
            return variance.Item();
        }

        Assert.Equal((4.5, 5.0), (Variance(unbiased: false), Variance(unbiased: true)));
    }

    [Fact]
    public void A_momentum_of_one_over_the_step_gives_the_plain_average()
    {
        var (mean, variance) = (Tensor.Zeros([1]), Tensor.Zeros([1]));
        var (weight, bias) = (Tensor.Ones([1]), Tensor.Zeros([1]));
        float[] centres = [3, 5, 13]; // batches {c − 1, c + 1}

        for (int t = 1; t <= centres.Length; t++)
        {
            float centre = centres[t - 1];
            Tensor.FromArray([centre - 1, centre + 1], 2, 1).BatchNormAct(weight, bias, mean, variance, training: true, momentum: 1.0 / t);
        }

        Assert.Equal(7, mean.Item(), 1e-5);
        Assert.Equal(2, variance.Item(), 1e-5);
    }

    [Fact]
    public void The_variance_does_not_cancel_when_the_mean_is_large()
    {
        float[] values = [.. Enumerable.Range(0, 4000).Select(i => 10_000 + (i % 2 == 0 ? -0.5f : 0.5f))]; // standard deviation 0.5
        var variance = Tensor.Zeros([1]);

        var y = Tensor.FromArray(values, values.Length, 1)
            .BatchNormAct(Tensor.Ones([1]), Tensor.Zeros([1]), Tensor.Zeros([1]), variance, training: true, momentum: 1, eps: 0, relu: false);

        Assert.Equal(0.25 * 4000 / 3999, variance.Item(), 1e-6);
        Assert.All(y.ToArray<float>(), v => Assert.Equal(1, MathF.Abs(v), 1e-4f));
    }

    [Theory]
    [InlineData(DType.Float32)]
    [InlineData(DType.BFloat16)]
    public void NaN_is_not_hidden(DType dtype)
    {
        var x = Tensor.FromArray([1f, float.NaN, 3, 4], 2, 2).To(dtype);

        var y = x.BatchNormAct(Tensor.Ones([2]), Tensor.Zeros([2]), null, null, training: true).To(DType.Float32).ToArray<float>();

        Assert.Equal([false, true, false, true], y.Select(float.IsNaN));
    }

    [Fact]
    public void Bfloat16_results_are_rounded_to_nearest_and_ties_to_even()
    {
        var x = Tensor.FromArray([1f, 1.0078125f, 1f], 3, 1).To(DType.BFloat16);
        var residual = Tensor.FromArray([1f / 256, 1f / 256, 1f / 255], 3, 1).To(DType.BFloat16); // half a unit, half, a little more
        var (zero, one) = (Tensor.Zeros([1]), Tensor.Ones([1]));

        var y = x.BatchNormAct(one, zero, zero, one, training: false, eps: 0, relu: false, residual: residual);

        Assert.Equal([1f, 1.015625f, 1.0078125f], y.To(DType.Float32).ToArray<float>());
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads()
    {
        int threads = TorchRuntime.Threads;
        try
        {
            var problem = new Problem([8, 13, 40, 40], DType.Float32, residual: true);
            TorchRuntime.Threads = 1;
            var one = problem.Fused(training: true, relu: true);
            TorchRuntime.Threads = 2;
            var two = problem.Fused(training: true, relu: true);

            Assert.Equal(one.Arrays(), two.Arrays());
        }
        finally
        {
            TorchRuntime.Threads = threads;
        }
    }

    [Theory]
    [InlineData(DType.Float32)]
    [InlineData(DType.BFloat16)]
    public void Every_cpu_generation_gives_the_same_bits(DType dtype)
    {
        try
        {
            var problem = new Problem([3, 13, 17, 11], dtype, residual: true);
            TorchRuntime.SelectCpuKernel(2);
            var expected = problem.Fused(training: true, relu: true).Arrays();
            Assert.Equal("v2", TorchRuntime.CpuKernel);

            foreach (int level in Runnable())
            {
                TorchRuntime.SelectCpuKernel(level);
                Assert.Equal(FormattableString.Invariant($"v{level}"), TorchRuntime.CpuKernel);
                Assert.Equal(expected, problem.Fused(training: true, relu: true).Arrays());
            }
        }
        finally
        {
            TorchRuntime.SelectCpuKernel(0);
        }
    }

    [Fact]
    public void Without_a_choice_the_newest_generation_that_the_cpu_has_is_used()
    {
        Assert.Equal(FormattableString.Invariant($"v{Runnable().Last()}"), TorchRuntime.CpuKernel);
    }

    [Fact]
    public void Parameters_that_are_float64_take_the_composed_path_with_the_same_result()
    {
        var problem = new Problem([3, 5, 4, 4], DType.Float64, residual: true);

        AssertSame(problem.Reference(training: true, relu: true), problem.Fused(training: true, relu: true), DType.Float64);
    }

    [Fact]
    public void Gradients_are_not_computed_where_none_are_wanted()
    {
        using var mode = InferenceMode.Enable();
        var y = Tensor.Ones([2, 3, 2, 2]).BatchNormAct(Tensor.Ones([3]), Tensor.Zeros([3]), Tensor.Zeros([3]), Tensor.Ones([3]), training: false);

        Assert.False(y.RequiresGrad);
    }

    [Fact]
    public void A_second_derivative_is_refused_instead_of_being_wrong()
    {
        var x = Noise.Normal(1, [4, 2]);
        x.RequiresGrad = true;
        var y = x.BatchNormAct(Tensor.Ones([2]), Tensor.Zeros([2]), null, null, training: true).Sum();

        var error = Assert.Throws<TorchException>(() => Autograd.Grad(y, [x], createGraph: true));

        Assert.Contains("no second derivative", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_arguments_are_named()
    {
        var (x, one, two) = (Tensor.Ones([2, 2, 1, 1]), Tensor.Ones([1]), Tensor.Ones([2]));

        Refuses("weight has shape [1], the input has 2 channels", () => x.BatchNormAct(one, two, two, two, training: false));
        Refuses("running variance has shape [1], the input has 2 channels", () => x.BatchNormAct(two, two, two, one, training: false));
        Refuses("evaluation needs running statistics", () => x.BatchNormAct(two, two, null, null, training: false));
        Refuses("the residual has shape [2], the input [2, 2, 1, 1]", () => x.BatchNormAct(two, two, two, two, training: false, residual: two));
        Refuses("the input must be [N,C,H,W] or [N,C], not [2]", () => two.BatchNormAct(two, two, two, two, training: false));
        Refuses("training needs more than one value per channel", () => Tensor.Ones([1, 2]).BatchNormAct(two, two, two, two, training: true));
    }

    [Fact]
    public void An_empty_batch_gives_an_empty_result()
    {
        var two = Tensor.Ones([2]);

        Assert.Equal([0L, 2, 3, 3], Tensor.Zeros([0, 2, 3, 3]).BatchNormAct(two, two, two, two, training: false).Shape);
    }

    private static void Refuses(string reason, Func<Tensor> call)
    {
        var error = Assert.Throws<TorchException>(call);
        Assert.StartsWith("BatchNormAct(float32[", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<int> Runnable()
    {
        yield return 2;
        if (System.Runtime.Intrinsics.X86.Avx2.IsSupported) yield return 3;
        if (System.Runtime.Intrinsics.X86.Avx512BW.VL.IsSupported) yield return 4;
    }

    /// <summary>
    /// Both compute in float32 what the reference computes in double, from inputs that are exact in both. Only the activations and
    /// their gradients are rounded to the activations' type, half a unit in the last place: 2⁻⁸ relative for bfloat16. Parameter
    /// gradients are always float32 sums of about a hundred terms.
    /// </summary>
    private static void AssertSame(Outcome expected, Outcome actual, DType dtype)
    {
        double rounding = dtype == DType.BFloat16 ? 1.0 / 256 : 0;
        AssertClose(expected.Y, actual.Y, rounding);
        AssertClose(expected.InputGradient, actual.InputGradient, rounding);
        AssertClose(expected.ResidualGradient, actual.ResidualGradient, rounding);
        AssertClose(expected.WeightGradient, actual.WeightGradient, 0);
        AssertClose(expected.BiasGradient, actual.BiasGradient, 0);
        AssertClose(expected.Mean, actual.Mean, 0);
        AssertClose(expected.Variance, actual.Variance, 0);
    }

    private static void AssertClose(double[] expected, double[] actual, double rounding)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = expected.Select(Math.Abs).DefaultIfEmpty(0).Max();
        for (int i = 0; i < expected.Length; i++)
        {
            double allowed = (rounding * Math.Abs(expected[i])) + (4e-6 * Math.Max(1, scale));
            Assert.True(Math.Abs(expected[i] - actual[i]) <= allowed, $"[{i}]: expected {expected[i]:R}, got {actual[i]:R}, allowed ± {allowed:R}");
        }
    }

    private sealed record Outcome(
        double[] Y, double[] InputGradient, double[] ResidualGradient, double[] WeightGradient, double[] BiasGradient, double[] Mean, double[] Variance)
    {
        internal double[][] Arrays() => [Y, InputGradient, ResidualGradient, WeightGradient, BiasGradient, Mean, Variance];
    }

    /// <summary>Inputs of one case; a loss Σ y · g makes g the gradient of y.</summary>
    private sealed class Problem
    {
        private readonly DType _dtype;
        private readonly Tensor _g, _weight, _bias, _mean, _variance;

        internal Problem(long[] shape, DType dtype, bool residual)
        {
            _dtype = dtype;
            long[] channels = [shape[1]];
            X = Noise.Normal(1, shape).Multiply(2).Add(1).To(dtype);
            Residual = residual ? Noise.Normal(2, shape).To(dtype) : null;
            _g = Noise.Normal(3, shape).To(dtype);
            _weight = Noise.Normal(4, channels);
            _bias = Noise.Normal(5, channels);
            _mean = Noise.Normal(6, channels);
            _variance = Noise.Normal(7, channels).Exp();
        }

        internal Tensor X { get; }

        internal Tensor? Residual { get; }

        internal Tensor? LastResult { get; private set; }

        internal Outcome Fused(bool training, bool relu, Tensor? x = null, Tensor? residual = null) => Run(
            x ?? X, residual ?? Residual, _dtype, _dtype == DType.Float64 ? DType.Float64 : DType.Float32,
            (input, added, w, b, m, v) => input.BatchNormAct(w, b, m, v, training, Momentum, Epsilon, relu, added));

        internal Outcome Reference(bool training, bool relu) => Run(X, Residual, DType.Float64, DType.Float64, (input, added, w, b, m, v) =>
        {
            var y = input.BatchNorm(w, b, m, v, training, Momentum, Epsilon);
            if (added is not null) y = y.Add(added);
            return relu ? y.Relu() : y;
        });

        private Outcome Run(
            Tensor x, Tensor? residual, DType activations, DType parameters, Func<Tensor, Tensor?, Tensor, Tensor, Tensor, Tensor, Tensor> forward)
        {
            Tensor input = Leaf(x, activations), weight = Leaf(_weight, parameters), bias = Leaf(_bias, parameters);
            var added = residual is null ? null : Leaf(residual, activations);
            Tensor mean = _mean.To(parameters).Clone(), variance = _variance.To(parameters).Clone();

            var y = forward(input, added, weight, bias, mean, variance);
            y.Backward(_g.To(activations));

            LastResult = y;
            return new(
                Values(y), Values(input.Grad!), added is null ? [] : Values(added.Grad!), Values(weight.Grad!), Values(bias.Grad!), Values(mean), Values(variance));
        }

        private static Tensor Leaf(Tensor values, DType dtype)
        {
            var leaf = values.Detach().To(dtype);
            if (leaf.IsContiguous()) leaf = leaf.Clone();
            leaf.RequiresGrad = true;
            return leaf;
        }

        private static double[] Values(Tensor t) => t.To(DType.Float64).ToArray<double>();
    }
}
