using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

public sealed class TensorCreationTests : LeakCheck
{
    [Fact]
    public void FromArray_keeps_type_shape_and_values()
    {
        var t = Tensor.FromArray([1L, 2, 3, 4, 5, 6], 2, 3);

        Assert.Equal(DType.Int64, t.DType);
        Assert.Equal([2L, 3], t.Shape);
        Assert.Equal((2, 6L), (t.Rank, t.Length));
        Assert.Equal([1L, 2, 3, 4, 5, 6], t.ToArray<long>());
        Assert.Equal("int64[2,3]", t.ToString());
    }

    [Fact]
    public void FromArray_supports_every_documented_type()
    {
        Assert.Equal([1.5], Tensor.FromArray([1.5], 1).ToArray<double>());
        Assert.Equal([1.5f], Tensor.FromArray([1.5f], 1).ToArray<float>());
        Assert.Equal([-7], Tensor.FromArray([-7], 1).ToArray<int>());
        Assert.Equal([(short)-7], Tensor.FromArray([(short)-7], 1).ToArray<short>());
        Assert.Equal([(sbyte)-7], Tensor.FromArray([(sbyte)-7], 1).ToArray<sbyte>());
        Assert.Equal([(byte)200], Tensor.FromArray([(byte)200], 1).ToArray<byte>());
        Assert.Equal([true, false], Tensor.FromArray([true, false], 2).ToArray<bool>());
        Assert.Equal([(Half)0.5f], Tensor.FromArray([(Half)0.5f], 1).ToArray<Half>());
    }

    [Fact]
    public void FromArray_copies_so_that_the_source_may_change()
    {
        float[] source = [1, 2];
        var t = Tensor.FromArray(source, 2);

        source[0] = 99;

        Assert.Equal([1f, 2f], t.ToArray<float>());
    }

    [Fact]
    public void FromArray_refuses_a_shape_of_another_size()
    {
        var error = Assert.Throws<ArgumentException>(() => Tensor.FromArray([1f, 2f, 3f], 2, 2));

        Assert.StartsWith("3 values do not fill the shape [2,2] of 4 elements.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_without_elements_and_one_without_dimensions_are_different()
    {
        var nothing = Tensor.FromArray<float>([], 0, 3);
        var scalar = Tensor.FromArray([4f]);

        Assert.Equal((0L, 2), (nothing.Length, nothing.Rank));
        Assert.Empty(nothing.ToArray<float>());
        Assert.Equal((1L, 0), (scalar.Length, scalar.Rank));
        Assert.Equal(4, scalar.Item());
    }

    [Fact]
    public void Fills_have_the_value_and_the_type()
    {
        Assert.Equal([0, 0], Tensor.Zeros([2], DType.Int32).ToArray<int>());
        Assert.Equal([1f, 1f], Tensor.Ones([2]).ToArray<float>());
        Assert.Equal([2.5, 2.5], Tensor.Full([2], 2.5, DType.Float64).ToArray<double>());
        Assert.Equal([7f, 7f], Tensor.Empty([2]).FillInPlace(7).ToArray<float>());
    }

    [Fact]
    public void ToArray_gives_row_major_order_from_channels_last_memory()
    {
        float[] values = [.. Enumerable.Range(0, 8).Select(i => (float)i)]; // [1, 2, 2, 2]
        var t = Tensor.FromArray(values, 1, 2, 2, 2).Contiguous(MemoryFormat.ChannelsLast);

        Assert.True(t.IsContiguous(MemoryFormat.ChannelsLast));
        Assert.False(t.IsContiguous());
        Assert.Equal([8L, 1, 4, 2], t.Strides);
        Assert.Equal(values, t.ToArray<float>());
    }

    [Fact]
    public void AsSpan_writes_through_to_the_tensor()
    {
        var t = Tensor.Zeros([2, 2]);

        t.AsSpan<float>()[3] = 5;

        Assert.Equal([0f, 0, 0, 5], t.ToArray<float>());
    }

    [Fact]
    public void AsSpan_refuses_memory_that_is_not_row_major()
    {
        var t = Tensor.Zeros([2, 3]).Transpose(0, 1);

        var error = Assert.Throws<InvalidOperationException>(() => t.AsSpan<float>().Length);

        Assert.Equal("AsSpan of float32[3,2]: its elements are not in row-major order in memory; use Contiguous() or ToArray.", error.Message);
    }

    [Fact]
    public void Reading_as_another_type_is_refused_with_the_way_out()
    {
        var t = Tensor.Zeros([2], DType.Float64);

        var error = Assert.Throws<ArgumentException>(() => t.ToArray<float>());

        Assert.Equal("float64[2] does not hold Single values: ask for its own type, or use To(DType.Float32) first.", error.Message);
    }

    [Fact]
    public void Conversion_to_bfloat16_keeps_eight_significant_bits()
    {
        var rounded = Tensor.FromArray([1.00390625f, 1.01171875f, 3.14159f], 3).To(DType.BFloat16); // 1 + 1/256 and 1 + 3/256 are ties

        Assert.Equal(DType.BFloat16, rounded.DType);
        Assert.Equal([1f, 1.015625f, 3.140625f], rounded.To(DType.Float32).ToArray<float>());
    }

    [Fact]
    public void Clone_has_its_own_memory_and_Detach_shares_it()
    {
        var t = Tensor.Zeros([1]);
        var clone = t.Clone();
        var detached = t.Detach();

        t.FillInPlace(3);

        Assert.Equal((0.0, 3.0), (clone.Item(), detached.Item()));
    }

    [Fact]
    public void CopyFrom_broadcasts_and_converts()
    {
        var t = Tensor.Zeros([2, 2]).CopyFrom(Tensor.FromArray([1L, 2], 2));

        Assert.Equal([1f, 2, 1, 2], t.ToArray<float>());
    }

    [Fact]
    public void To_the_same_device_is_the_same_memory()
    {
        var t = Tensor.Zeros([1]);

        t.To(Device.Cpu).FillInPlace(2);

        Assert.Equal(2, t.Item());
        Assert.Equal(Device.Cpu, t.Device);
    }

    [Fact]
    public void A_disposed_tensor_refuses_use()
    {
        var t = Tensor.Zeros([1]);
        t.Dispose();
        t.Dispose();

        Assert.True(t.IsDisposed);
        Assert.Equal("disposed tensor", t.ToString());
        Assert.Throws<ObjectDisposedException>(() => t.Shape);
        Assert.Throws<ObjectDisposedException>(() => t.Relu());
        Assert.Throws<ObjectDisposedException>(() => Tensor.Cat([Tensor.Zeros([1]), t]));
    }
}
