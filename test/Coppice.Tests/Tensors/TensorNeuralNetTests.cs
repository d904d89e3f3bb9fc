using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

public sealed class TensorNeuralNetTests : LeakCheck
{
    private static Tensor Counting(params long[] shape)
    {
        int length = (int)shape.Aggregate((a, b) => a * b);
        return Tensor.FromArray(Enumerable.Range(1, length).Select(i => (float)i).ToArray(), shape);
    }

    [Fact]
    public void Conv2d_is_a_cross_correlation_with_bias()
    {
        var x = Counting(1, 1, 3, 3);
        var weight = Tensor.FromArray([1f, 0, 0, 2], 1, 1, 2, 2);

        var y = x.Conv2d(weight, Tensor.FromArray([100f], 1));

        Assert.Equal([1L, 1, 2, 2], y.Shape);
        Assert.Equal([111f, 114, 120, 123], y.ToArray<float>()); // 1 + 2·5, 2 + 2·6, 4 + 2·8, 5 + 2·9
    }

    [Fact]
    public void Conv2d_takes_stride_padding_and_dilation_as_height_and_width()
    {
        var x = Counting(1, 1, 4, 5);
        var ones = Tensor.Ones([1, 1, 3, 1]);

        Assert.Equal([1L, 1, 2, 2], x.Conv2d(ones, stride: [1, 3]).Shape);
        Assert.Equal([1L, 1, 4, 5], x.Conv2d(ones, padding: [1, 0]).Shape);
        Assert.Equal([1L, 1, 2, 5], x.Conv2d(ones, padding: [1, 0], dilation: [2, 1]).Shape);
    }

    [Fact]
    public void Conv2d_with_groups_keeps_them_apart()
    {
        var x = Counting(1, 2, 1, 1); // channels 1 and 2
        var weight = Tensor.FromArray([10f, 100f], 2, 1, 1, 1);

        Assert.Equal([10f, 200], x.Conv2d(weight, groups: 2).ToArray<float>());
    }

