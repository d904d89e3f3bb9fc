using Coppice.Graph.Channels;
using Coppice.Onnx;
using Coppice.Onnx.Protobuf;
using Coppice.Tests.Graph;
using Coppice.Tests.Oracles;
using FsCheck;
using FsCheck.Xunit;
using Google.Protobuf;

namespace Coppice.Tests.Onnx;

public class OnnxReaderErrorTests
{
    private static readonly byte[] Valid = OnnxWriter.ToBytes(NetworkGenerator.FromChoices([3, 5, 7]));

    private static readonly Dictionary<string, Action<ModelProto>> DamageByMessage = new()
    {
        ["Cannot read the model: it holds no graph, so it is no ONNX model; give a file that an ONNX exporter wrote."] = model => model.Graph = null,
        ["Cannot read the model: it has IR version 2, this version reads 3 to 13; export it again, or convert it with onnx.version_converter."] = model => model.IrVersion = 2,
        ["Cannot read the model: it has IR version 99, this version reads 3 to 13; export it again, or convert it with onnx.version_converter."] = model => model.IrVersion = 99,
        ["Cannot read the model: it uses operator set 6, this version reads 7 to 21; export it with opset 17, or convert it with onnx.version_converter."] = model => model.OpsetImport[0].Version = 6,
        ["Cannot read the model: it uses operator set 22, this version reads 7 to 21; export it with opset 17, or convert it with onnx.version_converter."] = model => model.OpsetImport[0].Version = 22,
        ["Cannot read the model: it states no version of the operator set ai.onnx; export it again."] = model => model.OpsetImport[0].Domain = "org.example",
        ["Cannot read the model: its graph has no output, so there is nothing to compute; export the model again."] = model => model.Graph.Output.Clear(),
        ["Cannot read the model: it declares the input 'x' twice; names must be unique."] = model => model.Graph.Input.Add(model.Graph.Input[0].Clone()),
        ["Cannot read the model: one of its graph's inputs or outputs has no name; export it again."] = model => model.Graph.Input[0].ClearName(),
        ["Cannot read the model: it defines the initializer 'w' twice; names must be unique."] = model => model.Graph.Initializer.Add(model.Graph.Initializer[0].Clone()),
        ["Cannot read the model: one of its initializers has no name; export it again."] = model => model.Graph.Initializer[0].ClearName(),
        ["Cannot read the model: the tensor 'w' claims 15 elements (Float32 5x3x1x1, 60 bytes) but holds 24 bytes; export or download it again."] = model => model.Graph.Initializer[0].Dims[0] = 5,
        ["Cannot read the model: the tensor 'w' claims the shape [-1, 3, 1, 1], which no memory holds; export or download it again."] = model => model.Graph.Initializer[0].Dims[0] = -1,
        ["Cannot read the model: the tensor 'w' claims the shape [9223372036854775807, 3, 1, 1], which no memory holds; export or download it again."] = model => model.Graph.Initializer[0].Dims[0] = long.MaxValue,
        ["Cannot read the model: the tensor 'w' states no element type; export it again."] = model => model.Graph.Initializer[0].DataType = 0,
        ["Cannot read the model: the tensor 'w' lies outside of the file (in 'w.bin'), and a model in memory has no folder; read it from its path."] = MakeExternal,
        ["Cannot read the model: it declares the output 'relu' twice; names must be unique."] = model => model.Graph.Output.Add(model.Graph.Output[0].Clone()),
        ["Cannot read the model: its node Relu 'relu' writes no value, so nothing can come of it; export the model again."] = model => model.Graph.Node[1].Output[0] = "",
        ["Cannot read the model: its node 0 names no operator; export it again."] = model => model.Graph.Node[0].ClearOpType(),
        ["Cannot read the model: cannot use the graph: Conv 'conv' reads 'ghost node', which no input, parameter or node defines."] = model => model.Graph.Node[0].Input[0] = "ghost\nnode",
        ["Cannot read the model: cannot order the graph: Conv 'conv' is part of a cycle; an ONNX graph must have none."] = model => model.Graph.Node[0].Input[0] = "relu",
        ["Cannot read the model: cannot use the graph: Relu 'relu' writes 'conv', which is defined already; value names must be unique."] = model => model.Graph.Node[1].Output[0] = "conv",
        ["Cannot read the model: cannot use the graph: its output 'ghost' is written by no node."] = model => model.Graph.Output[0].Name = "ghost",
    };

