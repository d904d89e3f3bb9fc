using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

public sealed class TensorAutogradTests : LeakCheck
{
    [Fact]
    public void Backward_accumulates_into_Grad_until_it_is_cleared()
    {
        var x = Leaf(3);

        x.Multiply(x).Backward();
        Assert.Equal(6, x.Grad!.Item());
        x.Multiply(x).Backward();
        Assert.Equal(12, x.Grad!.Item());
        x.Grad = null;

        Assert.Null(x.Grad);
    }

    [Fact]
    public void Backward_takes_the_gradient_of_a_result_with_many_elements()
    {
        var x = Leaf(1, 2);

        x.Multiply(3).Backward(Tensor.FromArray([1.0, 10.0], 2));

        Assert.Equal([3.0, 30.0], x.Grad!.ToArray<double>());
    }

    [Fact]
    public void Backward_without_history_is_refused()
    {
        var error = Assert.Throws<TorchException>(() => Tensor.Scalar(1).Backward());

        Assert.Equal("Backward", error.Operation);
        Assert.StartsWith("Backward(float32[], none) failed: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gradient_of_another_shape_is_refused()
    {
        var x = Leaf(1, 2);

        Assert.Throws<TorchException>(() => x.Grad = Tensor.Zeros([3], DType.Float64));
    }

    [Fact]
    public void Grad_returns_gradients_and_leaves_the_leaves_alone()
    {
        var (a, b) = (Leaf(2), Leaf(5));

        var gradients = Autograd.Grad(a.Multiply(a).Multiply(b), [a, b]);

        Assert.Equal([20.0, 4.0], gradients.Select(g => g.Item()));
        Assert.Null(a.Grad);
    }

    [Fact]
    public void Grad_of_a_gradient_is_the_second_derivative()
    {
        var x = Leaf(2);
        var first = Autograd.Grad(x.Power(3), [x], createGraph: true)[0]; // 3x²

        Assert.Equal(12, first.Item());
        Assert.Equal(12, Autograd.Grad(first, [x])[0].Item()); // 6x
    }

    [Fact]
    public void Grad_of_something_unused_is_refused()
    {
        var (x, unused) = (Leaf(1), Leaf(1));

        Assert.Throws<TorchException>(() => Autograd.Grad(x.Multiply(2), [unused]));
    }

    [Fact]
    public void Gradients_equal_finite_differences_through_a_small_network()
    {
        var x = Noise.Normal(1, [2, 2, 4, 4], DType.Float64);
        var weight = Noise.Normal(2, [3, 2, 3, 3], DType.Float64);
        var (scale, offset) = (Noise.Normal(3, [3], DType.Float64), Noise.Normal(4, [3], DType.Float64));
        var head = Noise.Normal(5, [2, 3], DType.Float64);
        var target = Tensor.FromArray([1L, 0], 2);

        Tensor Loss() => x.Conv2d(weight, padding: [1, 1])
            .BatchNormAct(scale, offset, null, null, training: true) // float64: composed of ATen's operators
            .AveragePool2d([2, 2]).Mean([2, 3]).Tanh()
            .Linear(head).CrossEntropy(target);

        foreach (var parameter in new[] { x, weight, scale, offset, head }) AssertGradient(parameter, Loss);
    }

    [Fact]
    public void RequiresGrad_marks_leaves_and_their_results()
    {
        var x = Tensor.Zeros([1]);
        Assert.False(x.RequiresGrad);

        x.RequiresGrad = true;

        Assert.True(x.Multiply(2).RequiresGrad);
        Assert.False(x.Detach().RequiresGrad);
        Assert.Throws<TorchException>(() => Tensor.Zeros([1], DType.Int64).RequiresGrad = true);
    }

    [Fact]
    public void Disabled_grad_mode_records_nothing_and_ends_with_its_scope()
    {
        var x = Leaf(1);

        using (GradMode.Disable())
        {
            Assert.False(GradMode.IsEnabled);
            Assert.False(x.Multiply(2).RequiresGrad);
            using (GradMode.Enable()) Assert.True(x.Multiply(2).RequiresGrad);
            x.AddInPlace(1);
        }

        Assert.True(GradMode.IsEnabled);
        Assert.True(x.Multiply(2).RequiresGrad);
        Assert.Equal(2, x.Item());
    }

    [Fact]
    public void Inference_mode_makes_tensors_that_cannot_be_recorded_later()
    {
        var x = Leaf(2);
        Tensor made;

        using (InferenceMode.Enable())
        {
            Assert.True(InferenceMode.IsEnabled);
            made = x.Multiply(2);
        }

        Assert.False(InferenceMode.IsEnabled);
        Assert.False(made.RequiresGrad);
        Assert.Throws<TorchException>(() => x.Multiply(made));
    }

    private static Tensor Leaf(params double[] values)
    {
        var leaf = Tensor.FromArray(values, values.Length == 1 ? [] : [values.Length]);
        leaf.RequiresGrad = true;
        return leaf;
    }

    /// <summary>Compares with (L(p + h) − L(p − h)) / 2h, whose own error is about h² = 1e-10.</summary>
    private static void AssertGradient(Tensor parameter, Func<Tensor> loss)
    {
        const double h = 1e-5;
        parameter.RequiresGrad = true;
        double[] gradient = Autograd.Grad(loss(), [parameter])[0].ToArray<double>();
        parameter.RequiresGrad = false;
        using var noGradients = GradMode.Disable();
        var elements = parameter.View(-1);
        for (int i = 0; i < gradient.Length; i++)
        {
            using var scope = new TensorScope();
            var element = elements.Select(0, i);
            double up = LossAt(element, h, loss), down = LossAt(element, -h, loss);
            Assert.Equal((up - down) / (2 * h), gradient[i], 1e-7);
        }
    }

    private static double LossAt(Tensor element, double step, Func<Tensor> loss)
    {
        element.AddInPlace(step);
        double value = loss().Item();
        element.AddInPlace(-step);
        return value;
    }
}
