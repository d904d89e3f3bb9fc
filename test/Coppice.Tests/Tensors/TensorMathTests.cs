using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

public sealed class TensorMathTests : LeakCheck
{
    [Fact]
    public void Add_scales_the_second_operand_by_alpha()
    {
        var sum = Tensor.FromArray([1f, 2f], 2).Add(Tensor.FromArray([10f, 20f], 2), alpha: 0.5);

        Assert.Equal([6f, 12f], sum.ToArray<float>());
    }

    [Fact]
    public void AddInPlace_changes_the_tensor_and_returns_it()
    {
        var x = Tensor.FromArray([1f, 2f], 2);

        var returned = x.AddInPlace(Tensor.FromArray([1f, 1f], 2), alpha: -1);

        Assert.Same(x, returned);
        Assert.Equal([0f, 1f], x.ToArray<float>());
    }
}
