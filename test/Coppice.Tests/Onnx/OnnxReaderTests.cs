using Coppice.Graph;
using Coppice.Onnx;
using Coppice.Onnx.Protobuf;
using Google.Protobuf;
using Kind = Coppice.Onnx.Protobuf.AttributeProto.Types.AttributeType;

namespace Coppice.Tests.Onnx;

public class OnnxReaderTests
{
    [Theory]
    [InlineData(ElementType.Float32, "0000C03F000000C0")]
    [InlineData(ElementType.Float64, "000000000000F83F00000000000000C0")]
    [InlineData(ElementType.Int64, "0100000000000000FEFFFFFFFFFFFFFF")]
    [InlineData(ElementType.UInt64, "0100000000000000FEFFFFFFFFFFFFFF")]
    [InlineData(ElementType.UInt32, "01000000FEFFFFFF")]
    [InlineData(ElementType.Int32, "01000000FEFFFFFF")]
    [InlineData(ElementType.Int16, "0100FEFF")]
    [InlineData(ElementType.UInt16, "0100FEFF")]
    [InlineData(ElementType.Int8, "01FE")]
    [InlineData(ElementType.UInt8, "01FE")]
    [InlineData(ElementType.Bool, "0100")]
    [InlineData(ElementType.Float16, "003E00C0")]
    [InlineData(ElementType.BFloat16, "C03F00C0")]
    public void Typed_list_is_read_as_little_endian_bytes(ElementType type, string expected)
    {
        var tensor = new TensorProto { Name = "t", DataType = (int)type, Dims = { 2 } };
        switch (type)
        {
            case ElementType.Float32:
                tensor.FloatData.Add([1.5f, -2f]);
                break;
            case ElementType.Float64:
                tensor.DoubleData.Add([1.5, -2]);
                break;
            case ElementType.Int64:
                tensor.Int64Data.Add([1, -2]);
                break;
            case ElementType.UInt64:
                tensor.Uint64Data.Add([1, unchecked((ulong)-2)]);
                break;
            case ElementType.UInt32:
                tensor.Uint64Data.Add([1, unchecked((uint)-2)]);
                break;
            case ElementType.Bool:
                tensor.Int32Data.Add([1, 0]);
                break;
            case ElementType.Float16:
                tensor.Int32Data.Add([0x3E00, 0xC000]);
                break;
            case ElementType.BFloat16:
                tensor.Int32Data.Add([0x3FC0, 0xC000]);
                break;
            default:
                tensor.Int32Data.Add([1, -2]);
                break;
        }

        var read = OnnxReader.Read(Model(graph => graph.Initializer.Add(tensor)));

        Assert.Equal(expected, Convert.ToHexString(read.Parameters["t"].Bytes.Span));
    }

    [Fact]
    public void Constant_nodes_and_identities_of_parameters_become_parameters()
    {
        var read = OnnxReader.Read(Model(graph =>
        {
            graph.Initializer.Add(new TensorProto { Name = "w", DataType = 1, Dims = { 1 }, FloatData = { 4f } });
            graph.Node.Insert(0, Operator("Identity", "copy", "w"));
            graph.Node.Insert(0, Constant("number", new() { Name = "value_float", Type = Kind.Float, F = 0.5f }));
            graph.Node.Insert(0, Constant("axes", new() { Name = "value_ints", Type = Kind.Ints, Ints = { 2, 3 } }));
            graph.Node.Insert(0, Constant("tensor", new() { Name = "value", Type = Kind.Tensor, T = new() { DataType = 7, Dims = { 1 }, Int64Data = { 9 } } }));
            graph.Node.Insert(0, Constant("words", new() { Name = "value_strings", Type = Kind.Strings, Strings = { ByteString.CopyFromUtf8("cat") } }));
        }));

        Assert.Equal(["words", "y"], read.Nodes.Select(node => node.Outputs[0]));
        Assert.Equal([4f], read.Parameters["copy"].Floats().ToArray());
        Assert.Equal([0.5f], read.Parameters["number"].Floats().ToArray());
        Assert.Equal(0, read.Parameters["number"].Shape.Rank);
        Assert.Equal([2L, 3L], read.Parameters["axes"].Longs());
        Assert.Equal([9L], read.Parameters["tensor"].Longs());
    }

