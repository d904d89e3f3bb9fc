using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Tests.OnnxRuntime;

public class OnnxTensorTests
{
    [Fact]
    public void Every_element_type_goes_through_the_runtime_unchanged_and_with_its_value()
    {
        var inputs = new Dictionary<string, OnnxTensor>
        {
            ["float"] = OnnxTensor.Create([1.5f, -2, float.MaxValue], 3),
            ["uint8"] = OnnxTensor.Create([(byte)0, (byte)7, byte.MaxValue], 3),
            ["int8"] = OnnxTensor.Create([sbyte.MinValue, (sbyte)-1, (sbyte)3], 3),
            ["uint16"] = OnnxTensor.Create([(ushort)1, (ushort)256, ushort.MaxValue], 3),
            ["int16"] = OnnxTensor.Create([short.MinValue, (short)-1, (short)300], 3),
            ["int32"] = OnnxTensor.Create([int.MinValue, -1, 70000], 3),
            ["int64"] = OnnxTensor.Create([-1L, 5_000_000_000, 7], 3),
            ["bool"] = OnnxTensor.Create([true, false, true], 3),
            ["float16"] = OnnxTensor.Create([(Half)0.5f, (Half)(-2f), Half.MaxValue], 3),
            ["double"] = OnnxTensor.Create([0.1, -1e300, 3], 3),
            ["uint32"] = OnnxTensor.Create([1u, uint.MaxValue, 2u], 3),
            ["uint64"] = OnnxTensor.Create([1ul, 1ul << 40, 2ul], 3),
        };
        using var session = InferenceSession.Load(Fixture.Bytes("types"));

        var outputs = session.Run(inputs);

        foreach (var (name, input) in inputs)
        {
            var same = outputs[name + "_same"];
            Assert.Equal(input.ElementType, same.ElementType);
            Assert.Equal(Numbers(input), Numbers(same));
            Assert.Equal(Numbers(input), outputs[name + "_number"].ToArray<double>());
        }

        Assert.Equal([0.5, -2, 65504], Numbers(outputs["float16_same"]));
        Assert.Equal([1, 0, 1], outputs["bool_number"].ToArray<double>());
    }

    [Theory]
    [InlineData(6, new long[] { 2, 3 }, true)]
    [InlineData(1, new long[] { }, true)]
    [InlineData(0, new long[] { 0, 3 }, true)]
    [InlineData(6, new long[] { 2, 4 }, false)]
    [InlineData(0, new long[] { }, false)]
    [InlineData(6, new long[] { -2, -3 }, false)]
    [InlineData(0, new long[] { long.MaxValue, long.MaxValue, 4 }, false)]
    public void Create_wants_a_shape_that_holds_the_elements(int length, long[] shape, bool fits)
    {
        if (fits)
        {
            Assert.Equal(shape, OnnxTensor.Create(new float[length], shape).Shape.ToArray());
        }
        else
        {
            var error = Assert.Throws<ArgumentException>(() => OnnxTensor.Create(new float[length], shape));
            Assert.StartsWith($"Cannot make a tensor: the shape [{string.Join(',', shape)}] does not hold the {length} elements given.", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Create_refuses_a_type_that_ONNX_does_not_have()
    {
        var error = Assert.Throws<ArgumentException>(() => OnnxTensor.Create([1m], 1));

        Assert.StartsWith("Cannot make a tensor of Decimal: ONNX has no such element type", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToArray_refuses_another_type_even_of_the_same_width()
    {
        var tensor = OnnxTensor.Create([1, 2], 2);

        var error = Assert.Throws<ArgumentException>(() => tensor.ToArray<uint>());

        Assert.StartsWith("Cannot read a tensor as UInt32: its elements are Int32.", error.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2], tensor.ToArray<int>());
    }

    private static double[] Numbers(OnnxTensor tensor) => tensor.ElementType switch
    {
        TensorElementType.Float32 => Array.ConvertAll(tensor.ToArray<float>(), value => (double)value),
        TensorElementType.UInt8 => Array.ConvertAll(tensor.ToArray<byte>(), value => (double)value),
        TensorElementType.Int8 => Array.ConvertAll(tensor.ToArray<sbyte>(), value => (double)value),
        TensorElementType.UInt16 => Array.ConvertAll(tensor.ToArray<ushort>(), value => (double)value),
        TensorElementType.Int16 => Array.ConvertAll(tensor.ToArray<short>(), value => (double)value),
        TensorElementType.Int32 => Array.ConvertAll(tensor.ToArray<int>(), value => (double)value),
        TensorElementType.Int64 => Array.ConvertAll(tensor.ToArray<long>(), value => (double)value),
        TensorElementType.Bool => Array.ConvertAll(tensor.ToArray<bool>(), value => value ? 1.0 : 0.0),
        TensorElementType.Float16 => Array.ConvertAll(tensor.ToArray<Half>(), value => (double)value),
        TensorElementType.Float64 => tensor.ToArray<double>(),
        TensorElementType.UInt32 => Array.ConvertAll(tensor.ToArray<uint>(), value => (double)value),
        TensorElementType.UInt64 => Array.ConvertAll(tensor.ToArray<ulong>(), value => (double)value),
        _ => throw new InvalidOperationException($"no numbers in {tensor}"),
    };
}
