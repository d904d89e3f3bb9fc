using System.Diagnostics;
using System.Globalization;
using Coppice.Cli;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Models;
using Coppice.Onnx;
using Coppice.Onnx.Protobuf;
using Coppice.Pruning;
using Coppice.Search;
using Coppice.Tests.Cli;
using Coppice.Tests.Graph;
using Coppice.Tests.Oracles;
using Google.Protobuf;

namespace Coppice.Tests.Onnx;

/// <summary>
/// Whatever a file holds, the program reads it or refuses it in one line, in bounded memory and time. <c>./test.sh --fuzz N</c> runs N cases, or all there are with "forever"; the case that
/// fails is named and comes back under its number (COPPICE_FUZZ_FIRST).
/// </summary>
public sealed class FileFuzzTests : IDisposable
{
    private const ulong Seed = 0x46555A5A;
    private const int Cases = 700;

    /// <summary>Far above what the largest of the files needs, far below what a hostile one asks for.</summary>
    private const long MostBytes = 1L << 30;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Mutated_files_end_in_a_network_or_in_one_line()
    {
        string wanted = Environment.GetEnvironmentVariable("COPPICE_FUZZ") ?? "";
        long first = Number("COPPICE_FUZZ_FIRST") ?? 0;
        long count = wanted == "forever" ? long.MaxValue - first : Number("COPPICE_FUZZ") ?? Cases;
        byte[][] files = Files();

        var ends = new int[4];
        for (long number = first; number < first + count; number++)
        {
            byte[] content = FileMutation.Apply(files, Rng.For(Seed, (ulong)number));
            try
            {
                ends[End(content, (int)number)]++;
            }
            catch (Exception fault)
            {
                File.WriteAllBytes(Path.Combine(Path.GetTempPath(), $"coppice-fuzz-{number}.onnx"), content);
                Assert.Fail($"Case {number} (COPPICE_FUZZ_FIRST={number} COPPICE_FUZZ=1 brings it back; its file is coppice-fuzz-{number}.onnx in the folder for temporary files): {fault}");
            }
        }

        // A fuzzer that is refused at the door tries nothing behind it.
        Assert.True(count < Cases || (ends[ExitCode.Success] > count / 10 && ends[ExitCode.UnsupportedModel] > count / 10), $"Read: {ends[0]}, refused: {ends[3]}.");
    }

    [Fact]
    public void Truncated_files_are_refused()
    {
        foreach (byte[] file in Files())
        {
            int step = Math.Max(1, file.Length / 40);
            for (int length = 0; length < file.Length; length += step)
            {
                Assert.Equal(ExitCode.UnsupportedModel, End(file[..length], length));
            }
        }
    }

    public static TheoryData<string> HostileNames => [.. Hostile.Keys];

    [Theory]
    [MemberData(nameof(HostileNames))]
    public void Hostile_file_is_refused_in_one_line(string name) => Assert.Equal(ExitCode.UnsupportedModel, End(Hostile[name](), 0, mostBytes: 64L << 20));

    /// <summary>Just within the 2^23 channels of all values together that are followed: an input and a ReLU of half as many. It is analyzed five times here.</summary>
    [Fact]
    public void Widest_network_stays_within_the_bound_of_memory() => Assert.Equal(
        ExitCode.Success,
        End(Model(graph => graph.Input[0].Type.TensorType.Shape.Dim[1].DimValue = 1 << 22), 0, mostBytes: 5L * (500 << 20)));

