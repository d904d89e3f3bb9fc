using System.Reflection;
using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

public sealed class TorchOperatorTests : LeakCheck
{
    public static TheoryData<string> Table() =>
        [.. typeof(Aten).GetFields(BindingFlags.Static | BindingFlags.NonPublic).Select(field => field.Name)];

    [Theory]
    [MemberData(nameof(Table))]
    public void Every_operator_of_the_table_exists(string field)
    {
        var op = (TorchOperator)typeof(Aten).GetField(field, BindingFlags.Static | BindingFlags.NonPublic)!.GetValue(null)!;

        Assert.StartsWith(op.ToString() + "(", op.Schema, StringComparison.Ordinal);
    }

    [Fact]
    public void Schema_is_the_signature_with_defaults()
    {
        Assert.Equal("aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", TorchOperator.Get("aten::add", "Tensor").Schema);
    }

    [Fact]
    public void Get_finds_the_same_operator_again()
    {
        Assert.Same(TorchOperator.Get("aten::relu"), TorchOperator.Get("aten::relu", ""));
    }

    [Fact]
    public void An_unknown_operator_is_refused_by_name()
    {
        var error = Assert.Throws<TorchException>(() => TorchOperator.Get("aten::no_such", "Tensor"));

        Assert.StartsWith("operator aten::no_such.Tensor() failed: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_trailing_arguments_take_the_schemas_defaults()
    {
        var x = Tensor.FromArray([1f, 2], 2);

        Assert.Equal([2f, 4], TorchOperator.Get("aten::add", "Tensor").Call(x, x).ToArray<float>());
    }

    [Fact]
    public void A_missing_argument_without_default_and_one_too_many_are_refused()
    {
        var relu = TorchOperator.Get("aten::relu");

        var missing = Assert.Throws<TorchException>(() => relu.Call());
        var tooMany = Assert.Throws<TorchException>(() => relu.Call(Tensor.Ones([1]), 1));

        Assert.StartsWith("aten::relu() failed: argument 'self' is missing and has no default", missing.Message, StringComparison.Ordinal);
        Assert.StartsWith("aten::relu(float32[1], 1) failed: 2 arguments given", tooMany.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_argument_of_the_wrong_kind_is_an_exception_and_not_a_crash()
    {
        var error = Assert.Throws<TorchException>(() => TorchOperator.Get("aten::relu").Call("not a tensor"));

        Assert.StartsWith("aten::relu(not a tensor) failed: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_number_serves_as_a_float_argument()
    {
        var kept = TorchOperator.Get("aten::dropout").Call(Tensor.Ones([3]), 0, true); // p is a float

        Assert.Equal([1f, 1, 1], kept.ToArray<float>());
    }

    [Fact]
    public void CallMany_returns_every_tensor()
    {
        var parts = TorchOperator.Get("aten::unbind", "int").CallMany(Tensor.FromArray([1f, 2, 3], 3), 0);

        Assert.Equal([1.0, 2, 3], parts.Select(part => part.Item()));
    }

    [Fact]
    public void Call_of_an_operator_with_several_results_is_refused_and_frees_them()
    {
        long before = TorchRuntime.LiveTensors;
        using var x = Tensor.Ones([3]);

        Assert.Throws<TorchException>(() => TorchOperator.Get("aten::unbind", "int").Call(x, 0));

        Assert.Equal(before + 1, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void Invoke_drops_the_result()
    {
        var x = Tensor.FromArray([-1f, 1], 2);
        long before = TorchRuntime.LiveTensors;

        TorchOperator.Get("aten::relu_").Invoke(x);

        Assert.Equal([0f, 1], x.ToArray<float>());
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void Lists_of_every_kind_arrive_whole()
    {
        var x = Tensor.FromArray([1f, 2, 3, 4], 2, 2);
        var row = Tensor.FromArray([1L], 1);

        Assert.Equal([2f, 4], TorchOperator.Get("aten::index", "Tensor").Call(x, TorchValue.OptionalTensors(null, row)).ToArray<float>());
        Assert.Equal([1L, 1, 4, 6], TorchOperator.Get("aten::upsample_nearest2d", "vec").Call(x.Reshape(1, 1, 2, 2), TorchValue.None, new[] { 2.0, 3.0 }).Shape);
        Assert.Equal(DType.Float64, TorchOperator.Get("aten::to", "device").Call(x, Device.Cpu, DType.Float64).DType);
        Assert.Equal([3f], TorchOperator.Get("aten::norm", "ScalarOpt_dim").Call(Tensor.FromArray([1f, -2], 1, 2), 1, new long[] { 1 }).ToArray<float>());
        Assert.Equal([10f, 10, 10, 10], TorchOperator.Get("aten::einsum").Call("ij->", new[] { x }).Expand(4).ToArray<float>());
    }

    [Fact]
    public void A_list_longer_than_the_stack_buffer_arrives_whole()
    {
        var tensors = Enumerable.Range(0, 500).Select(i => Tensor.Scalar(i)).ToArray();

        Assert.Equal(Enumerable.Range(0, 500).Select(i => (float)i), Tensor.Stack(tensors).ToArray<float>());
    }

    [Fact]
    public void Values_show_themselves_in_messages()
    {
        var x = Tensor.Ones([2]);

        Assert.Equal("none", ((TorchValue)(Tensor?)null).ToString());
        Assert.Equal("float32[2]", ((TorchValue)x).ToString());
        Assert.Equal("[float32[2], none]", TorchValue.OptionalTensors(x, null).ToString());
        Assert.Equal("0.5", ((TorchValue)0.5).ToString());
        Assert.Equal("[1, 2, 3, 4, 5, 6, 7, 8, … 9 in all]", ((TorchValue)new long[] { 1, 2, 3, 4, 5, 6, 7, 8, 9 }).ToString());
        Assert.Equal("cuda:1", ((TorchValue)Device.Cuda(1)).ToString());
    }

    [Fact]
    public void Foreach_steps_every_tensor_of_a_list()
    {
        Tensor[] x = [Tensor.FromArray([1f, 2], 2), Tensor.FromArray([3f], 1)];
        Tensor[] y = [Tensor.FromArray([10f, 20], 2), Tensor.FromArray([30f], 1)];

        Foreach.AddInPlace(x, y, alpha: 0.5);
        Assert.Equal([6f, 12, 18], Values(x));
        Foreach.MultiplyInPlace(x, 0.5);
        Assert.Equal([3f, 6, 9], Values(x));
        Foreach.AddInPlace(x, 1.5);
        Assert.Equal([4.5f, 7.5f, 10.5f], Values(x));
        Foreach.AddProductInPlace(x, y, y, 0.01);
        Assert.Equal([5.5f, 11.5f, 19.5f], Values(x));
        Foreach.AddQuotientInPlace(x, y, y, -0.5);
        Assert.Equal([5f, 11, 19], Values(x));
        Foreach.MultiplyInPlace(x, y);
        Foreach.DivideInPlace(x, y);
        Assert.Equal([5f, 11, 19], Values(x));
        Foreach.MultiplyInPlace(y, y);
        Assert.Equal([10f, 20, 30], Values(Foreach.Sqrt(y)));
        Foreach.ZeroInPlace(x);
        Assert.Equal([0f, 0, 0], Values(x));
    }

    private static float[] Values(Tensor[] tensors) => [.. tensors.SelectMany(t => t.ToArray<float>())];
}
