using Coppice.Graph;

namespace Coppice.Tests.Graph;

public class HostTensorTests
{
    [Theory]
    [InlineData(0, new[] { 1 }, new[] { 4f, 5, 6, 7 }, "1x2x2")]
    [InlineData(1, new[] { 1, 0 }, new[] { 2f, 3, 0, 1, 6, 7, 4, 5 }, "2x2x2")]
    [InlineData(2, new[] { 0 }, new[] { 0f, 2, 4, 6 }, "2x2x1")]
    public void Gather_keeps_the_stated_positions_in_the_stated_order(int axis, int[] positions, float[] expected, string shape)
    {
        var gathered = HostTensor.FromFloats(new(2, 2, 2), [0, 1, 2, 3, 4, 5, 6, 7]).Gather(axis, positions);

        Assert.Equal(expected, gathered.Floats().ToArray());
        Assert.Equal(shape, gathered.Shape.ToString());
    }

    [Fact]
    public void Gather_of_elements_without_a_size_is_refused()
    {
        var text = HostTensor.FromBytes(ElementType.String, new(2), new byte[] { 1, 2, 3 });

        Assert.Equal("Cannot select positions of String elements: they have no fixed size.", Assert.Throws<InvalidOperationException>(() => text.Gather(0, [0])).Message);
    }

    [Fact]
    public void Scalar_holds_one_element_and_no_axes()
    {
        var scalar = HostTensor.FromLongs(new(), 7);

        Assert.Equal((0, 1, "scalar"), (scalar.Shape.Rank, scalar.Shape.Length, scalar.Shape.ToString()));
        Assert.Equal([7L], scalar.Longs());
    }

    [Fact]
    public void Bytes_that_do_not_fit_the_shape_are_refused()
    {
        var fault = Assert.Throws<ArgumentException>(() => HostTensor.FromBytes(ElementType.Float16, new(3), new byte[7]));

        Assert.StartsWith("A Float16 tensor of shape 3 takes 6 bytes, not 7.", fault.Message);
    }

    [Fact]
    public void Numbers_of_another_kind_are_the_files_fault_and_not_ours()
    {
        var floats = HostTensor.FromFloats(new(1), [1]);

        Assert.StartsWith("Cannot use a constant of Float32 elements as shape, axes or positions", Assert.Throws<UnsupportedModelException>(() => floats.Longs()).Message);
        Assert.StartsWith("Cannot compute with Int64 elements", Assert.Throws<UnsupportedModelException>(() => HostTensor.Vector(1).Floats().Length).Message);
    }

    [Fact]
    public void Message_of_a_fault_is_one_line_whatever_names_are_in_it() =>
        Assert.Equal("Cannot use 'a b  [31m'.", new CoppiceException("Cannot use 'a\nb\r\u001b[31m'.").Message);

    [Fact]
    public void Narrow_integers_are_widened() =>
        Assert.Equal([-2L, 3L], HostTensor.FromBytes(ElementType.Int32, new(2), new byte[] { 0xFE, 0xFF, 0xFF, 0xFF, 3, 0, 0, 0 }).Longs());
}