    public static TheoryData<string> Messages => [.. DamageByMessage.Keys];

    [Theory]
    [MemberData(nameof(Messages))]
    public void Broken_model_is_refused_in_one_line(string message)
    {
        var draw = new Draw();
        draw.Weight("w", 2, 3, 1, 1);
        string conv = draw.Node("conv", "Conv", ["x", "w"]);
        var model = ModelProto.Parser.ParseFrom(OnnxWriter.ToBytes(draw.Build(draw.Relu("relu", conv))));

        DamageByMessage[message](model);

        Assert.Equal(message, Assert.Throws<UnsupportedModelException>(() => OnnxReader.Read(model.ToByteArray())).Message);
    }

    [Fact]
    public void Missing_file_is_reported_with_its_path()
    {
        var fault = Assert.Throws<CoppiceException>(() => OnnxReader.Read("/nowhere/model.onnx"));

        Assert.Equal("Cannot read '/nowhere/model.onnx': there is no such file; check the path.", fault.Message);
    }

    [Fact]
    public void Folder_in_place_of_a_file_is_reported_with_its_path()
    {
        using var folder = new TemporaryFolder();

        var fault = Assert.ThrowsAny<CoppiceException>(() => OnnxReader.Read(folder.FullName));

        Assert.StartsWith($"Cannot read '{folder.FullName}': ", fault.Message);
    }

    [Fact]
    public void Text_file_is_no_model()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("notes.onnx"), "These are not the weights you are looking for.\n");

        var fault = Assert.Throws<UnsupportedModelException>(() => OnnxReader.Read(folder.File("notes.onnx")));

        Assert.StartsWith($"Cannot read '{folder.File("notes.onnx")}': ", fault.Message);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void Empty_content_is_no_model() =>
        Assert.Contains("it holds no graph", Assert.Throws<UnsupportedModelException>(() => OnnxReader.Read(ReadOnlyMemory<byte>.Empty)).Message);

    [Fact]
    public void File_cut_off_anywhere_is_refused_or_lacks_only_what_is_optional()
    {
        int refused = 0;
        for (int length = 0; length < Valid.Length; length += 13)
        {
            refused += IsRefused(Valid[..length]) ? 1 : 0;
        }

        // Only the last few bytes (operator sets come after the graph) may be missing unnoticed, and they are not: the file then states no operator set.
        Assert.Equal((Valid.Length + 12) / 13, refused);
    }

    /// <summary>Damage of any kind gives a network or one line, never another exception.</summary>
    [Property(MaxTest = 400, Replay = "161803398874989484,82045868343656381")]
    public void Damaged_file_gives_a_network_or_one_line(NonNegativeInt position, byte value, NonNegativeInt second, byte other)
    {
        byte[] damaged = [.. Valid];
        damaged[position.Get * 7919L % damaged.Length] = value;
        damaged[second.Get * 104729L % damaged.Length] ^= other;

        IsRefused(damaged);
    }

    private static bool IsRefused(byte[] content)
    {
        try
        {
            var network = OnnxReader.Read(content);
            _ = ChannelUnits.Analyze(network);
            _ = OnnxWriter.ToBytes(network);
            return false;
        }
        catch (CoppiceException fault)
        {
            Assert.StartsWith("Cannot ", fault.Message);
            Assert.DoesNotContain('\n', fault.Message);
            return true;
        }
    }

    private static void MakeExternal(ModelProto model)
    {
        var tensor = model.Graph.Initializer[0];
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "w.bin" });
    }
}