    private static readonly Dictionary<string, Func<byte[]>> Hostile = new()
    {
        ["cycle of a thousand nodes"] = () => Model(graph =>
        {
            for (int i = 0; i < 1000; i++)
            {
                graph.Node.Add(new NodeProto { OpType = "Relu", Input = { $"v{(i + 1) % 1000}" }, Output = { $"v{i}" } });
            }
        }),
        ["2 GB in a 1 kB file"] = () => Model(graph => graph.Initializer.Add(new TensorProto { Name = "w", DataType = 1, Dims = { 1 << 29 } })),
        ["negative extent"] = () => Model(graph => graph.Initializer.Add(new TensorProto { Name = "w", DataType = 1, Dims = { -1 } })),
        ["product beyond 64 bits"] = () => Model(graph => graph.Initializer.Add(new TensorProto { Name = "w", DataType = 1, Dims = { 1L << 40, 1L << 40 } })),
        ["input of 2^40 channels"] = () => Model(graph => graph.Input[0].Type.TensorType.Shape.Dim[1].DimValue = 1L << 40),
        ["input of 2^126 pixels"] = () => Model(graph =>
        {
            graph.Input[0].Type.TensorType.Shape.Dim[2].DimValue = 1L << 62;
            graph.Input[0].Type.TensorType.Shape.Dim[3].DimValue = 1L << 62;
        }),
        ["ten thousand values of 2^22 channels"] = () => Model(graph =>
        {
            graph.Input[0].Type.TensorType.Shape.Dim[1].DimValue = 1 << 22;
            for (int i = 0; i < 10_000; i++)
            {
                graph.Node.Add(new NodeProto { OpType = i % 2 == 0 ? "Relu" : "Unknown", Input = { i == 0 ? "y" : $"v{i - 1}" }, Output = { $"v{i}" } });
            }
        }),
        ["padding to 2^40 channels"] = () => Model(graph => graph.Node.Add(Pad(0, 1L << 40, 0, 0, 0, 0, 0, 0))),
        ["no channels"] = () => Model(graph => graph.Node.Add(Pad(0, -3, 0, 0, 0, 0, 0, 0))),
        ["positions that are numbers with a fraction"] = () => Model(graph =>
        {
            graph.Initializer.Add(new TensorProto { Name = "positions", DataType = 1, Dims = { 2 }, FloatData = { 0, 1 } });
            graph.Node.Add(new NodeProto { OpType = "Gather", Input = { "y", "positions" }, Output = { "z" }, Attribute = { new AttributeProto { Name = "axis", Type = AttributeProto.Types.AttributeType.Int, I = 1 } } });
        }),
        ["graphs in graphs"] = () => Model(graph => graph.Node.Add(Nested(depth: 200))),
        ["data elsewhere"] = () => Model(graph =>
        {
            var tensor = new TensorProto { Name = "w", DataType = 1, Dims = { 4 }, DataLocation = TensorProto.Types.DataLocation.External };
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "/etc/passwd" });
            graph.Initializer.Add(tensor);
        }),
    };

    private static NodeProto Pad(params long[] pads)
    {
        var node = new NodeProto { OpType = "Pad", Input = { "y" }, Output = { "z" }, Attribute = { new AttributeProto { Name = "pads", Type = AttributeProto.Types.AttributeType.Ints } } };
        node.Attribute[0].Ints.Add(pads);
        return node;
    }

    private static NodeProto Nested(int depth)
    {
        var node = new NodeProto { OpType = "If", Input = { "y" }, Output = { "z" } };
        if (depth > 0)
        {
            node.Attribute.Add(new AttributeProto { Name = "then_branch", Type = AttributeProto.Types.AttributeType.Graph, G = new() { Node = { Nested(depth - 1) } } });
        }

        return node;
    }

    /// <summary>x: [n, 3, 8, 8] → Relu → y, changed.</summary>
    private static byte[] Model(Action<GraphProto> change)
    {
        var draw = new Draw();
        var model = ModelProto.Parser.ParseFrom(OnnxWriter.ToBytes(draw.Build(draw.Relu("y", "x"))));
        change(model.Graph);
        return model.ToByteArray();
    }

    /// <summary>Files of our own writer, of PyTorch and of the reference implementation, in old and new forms.</summary>
    private byte[][] Files()
    {
        OnnxFiles.WriteTyped("cast", _folder.File("typed.onnx"));
        int[] operatorSets = OnnxFiles.WriteOpsets(_folder.FullName);
        return
        [
            OnnxWriter.ToBytes(ModelCatalog.Build("lenet5")),
            OnnxWriter.ToBytes(ModelCatalog.Build("resnet20")),
            OnnxWriter.ToBytes(NetworkGenerator.FromChoices([3, 5, 6, 7, 9])),
            OnnxWriter.ToBytes(NetworkGenerator.FromChoices([1, 2, 4, 8, 10, 11, 12])),
            OnnxOracle.Model("resnet"),
            OnnxOracle.Model("decorated"),
            File.ReadAllBytes(_folder.File("typed.onnx")),
            File.ReadAllBytes(_folder.File($"opset{operatorSets[0]}.onnx")),
            File.ReadAllBytes(_folder.File($"opset{operatorSets[^1]}.onnx")),
        ];
    }

    /// <summary>Runs a file through everything that needs no images, and returns the program's exit code.</summary>
    private int End(byte[] content, int seed, long mostBytes = MostBytes)
    {
        string path = _folder.File("case.onnx");
        File.WriteAllBytes(path, content);
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();

        var inspected = CommandLine.RunAsync("inspect", path, "--format", "json").GetAwaiter().GetResult();
        Assert.True(inspected.Code is ExitCode.Success or ExitCode.Usage or ExitCode.UnsupportedModel, $"inspect ended with {inspected.Code}: {inspected.Error}");
        if (inspected.Code == ExitCode.Success)
        {
            Use(path, seed);
        }
        else
        {
            Assert.True(inspected.Error.Length is > 1 and < 1000 && inspected.Error.IndexOf('\n', StringComparison.Ordinal) == inspected.Error.Length - 1, $"inspect did not print one line: {inspected.Error}");
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, mostBytes);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, Longest);
        return inspected.Code;
    }

    /// <summary>What `inspect` takes can be printed, priced, cut by chance, written and read again.</summary>
    private static void Use(string path, int seed)
    {
        Assert.Equal(ExitCode.Success, CommandLine.RunAsync("inspect", path).GetAwaiter().GetResult().Code);
        var units = ChannelUnits.Analyze(OnnxReader.Read(path));
        var cut = Pruner.Apply(units, NetworkGenerator.Plan(units, seed));
        Assert.True(CostModel.Create(units).Full.Macs >= 0);
        Assert.Equal(cut.Outputs.Select(output => output.Name), OnnxReader.Read(OnnxWriter.ToBytes(cut)).Outputs.Select(output => output.Name));
    }

    private static long? Number(string variable) =>
        long.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
