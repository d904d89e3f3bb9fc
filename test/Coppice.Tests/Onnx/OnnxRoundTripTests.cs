using Coppice.Graph;
using Coppice.Onnx;
using Coppice.Onnx.Protobuf;
using Coppice.Tests.Graph;
using Coppice.Tests.Oracles;

namespace Coppice.Tests.Onnx;

public class OnnxRoundTripTests
{
    [Fact]
    public void Reader_gives_back_the_network_that_the_writer_wrote()
    {
        var network = Drawn();

        var read = OnnxReader.Read(OnnxWriter.ToBytes(network));

        NetworkAssert.Equal(network, read);
    }

    [Fact]
    public void Writer_output_passes_the_full_checker_of_onnx() => OnnxOracle.AssertValid(Drawn());

    [Fact]
    public void Exported_residual_network_is_read_written_and_stable_from_the_first_write_on()
    {
        var read = OnnxReader.Read(OnnxOracle.Model("resnet"));
        byte[] once = OnnxWriter.ToBytes(read);
        byte[] twice = OnnxWriter.ToBytes(OnnxReader.Read(once));

        Assert.Equal(once, twice);
        Assert.Equal(13, read.OperatorSet);
        Assert.Equal("image: Float32 [batch, 3, 8, 8]", read.Inputs.Single().ToString());
        Assert.Equal([8, 8, 7, 3, 1, 1, 1], new[] { "Conv", "BatchNormalization", "Relu", "Add", "GlobalAveragePool", "Flatten", "Gemm" }.Select(type => read.Nodes.Count(node => node.OperatorType == type)));
        Assert.Equal(29, read.Nodes.Length);
        OnnxOracle.AssertValid(read);
    }

    [Fact]
    public void What_is_not_understood_survives_a_round_trip()
    {
        var original = ModelProto.Parser.ParseFrom(OnnxOracle.Model("decorated"));
        var read = OnnxReader.Read(OnnxOracle.Model("decorated"));

        var written = ModelProto.Parser.ParseFrom(OnnxWriter.ToBytes(read));

        // Unnamed nodes have names now, and numbers are raw bytes; all else is as it was, down to unknown fields, which the generated equality compares too.
        Assert.Equal(["conv", "choose", "Twice_2", "Gather_3", "Relu_4"], written.Graph.Node.Select(node => node.Name));
        foreach (var (node, before) in written.Graph.Node.Zip(original.Graph.Node))
        {
            node.Name = before.Name;
            if (before.Name.Length == 0)
            {
                node.ClearName();
            }
        }

        Assert.Equal(new byte[] { 0x00, 0x38, 0x00, 0xBC }, written.Graph.Initializer.Single(tensor => tensor.Name == "half").RawData.ToByteArray());
        foreach (var (tensor, before) in written.Graph.Initializer.Zip(original.Graph.Initializer))
        {
            if (tensor.HasRawData)
            {
                tensor.RawData = before.HasRawData ? before.RawData : tensor.RawData;
                before.RawData = tensor.RawData;
                before.FloatData.Clear();
                before.Int32Data.Clear();
            }
        }

        Assert.Equal(original, written);
        Assert.Equal(["zebra", "ant"], written.MetadataProps.Select(entry => entry.Key));
        OnnxOracle.AssertValid(read);
    }

    [Fact]
    public void Values_that_a_branch_reads_are_known_as_captured()
    {
        var read = OnnxReader.Read(OnnxOracle.Model("decorated"));

        Assert.Equal("a", Assert.Single(read.Nodes.Single(node => node.Name == "choose").CapturedInputs));
        Assert.Equal(["choose"], read.Index.Consumers("a").Select(node => node.Name));
    }

    private static Network Drawn()
    {
        var draw = new Draw();
        string stem = draw.Relu("relu", draw.BatchNorm("bn", draw.Conv("conv", "x", filters: 4, kernel: 3, bias: true)));
        string sum = draw.Add("sum", stem, draw.Conv("side", "x", filters: 4));
        string output = draw.Gemm("fc", draw.Flatten("flat", draw.GlobalAverage("average", sum)), 10);
        return draw.Build(output).WithMetadata([new("std", "0.3530"), new("mean", "0.2860")]);
    }
}
