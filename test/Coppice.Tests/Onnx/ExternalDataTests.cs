using Coppice.Graph;
using Coppice.Onnx;
using Coppice.Onnx.Protobuf;
using Coppice.Tensors.OnnxRuntime;
using Coppice.Tests.Cli;
using Coppice.Tests.Graph;
using Coppice.Tests.Oracles;
using Google.Protobuf;

namespace Coppice.Tests.Onnx;

public sealed class ExternalDataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Forms => ["one", "each", "attributes"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Forms))]
    public void Tensors_in_other_files_are_those_that_onnx_reads(string form)
    {
        OnnxFiles.WriteExternal(form, File("in.onnx"));

        OnnxWriter.Write(OnnxReader.Read(File("in.onnx")), File("out.onnx"));

        Assert.Equal(OnnxFiles.Tensors(File("in.onnx")), OnnxFiles.Tensors(File("out.onnx")));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Pair_that_we_write_is_valid_and_computes_the_same_in_onnx_runtime(string form)
    {
        OnnxFiles.WriteExternal(form, File("in.onnx"));
        using var other = new TemporaryFolder();

        var read = OnnxReader.Read(File("in.onnx"));
        OnnxWriter.Write(read, other.File("out.onnx"));

        Assert.Equal(["out.onnx", "out.onnx.data"], Directory.GetFiles(other.FullName).Select(Path.GetFileName).Order());
        OnnxOracle.AssertValidFile(other.File("out.onnx"));
        // ONNX Runtime itself does not find an attribute's external data; our own file has it within.
        using var original = form == "attributes" ? InferenceSession.Load(OnnxWriter.ToBytes(read)) : InferenceSession.Load(File("in.onnx"));
        using var written = InferenceSession.Load(other.File("out.onnx"));
        Assert.Equal(Run(original), Run(written));
    }

    [Theory]
    [InlineData("prune", "--max-macs", "70%")]
    [InlineData("apply", "PLAN")]
    public async Task Second_file_is_written_where_it_is_asked_for(string verb, params string[] options)
    {
        OnnxWriter.Write(NetworkGenerator.FromChoices([0, 0, 13]), File("in.onnx"));
        System.IO.File.WriteAllText(File("plan.json"), Coppice.Pruning.PruningPlan.Identity().ToJson());
        string[] given = [verb, File("in.onnx"), .. options.Select(option => option == "PLAN" ? File("plan.json") : option)];

        var alone = await CommandLine.RunAsync([.. given, "-o", File("alone.onnx")]);
        var pair = await CommandLine.RunAsync([.. given, "-o", File("pair.onnx"), "--external-data", "--format", "json"]);

        Assert.Equal((0, 0, "", ""), (alone.Code, pair.Code, alone.Error, pair.Error));
        Assert.False(System.IO.File.Exists(File("alone.onnx.data")));
        Assert.True(System.IO.File.Exists(File("pair.onnx.data")));
        Assert.Equal(OnnxWriter.ToBytes(OnnxReader.Read(File("alone.onnx"))), OnnxWriter.ToBytes(OnnxReader.Read(File("pair.onnx"))));
    }

    [Fact]
    public void Large_initializers_lie_page_by_page_and_small_ones_stay()
    {
        var network = Wide();

        OnnxWriter.Write(network, File("out.onnx"), externalData: true);

        var model = ModelProto.Parser.ParseFrom(System.IO.File.ReadAllBytes(File("out.onnx")));
        string[] stretches = [.. model.Graph.Initializer.Select(tensor => $"{tensor.Name} {tensor.RawData.Length} {string.Join(' ', tensor.ExternalData.Select(entry => $"{entry.Key}={entry.Value}"))}".TrimEnd())];
        Assert.Equal(["wide.weight 0 location=out.onnx.data offset=0 length=4800", "wide.bias 400", "again.weight 0 location=out.onnx.data offset=8192 length=40000"], stretches);
        Assert.Equal(48192, new FileInfo(File("out.onnx.data")).Length);
        Assert.Equal(OnnxWriter.ToBytes(network), OnnxWriter.ToBytes(OnnxReader.Read(File("out.onnx"))));
        Assert.Equal(new FileInfo(File("out.onnx")).Length + 44800, OnnxReader.CountBytes(File("out.onnx")));
    }

    [Fact]
    public void Weights_beyond_the_limit_of_one_file_go_into_a_second_one()
    {
        OnnxWriter.Write(Wide(), File("below.onnx"), externalData: false, mostBytes: 45200);
        OnnxWriter.Write(Wide(), File("beyond.onnx"), externalData: false, mostBytes: 45199);

        Assert.Equal(["below.onnx", "beyond.onnx", "beyond.onnx.data"], Directory.GetFiles(_folder.FullName).Select(Path.GetFileName).Order());
        Assert.Equal(OnnxWriter.ToBytes(Wide()), OnnxWriter.ToBytes(OnnxReader.Read(File("beyond.onnx"))));
    }

    [Fact]
    public void Cut_network_keeps_its_weights_in_a_second_file()
    {
        OnnxFiles.WriteExternal("one", File("in.onnx"));

        var read = OnnxReader.Read(File("in.onnx"));
        OnnxWriter.Write(read.WithParameters(new Dictionary<string, HostTensor> { ["a.weight"] = read.Parameters["a.weight"].Gather(0, [3, 1, 2]) }), File("out.onnx"));

        Assert.True(System.IO.File.Exists(File("out.onnx.data")));
        Assert.Equal("3x8x3x3", OnnxReader.Read(File("out.onnx")).Parameters["a.weight"].Shape.ToString());
    }

    [Fact]
    public void Stretch_that_several_tensors_share_is_read_once()
    {
        WriteModel("w.bin", offset: "0", copies: 50);
        System.IO.File.WriteAllBytes(File("w.bin"), new byte[1 << 20]);

        long before = GC.GetAllocatedBytesForCurrentThread();
        var read = OnnxReader.Read(File("model.onnx"));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1 << 20, 2 << 20);
        Assert.Equal(50, read.Parameters.Count);
    }

    [Fact]
    public void Tensor_beyond_two_gibibytes_of_a_file_is_read()
    {
        const long Offset = (1L << 31) + 4096;
        WriteModel("w.bin", Offset.ToString(System.Globalization.CultureInfo.InvariantCulture));
        using (var sparse = System.IO.File.Create(File("w.bin")))
        {
            sparse.Seek(Offset, SeekOrigin.Begin);
            sparse.Write(Enumerable.Repeat((byte)0x40, 1 << 20).ToArray());
        }

        Assert.Equal(BitConverter.UInt32BitsToSingle(0x40404040), OnnxReader.Read(File("model.onnx")).Parameters["w0"].Floats()[^1]);
    }

    [Fact]
    public void Links_within_the_folder_and_a_linked_model_are_followed()
    {
        Directory.CreateDirectory(File("blobs"));
        Directory.CreateDirectory(File("snapshot"));
        WriteModel("w.bin");
        System.IO.File.Move(File("model.onnx"), File("blobs/1"));
        System.IO.File.WriteAllBytes(File("blobs/2"), new byte[1 << 20]);
        System.IO.File.CreateSymbolicLink(File("snapshot/model.onnx"), "../blobs/1");
        System.IO.File.CreateSymbolicLink(File("snapshot/w.bin"), "../blobs/2");

        Assert.Equal(1 << 20, OnnxReader.Read(File("snapshot/model.onnx")).Parameters["w0"].Bytes.Length);
    }

    [Theory]
    [InlineData("/etc/hostname")]
    [InlineData("../secret.bin")]
    [InlineData("inner/../../secret.bin")]
    [InlineData("..\\secret.bin")]
    [InlineData("\\secret.bin")]
    [InlineData("link.bin")]
    [InlineData("link/secret.bin")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("w\0.bin")]
    public void Location_outside_of_the_models_folder_is_refused(string location)
    {
        Directory.CreateDirectory(File("model"));
        System.IO.File.WriteAllBytes(File("secret.bin"), new byte[1 << 20]);
        System.IO.File.CreateSymbolicLink(File("model/link.bin"), "../secret.bin");
        Directory.CreateSymbolicLink(File("model/link"), _folder.FullName);
        WriteModel(location, folder: "model");

        var fault = Assert.Throws<UnsupportedModelException>(() => OnnxReader.Read(File("model/model.onnx")));

        Assert.Equal(
            $"Cannot read '{File("model/model.onnx")}': the tensor 'w0' is said to lie in '{location.Replace('\0', ' ')}', which is not below the model's folder; external data is read from there alone, so put it beside the model and export again.",
            fault.Message);
    }

    [Fact]
    public void Links_that_go_round_are_refused()
    {
        System.IO.File.CreateSymbolicLink(File("one"), "two/three");
        System.IO.File.CreateSymbolicLink(File("two"), "one");
        WriteModel("one");

        var fault = Assert.Throws<CoppiceException>(() => OnnxReader.Read(File("model.onnx")));

        Assert.Equal($"Cannot read the external data of '{File("model.onnx")}': '{File("one")}' leads through more than 40 symbolic links; give files that this user may read.", fault.Message);
    }

    [Theory]
    [InlineData("w.bin", "0", "1048577", "claims 1048576 bytes, but 1048577 are stated for it in 'w.bin'; export the model again.")]
    [InlineData("w.bin", "1", null, "is said to have 1048576 bytes from byte 1 of 'w.bin' on, which has 1048576 bytes; export the model again, or copy that file again.")]
    [InlineData("w.bin", "9223372036854775807", null, "is said to have 1048576 bytes from byte 9223372036854775807 of 'w.bin' on, which has 1048576 bytes; export the model again, or copy that file again.")]
    [InlineData("w.bin", "-4", null, "states the offset '-4' for its external data; it must be a whole number of bytes. Export the model again.")]
    [InlineData("w.bin", "0", "1e6", "states the length '1e6' for its external data; it must be a whole number of bytes. Export the model again.")]
    [InlineData("v.bin", "0", null, "lies in 'v.bin', and there is no such file in the model's folder; put it there too.")]
    [InlineData("folder", "0", null, "lies in 'folder', and there is no such file in the model's folder; put it there too.")]
    [InlineData("pipe", "0", null, "is said to have 1048576 bytes from byte 0 of 'pipe' on, which has 0 bytes; export the model again, or copy that file again.")]
    public void Stretch_that_is_not_there_is_refused_without_memory_for_it(string location, string offset, string? length, string rule)
    {
        Directory.CreateDirectory(File("folder"));
        System.Diagnostics.Process.Start("mkfifo", File("pipe")).WaitForExit();
        System.IO.File.WriteAllBytes(File("w.bin"), new byte[1 << 20]);
        WriteModel(location, offset, length);

        long before = GC.GetAllocatedBytesForCurrentThread();
        var fault = Assert.Throws<UnsupportedModelException>(() => OnnxReader.Read(File("model.onnx")));

        Assert.Equal($"Cannot read '{File("model.onnx")}': the tensor 'w0' {rule}", fault.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 19);
    }

    [Fact]
    public void Tensors_that_overlap_are_refused()
    {
        WriteModel("w.bin", offset: null, copies: 3);
        System.IO.File.WriteAllBytes(File("w.bin"), new byte[(1 << 20) + 8]);

        var fault = Assert.Throws<UnsupportedModelException>(() => OnnxReader.Read(File("model.onnx")));

        Assert.Equal(
            $"Cannot read '{File("model.onnx")}': the tensor 'w1' shares a part of its bytes in 'w.bin' with others; tensors must lie beside each other, or in the same place. Export the model again.",
            fault.Message);
    }

    private string File(string name) => _folder.File(name);

    /// <summary>A model of initializers of 1 MiB each that lie in another file; without an offset, 4 bytes after each other.</summary>
    private void WriteModel(string location, string? offset = "0", string? length = null, int copies = 1, string folder = "")
    {
        var model = ModelProto.Parser.ParseFrom(OnnxWriter.ToBytes(NetworkGenerator.FromChoices([])));
        model.Graph.Initializer.Clear();
        model.Graph.Node.Clear();
        model.Graph.Node.Add(new NodeProto { OpType = "Relu", Input = { "x" }, Output = { model.Graph.Output[0].Name } });
        for (int i = 0; i < copies; i++)
        {
            var tensor = new TensorProto { Name = $"w{i}", DataType = 1, Dims = { 1 << 18 }, DataLocation = TensorProto.Types.DataLocation.External };
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = offset ?? $"{4 * i}" });
            if (length is not null)
            {
                tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = length });
            }

            model.Graph.Initializer.Add(tensor);
        }

        System.IO.File.WriteAllBytes(_folder.File(Path.Combine(folder, "model.onnx")), model.ToByteArray());
    }

    /// <summary>Weights of 4,800 and 40,000 bytes, a bias of 400.</summary>
    private static Network Wide()
    {
        var draw = new Draw(channels: 12);
        return draw.Build(draw.Conv("again", draw.Conv("wide", "x", filters: 100, bias: true), filters: 100));
    }

    private static float[] Run(InferenceSession session)
    {
        float[] image = [.. Enumerable.Range(0, 3 * 64).Select(i => MathF.Sin(0.37f * i))];
        return session.Run(new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Create(image, 1, 3, 8, 8) })["logits"].ToArray<float>();
    }
}
