using System.Globalization;
using Coppice.Onnx.Protobuf;
using Google.Protobuf;

namespace Coppice.Onnx;

/// <summary>The file beside a model that holds its large initializers, one after the other, each from a multiple of a page on, so that a runtime can map it into memory.</summary>
internal sealed class ExternalDataFile
{
    /// <summary>Smaller tensors stay in the model: shapes and axes, which readers want to see at once.</summary>
    private const int SmallestBytes = 1024;
    private const int Page = 4096;

    private readonly List<ByteString> _contents = [];

    private ExternalDataFile()
    {
    }

    /// <summary>Moves the elements of large initializers out of a model's message.</summary>
    /// <param name="model">The message; names the file in their place.</param>
    /// <param name="location">Name of the file, which will stand in the model's folder.</param>
    public static ExternalDataFile MoveOut(ModelProto model, string location)
    {
        var file = new ExternalDataFile();
        long end = 0;
        foreach (var tensor in ModelTensors.InitializersOf(model).Where(tensor => tensor.RawData.Length >= SmallestBytes))
        {
            long offset = NextPage(end);
            end = offset + tensor.RawData.Length;
            file._contents.Add(tensor.RawData);
            tensor.ExternalData.Add([Entry("location", $"{location}"), Entry("offset", $"{offset}"), Entry("length", $"{tensor.RawData.Length}")]);
            tensor.DataLocation = TensorProto.Types.DataLocation.External;
            tensor.ClearRawData();
        }

        return file;
    }

    /// <summary>Writes the file.</summary>
    public void Write(Stream stream)
    {
        long end = 0;
        foreach (var content in _contents)
        {
            stream.Write(new byte[NextPage(end) - end]);
            content.WriteTo(stream);
            end = NextPage(end) + content.Length;
        }
    }

    private static long NextPage(long position) => (position + Page - 1) / Page * Page;

    private static StringStringEntryProto Entry(string key, FormattableString value) => new() { Key = key, Value = value.ToString(CultureInfo.InvariantCulture) };
}
