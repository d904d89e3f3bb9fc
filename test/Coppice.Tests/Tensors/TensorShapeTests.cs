using Coppice.Tensors;

namespace Coppice.Tests.Tensors;

public sealed class TensorShapeTests : LeakCheck
{
    private readonly Tensor _x = Tensor.FromArray([0, 1, 2, 3, 4, 5], 2, 3);

    [Fact]
    public void Reshape_works_out_a_missing_length()
    {
        Assert.Equal([3L, 2], _x.Reshape(3, -1).Shape);
        Assert.Equal([0, 1, 2, 3, 4, 5], _x.Reshape(-1).ToArray<int>());
        Assert.Equal([6L], _x.Flatten(0).Shape);
    }

    [Fact]
    public void View_refuses_what_needs_a_copy_and_names_the_operator()
    {
        var error = Assert.Throws<TorchException>(() => _x.Transpose(0, 1).View(6));

        Assert.Equal("aten::view", error.Operation);
        Assert.StartsWith("aten::view(int32[3,2], [6]) failed: view size is not compatible", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Permute_and_Transpose_reorder_dimensions()
    {
        Assert.Equal([0, 3, 1, 4, 2, 5], _x.Permute(1, 0).ToArray<int>());
        Assert.Equal([0, 3, 1, 4, 2, 5], _x.Transpose(0, 1).ToArray<int>());
    }

    [Fact]
    public void Parts_are_views_of_the_same_memory()
    {
        var x = _x.Clone();

        x.Narrow(1, 1, 2).FillInPlace(9);
        x.Select(0, 1).FillInPlace(7);

        Assert.Equal([0, 9, 9, 7, 7, 7], x.ToArray<int>());
    }

    [Fact]
    public void Slice_takes_start_end_and_step()
    {
        Assert.Equal([0, 2, 3, 5], _x.Slice(1, 0, 3, 2).ToArray<int>());
        Assert.Equal([1, 2, 4, 5], _x.Slice(1, 1).ToArray<int>());
        Assert.Equal([2, 5], _x.Slice(1, -1).ToArray<int>());
    }

    [Fact]
    public void IndexSelect_copies_the_named_parts_in_order()
    {
        Assert.Equal([2, 0, 5, 3], _x.IndexSelect(1, Tensor.FromArray([2L, 0], 2)).ToArray<int>());
    }

    [Fact]
    public void Cat_Stack_and_Split_join_and_divide()
    {
        var joined = Tensor.Cat([_x, _x.Narrow(1, 0, 1)], 1);
        var parts = joined.Split([1, 3], 1);

        Assert.Equal([0, 1, 2, 0, 3, 4, 5, 3], joined.ToArray<int>());
        Assert.Equal([0, 3], parts[0].ToArray<int>());
        Assert.Equal([1, 2, 0, 4, 5, 3], parts[1].ToArray<int>());
        Assert.Equal([2L, 2, 3], Tensor.Stack([_x, _x]).Shape);
    }

    [Fact]
    public void Split_returns_more_parts_than_fit_on_the_stack()
    {
        var x = Tensor.FromArray(Enumerable.Range(0, 40).ToArray(), 40);

        var parts = x.Split([.. Enumerable.Repeat(1L, 40)]);

        Assert.Equal(Enumerable.Range(0, 40), parts.Select(part => (int)part.Item()));
    }

    [Fact]
    public void Pad_counts_from_the_last_dimension()
    {
        var padded = _x.Pad([1, 0, 0, 1], 8);

        Assert.Equal([8, 0, 1, 2, 8, 3, 4, 5, 8, 8, 8, 8], padded.ToArray<int>());
    }

    [Fact]
    public void Unsqueeze_Squeeze_and_Expand_change_dimensions_of_length_one()
    {
        var column = Tensor.FromArray([1, 2], 2).Unsqueeze(1);

        Assert.Equal([2L, 1], column.Shape);
        Assert.Equal([1, 1, 1, 2, 2, 2], column.Expand(-1, 3).ToArray<int>());
        Assert.Equal([2L], column.Squeeze(1).Shape);
    }

    [Fact]
    public void Size_counts_negative_dimensions_from_the_last()
    {
        Assert.Equal((2L, 3L), (_x.Size(0), _x.Size(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _x.Size(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => _x.Size(-3));
    }
}
