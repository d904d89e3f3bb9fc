using System.Text;
using Coppice.Tests.Oracles;
using Coppice.Training;
using TemporaryFolder = Coppice.Tests.Data.TemporaryFolder;

namespace Coppice.Tests.Training;

public class SafeTensorsTests
{
    private static readonly Dictionary<string, SafeTensor> Tensors = new()
    {
        ["conv.weight"] = new([2, 1, 1, 2], [1, -2, 0.5f, 4]),
        ["Größe \"b\""] = new([1], [float.MaxValue]),
        ["none"] = new([0], []),
    };

    [Fact]
    public void File_is_readable_by_the_specification()
    {
        using var folder = new TemporaryFolder();
        SafeTensors.Save(folder.File("a.safetensors"), Tensors, new Dictionary<string, string> { ["key"] = "{\"a\":1}" });

        string printed = TrainingOracle.Python3("safetensors_oracle.py", folder.File("a.safetensors"));

        Assert.Equal(
            "{\"key\": \"{\\\"a\\\":1}\"}\nconv.weight [2, 1, 1, 2] [1.0, -2.0, 0.5, 4.0]\nGröße \"b\" [1] [3.4028234663852886e+38]\nnone [0] []\n", printed);
    }

    [Fact]
    public void What_was_saved_is_loaded()
    {
        using var folder = new TemporaryFolder();
        SafeTensors.Save(folder.File("a"), Tensors, new Dictionary<string, string> { ["key"] = "value" });

        var (tensors, metadata) = SafeTensors.Load(folder.File("a"));

        Assert.Equal("value", metadata["key"]);
        Assert.Equal(Tensors.Keys, tensors.Keys);
        Assert.All(Tensors, entry =>
        {
            Assert.Equal(entry.Value.Shape, tensors[entry.Key].Shape);
            Assert.Equal(entry.Value.Values, tensors[entry.Key].Values);
        });
    }

    [Fact]
    public void File_that_ends_anywhere_too_early_is_refused()
    {
        using var folder = new TemporaryFolder();
        SafeTensors.Save(folder.File("a"), Tensors, new Dictionary<string, string>());
        byte[] whole = File.ReadAllBytes(folder.File("a"));

        for (int length = 0; length < whole.Length; length++)
        {
            string path = folder.Write("cut", whole[..length]);
            var fault = Assert.Throws<CoppiceException>(() => SafeTensors.Load(path));
            Assert.StartsWith($"Cannot read '{path}': it is no whole safetensors file (", fault.Message, StringComparison.Ordinal);
            Assert.EndsWith("); delete it to start anew.", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', fault.Message);
        }
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"a":1}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4294967296,4294967300]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775807,9],"data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""")]
    [InlineData("""{"__metadata__":{"a":1},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""")]
    public void Header_that_does_not_fit_is_refused(string header)
    {
        using var folder = new TemporaryFolder();
        byte[] text = Encoding.UTF8.GetBytes(header);
        string path = folder.Write("hostile", [.. BitConverter.GetBytes((long)text.Length), .. text, 1, 2, 3, 4]);

        Assert.Throws<CoppiceException>(() => SafeTensors.Load(path));
    }
}