    [Fact]
    public void Conv2d_with_a_wrong_weight_names_operator_shapes_and_reason()
    {
        var error = Assert.Throws<TorchException>(() => Tensor.Zeros([1, 3, 8, 8]).Conv2d(Tensor.Zeros([4, 2, 3, 3])));

        Assert.Equal("aten::conv2d", error.Operation);
        Assert.StartsWith("aten::conv2d(float32[1,3,8,8], float32[4,2,3,3], none, [1, 1], [0, 0], [1, 1], 1) failed: Given groups=1", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("frame #", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Linear_multiplies_by_the_transposed_weight()
    {
        var y = Tensor.FromArray([1f, 2], 1, 2).Linear(Tensor.FromArray([1f, 10, 100, 1000], 2, 2), Tensor.FromArray([0.5f, 0], 2));

        Assert.Equal([21.5f, 2100], y.ToArray<float>());
    }

    [Fact]
    public void Relu_cuts_negatives_and_lets_NaN_through()
    {
        var x = Tensor.FromArray([-1f, 2, float.NaN], 3);

        Assert.Equal([0f, 2, float.NaN], x.Relu().ToArray<float>());
        Assert.Equal([0f, 2, float.NaN], x.ReluInPlace().ToArray<float>());
        Assert.Equal([0f, 2, float.NaN], x.ToArray<float>());
    }

    [Fact]
    public void Softmax_sums_to_one_and_LogSoftmax_survives_large_logits()
    {
        var x = Tensor.FromArray([0f, MathF.Log(3)], 1, 2);

        Assert.Equal([0.25f, 0.75f], x.Softmax(1).ToArray<float>().Select(v => MathF.Round(v, 6)));
        Assert.Equal([-1000f, 0], Tensor.FromArray([0f, 1000], 1, 2).LogSoftmax(1).ToArray<float>());
    }

    [Fact]
    public void MaxPool2d_takes_the_largest_of_each_window()
    {
        var x = Counting(1, 1, 3, 3);

        Assert.Equal([5f, 6, 8, 9], x.MaxPool2d([2, 2], [1, 1]).ToArray<float>());
        Assert.Equal([5f], x.MaxPool2d([2, 2]).ToArray<float>());
        Assert.Equal([5f, 6, 8, 9], x.MaxPool2d([2, 2], ceilMode: true).ToArray<float>());
        Assert.Equal([1f, 3, 7, 9], x.MaxPool2d([2, 2], padding: [1, 1]).ToArray<float>());
        Assert.Equal([9f], x.MaxPool2d([2, 2], [1, 1], dilation: [2, 2]).ToArray<float>());
    }

    [Fact]
    public void AveragePool2d_counts_padding_only_when_told()
    {
        var x = Counting(1, 1, 2, 2);

        Assert.Equal([2.5f], x.AveragePool2d([2, 2]).ToArray<float>());
        Assert.Equal([0.25f, 0.5f, 0.75f, 1], x.AveragePool2d([2, 2], [2, 2], [1, 1]).ToArray<float>());
        Assert.Equal([1f, 2, 3, 4], x.AveragePool2d([2, 2], [2, 2], [1, 1], countIncludePad: false).ToArray<float>());
        Assert.Equal([2.5f], x.AdaptiveAveragePool2d(1, 1).ToArray<float>());
    }

    [Fact]
    public void LocalResponseNorm_divides_by_the_scaled_squares_of_the_neighbours()
    {
        var x = Counting(1, 3, 1, 1); // 1, 2, 3; squares 1, 4, 9

        var y = x.LocalResponseNorm(size: 3, alpha: 3, beta: 1, k: 1).ToArray<float>();

        Assert.Equal([1f / 6, 2f / 15, 3f / 14], y, Close); // k + alpha/size · (1 + 4), (1 + 4 + 9), (4 + 9)
    }

    [Fact]
    public void LocalResponseNorm_with_an_even_window_leans_to_the_higher_channels_as_in_onnx()
    {
        var y = Counting(1, 3, 1, 1).LocalResponseNorm(size: 2, alpha: 2, beta: 1, k: 1).ToArray<float>();

        Assert.Equal([1f / 6, 2f / 14, 3f / 10], y, Close); // (1 + 4), (4 + 9), (9)
    }

    [Fact]
    public void Dropout_scales_what_it_keeps_and_does_nothing_when_evaluating()
    {
        var x = Tensor.Ones([1000]);
        TorchRuntime.Seed(3);

        var dropped = x.Dropout(0.75, training: true).ToArray<float>();

        Assert.Equal([0f, 4f], dropped.Distinct().Order());
        Assert.InRange(dropped.Count(v => v > 0), 200, 300); // 250 ± 3.6 standard deviations of 13.7
        Assert.Equal(x.ToArray<float>(), x.Dropout(0.75, training: false).ToArray<float>());
    }

    [Fact]
    public void The_same_seed_gives_the_same_random_numbers()
    {
        Assert.Equal(Noise.Normal(5, [4]).ToArray<float>(), Noise.Normal(5, [4]).ToArray<float>());
        Assert.NotEqual(Noise.Normal(5, [4]).ToArray<float>(), Noise.Normal(6, [4]).ToArray<float>());
    }

    [Fact]
    public void CrossEntropy_is_the_mean_negative_log_probability_of_the_target()
    {
        var logits = Tensor.FromArray([0f, MathF.Log(3), 0, 0], 2, 2); // probabilities 1/4 3/4, 1/2 1/2
        var target = Tensor.FromArray([1L, 0], 2);

        Assert.Equal((Math.Log(4.0 / 3) + Math.Log(2)) / 2, logits.CrossEntropy(target).Item(), 6);
    }

    [Fact]
    public void CrossEntropy_with_label_smoothing_mixes_in_the_uniform_distribution()
    {
        var logits = Tensor.FromArray([0f, MathF.Log(3)], 1, 2);

        double expected = 0.9 * Math.Log(4.0 / 3) + 0.1 * Math.Log(4); // target 0.8 + 0.2/2, other 0.2/2

        Assert.Equal(expected, logits.CrossEntropy(Tensor.FromArray([1L], 1), labelSmoothing: 0.2).Item(), 6);
    }

    [Fact]
    public void KlDiv_is_the_divergence_per_image()
    {
        var logQ = Tensor.FromArray([0.5f, 0.5f, 0.5f, 0.5f], 2, 2).Log();
        var p = Tensor.FromArray([0.25f, 0.75f, 0.5f, 0.5f], 2, 2);
        double expected = ((0.25 * Math.Log(0.5)) + (0.75 * Math.Log(1.5))) / 2;

        Assert.Equal(expected, logQ.KlDiv(p).Item(), 6);
        Assert.Equal(expected, logQ.KlDiv(p.Log(), logTarget: true).Item(), 6);
    }

    [Fact]
    public void BatchNorm_normalises_each_channel()
    {
        var x = Tensor.FromArray([1f, 3, 10, 30], 2, 2).Transpose(0, 1); // channel 0: 1, 3... by rows: [1, 10], [3, 30]
        var mean = Tensor.Zeros([2]);
        var variance = Tensor.Ones([2]);

        var y = x.BatchNorm(null, null, mean, variance, training: true, momentum: 0.5, eps: 0);

        Assert.Equal([-1f, -1, 1, 1], y.ToArray<float>(), Close);
        Assert.Equal([1f, 10], mean.ToArray<float>());       // (0 + 2) / 2, (0 + 20) / 2
        Assert.Equal([1.5f, 100.5f], variance.ToArray<float>()); // (1 + 2) / 2, (1 + 200) / 2: unbiased
    }

    private static bool Close(float a, float b) => MathF.Abs(a - b) <= 1e-6f;
}