    [Fact]
    public void Nodes_without_a_name_of_their_own_get_one()
    {
        var read = OnnxReader.Read(Model(graph =>
        {
            graph.Node.Add(new NodeProto { OpType = "Relu", Name = "same", Input = { "y" }, Output = { "z1" } });
            graph.Node.Add(new NodeProto { OpType = "Relu", Name = "same", Input = { "y" }, Output = { "z2" } });
            graph.Node.Add(new NodeProto { OpType = "Relu", Name = "Relu_4", Input = { "y" }, Output = { "z3" } });
            graph.Node.Add(new NodeProto { OpType = "Relu", Input = { "y" }, Output = { "z4" } });
        }));

        Assert.Equal(["Relu_0", "same", "Relu_2", "Relu_4", "Relu_4_1"], read.Nodes.Select(node => node.Name));
    }

    [Fact]
    public void Parameters_that_are_declared_as_inputs_are_no_inputs_and_are_declared_again()
    {
        byte[] old = Model(
            graph =>
            {
                graph.Initializer.Add(new TensorProto { Name = "w", DataType = 1, Dims = { 1 }, FloatData = { 4f } });
                graph.Input.Add(new ValueInfoProto { Name = "w", Type = new() { TensorType = new() { ElemType = 1, Shape = new() { Dim = { new TensorShapeProto.Types.Dimension { DimValue = 1 } } } } } });
            },
            irVersion: 3);

        var read = OnnxReader.Read(old);

        Assert.Equal("x", Assert.Single(read.Inputs).Name);
        Assert.Equal(["x", "w"], ModelProto.Parser.ParseFrom(OnnxWriter.ToBytes(read)).Graph.Input.Select(input => input.Name));
        Assert.Equal(OnnxWriter.ToBytes(read), OnnxWriter.ToBytes(OnnxReader.Read(OnnxWriter.ToBytes(read))));
    }

    [Fact]
    public void Dimensions_are_numbers_names_or_unknown()
    {
        byte[] model = Model(graph => graph.Input[0].Type.TensorType.Shape = new()
        {
            Dim = { new TensorShapeProto.Types.Dimension { DimParam = "batch" }, new TensorShapeProto.Types.Dimension { DimValue = 3 }, new TensorShapeProto.Types.Dimension() },
        });

        Assert.Equal("x: Float32 [batch, 3, ?]", OnnxReader.Read(model).Inputs[0].ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Extent_below_1_is_open_and_written_back(long extent)
    {
        byte[] model = Model(graph => graph.Input[0].Type.TensorType.Shape = new()
        {
            Dim = { new TensorShapeProto.Types.Dimension { DimValue = extent }, new TensorShapeProto.Types.Dimension { DimValue = 3 } },
        });

        var read = OnnxReader.Read(model);

        Assert.Equal("x: Float32 [?, 3]", read.Inputs[0].ToString());
        Assert.Equal([extent, 3], ModelProto.Parser.ParseFrom(OnnxWriter.ToBytes(read)).Graph.Input[0].Type.TensorType.Shape.Dim.Select(dim => dim.DimValue));
    }

    [Fact]
    public void Notes_on_inner_shapes_are_dropped()
    {
        byte[] model = Model(graph => graph.ValueInfo.Add(new ValueInfoProto { Name = "y" }));

        Assert.Empty(ModelProto.Parser.ParseFrom(OnnxWriter.ToBytes(OnnxReader.Read(model))).Graph.ValueInfo);
    }

    private static byte[] Model(Action<GraphProto> change, long irVersion = 8)
    {
        var graph = new GraphProto { Name = "g", Node = { new NodeProto { OpType = "Relu", Input = { "x" }, Output = { "y" } } } };
        graph.Input.Add(new ValueInfoProto { Name = "x", Type = new() { TensorType = new() { ElemType = 1 } } });
        graph.Output.Add(new ValueInfoProto { Name = "y", Type = new() { TensorType = new() { ElemType = 1 } } });
        change(graph);
        return new ModelProto { IrVersion = irVersion, OpsetImport = { new OperatorSetIdProto { Version = 13 } }, Graph = graph }.ToByteArray();
    }

    private static NodeProto Operator(string type, string output, params string[] inputs) => new() { OpType = type, Output = { output }, Input = { inputs } };

    private static NodeProto Constant(string output, AttributeProto value) => new() { OpType = "Constant", Output = { output }, Attribute = { value } };
}
