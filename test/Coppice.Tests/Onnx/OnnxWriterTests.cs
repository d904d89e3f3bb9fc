using Coppice.Onnx;
using Coppice.Onnx.Protobuf;
using Coppice.Tests.Graph;
using Coppice.Tests.Oracles;

namespace Coppice.Tests.Onnx;

public class OnnxWriterTests
{
    [Fact]
    public void Built_network_states_producer_format_and_sorted_metadata()
    {
        var network = NetworkGenerator.FromChoices([]).WithMetadata([new("std", "0.3530"), new("mean", "0.2860")]);

        var model = ModelProto.Parser.ParseFrom(OnnxWriter.ToBytes(network));

        Assert.Equal((8, "coppice", 17), (model.IrVersion, model.ProducerName, model.OpsetImport.Single().Version));
        Assert.Matches(@"^\d+\.\d+\.\d+$", model.ProducerVersion);
        Assert.Equal(["mean=0.2860", "std=0.3530"], model.MetadataProps.Select(entry => $"{entry.Key}={entry.Value}"));
    }

    [Fact]
    public void Written_file_replaces_an_older_one_and_leaves_nothing_else_behind()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("best.onnx");
        File.WriteAllText(path, "older");
        var network = NetworkGenerator.FromChoices([1]);

        OnnxWriter.Write(network, path);

        Assert.Equal(OnnxWriter.ToBytes(network), File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.FullName));
    }

    [Fact]
    public void Missing_folder_is_reported_with_the_path()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.FullName, "missing", "best.onnx");

        var fault = Assert.Throws<CoppiceException>(() => OnnxWriter.Write(NetworkGenerator.FromChoices([]), path));

        Assert.StartsWith($"Cannot write '{path}': ", fault.Message);
        Assert.EndsWith("; give a path in a folder that exists, has room and may be written to.", fault.Message);
    }

    [Fact]
    public void Failed_write_leaves_no_file_behind()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("taken"));
        File.WriteAllText(Path.Combine(folder.File("taken"), "content"), "");

        Assert.Throws<CoppiceException>(() => OnnxWriter.Write(NetworkGenerator.FromChoices([]), folder.File("taken")));

        Assert.Equal([folder.File("taken")], Directory.GetFileSystemEntries(folder.FullName));
    }
}
