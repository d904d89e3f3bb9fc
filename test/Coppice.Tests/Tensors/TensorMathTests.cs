using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

public sealed class TensorMathTests : LeakCheck
{
    [Fact]
    public void Add_scales_the_second_operand_by_alpha()
    {
        Assert.Equal([6f, 12], F(1, 2).Add(F(10, 20), alpha: 0.5).ToArray<float>());
        Assert.Equal([3f, 4], F(1, 2).Add(2).ToArray<float>());
    }

    [Fact]
    public void In_place_operations_change_the_tensor_and_return_it()
    {
        var x = F(1, 2);

        Assert.Same(x, x.AddInPlace(F(1, 1), alpha: -1));
        Assert.Equal([0f, 1], x.ToArray<float>());
        Assert.Equal([0.5f, 1.5f], x.AddInPlace(0.5).ToArray<float>());
        Assert.Equal([1f, 3], x.MultiplyInPlace(2).ToArray<float>());
        Assert.Equal([3f, 12], x.MultiplyInPlace(F(3, 4)).ToArray<float>());
        Assert.Equal([4f, 10], x.ClampInPlace(4, 10).ToArray<float>());
    }

    [Fact]
    public void Arithmetic_is_element_by_element()
    {
        Assert.Equal([-2f, 1], F(1, 3).Subtract(F(3, 2)).ToArray<float>());
        Assert.Equal([-1f, 1], F(1, 3).Subtract(2).ToArray<float>());
        Assert.Equal([3f, 6], F(1, 3).Multiply(F(3, 2)).ToArray<float>());
        Assert.Equal([2f, 6], F(1, 3).Multiply(2).ToArray<float>());
        Assert.Equal([0.25f, 1.5f], F(1, 3).Divide(F(4, 2)).ToArray<float>());
        Assert.Equal([0.5f, 1.5f], F(1, 3).Divide(2).ToArray<float>());
        Assert.Equal([-1f, 3], F(1, -3).Negate().ToArray<float>());
    }

    [Fact]
    public void Integers_stay_integers_with_a_whole_scalar_and_become_floats_in_a_division()
    {
        var x = Tensor.FromArray([3L], 1);

        Assert.Equal(DType.Int64, x.Add(1).DType);
        Assert.Equal(DType.Float32, x.Add(0.5).DType);
        Assert.Equal([1.5f], x.Divide(2).ToArray<float>());
    }

    [Fact]
    public void Operands_are_broadcast()
    {
        var table = F(0, 10).Reshape(2, 1).Add(F(1, 2, 3));

        Assert.Equal([2L, 3], table.Shape);
        Assert.Equal([1f, 2, 3, 11, 12, 13], table.ToArray<float>());
    }

    [Fact]
    public void Functions_have_their_textbook_values()
    {
        Assert.Equal([2f, 3], F(4, 9).Sqrt().ToArray<float>());
        Assert.Equal([0.5f, 0.25f], F(4, 16).Rsqrt().ToArray<float>());
        Assert.Equal([8f, 27], F(2, 3).Power(3).ToArray<float>());
        Assert.Equal([1f, (float)Math.E], F(0, 1).Exp().ToArray<float>());
        Assert.Equal([0f, (float)Math.Log(2)], F(1, 2).Log().ToArray<float>());
        Assert.Equal([2f, 3], F(-2, 3).Abs().ToArray<float>());
        Assert.Equal(0.7310586, F(1).Sigmoid().Item(), 6);
        Assert.Equal(0.7615942, F(1).Tanh().Item(), 6);
        Assert.Equal([-1f, 0.5f, 1], F(-3, 0.5f, 3).Clamp(-1, 1).ToArray<float>());
        Assert.Equal([-3f, 0.5f, 1], F(-3, 0.5f, 3).Clamp(null, 1).ToArray<float>());
    }

    [Fact]
    public void Reductions_take_all_elements_or_the_named_dimensions()
    {
        var x = F(1, 2, 3, 4, 5, 12).Reshape(2, 3);

        Assert.Equal(27, x.Sum().Item());
        Assert.Equal([6f, 21], x.Sum([1]).ToArray<float>());
        Assert.Equal([2L, 1], x.Sum([1], keepDim: true).Shape);
        Assert.Equal(4.5, x.Mean().Item());
        Assert.Equal([2.5f, 3.5f, 7.5f], x.Mean([0]).ToArray<float>());
        Assert.Equal((12.0, 1.0), (x.Max().Item(), x.Min().Item()));
        Assert.Equal([2L, 2], x.ArgMax(1).ToArray<long>());
    }

    [Fact]
    public void A_reduction_in_float64_does_not_lose_small_terms()
    {
        var x = F(16777216, 1, 1);

        Assert.Equal(16777218.0, x.Sum([0], dtype: DType.Float64).Item());
        Assert.Equal(DType.Int64, Tensor.FromArray([true, true], 2).Sum().DType);
        Assert.Equal(0.5, Tensor.FromArray([true, false], 2).Mean(DType.Float32).Item());
        Assert.Equal(5592406.0, x.Mean([0], dtype: DType.Float64).Item());
    }

    [Fact]
    public void Max_along_a_dimension_gives_values_and_indices()
    {
        var (values, indices) = F(1, 9, 3, 4, 5, 2).Reshape(2, 3).Max(1);

        Assert.Equal([9f, 5], values.ToArray<float>());
        Assert.Equal([1L, 1], indices.ToArray<long>());
    }

    [Fact]
    public void Eq_compares_element_by_element()
    {
        Assert.Equal([true, false], F(1, 2).Eq(F(1, 3)).ToArray<bool>());
        Assert.Equal([false, true], F(1, 2).Eq(2).ToArray<bool>());
    }

    [Fact]
    public void MatMul_is_the_matrix_product()
    {
        var product = F(1, 2, 3, 4).Reshape(2, 2).MatMul(F(5, 6, 7, 8).Reshape(2, 2));

        Assert.Equal([19f, 22, 43, 50], product.ToArray<float>());
    }

    [Fact]
    public void Scalars_that_are_not_whole_keep_their_fraction() => Assert.Equal(0.01, Tensor.Scalar(1, DType.Float64).Multiply(0.01).Item());

    private static Tensor F(params float[] values) => Tensor.FromArray(values, values.Length);
}
