using System.Security;
using Coppice.Graph;
using Coppice.Onnx.Protobuf;
using Google.Protobuf;

namespace Coppice.Onnx;

/// <summary>
/// Reads ONNX files. What this program does not interpret (functions, training info, other operator sets, unknown fields, doc strings, sub-graphs) is kept and written back;
/// only <c>value_info</c>, the exporter's notes on inner shapes, is dropped, because pruning would make it wrong.
/// </summary>
/// <remarks>
/// <c>Constant</c> nodes with numbers, and <c>Identity</c> nodes on parameters (how PyTorch writes parameters that happen to be equal), become parameters of their own.
/// Nodes without a unique name get one, such as <c>Conv_12</c> for the 13th node of the file.
/// Tensors may lie in other files of the model's folder (external data); a location outside of that folder is refused.
/// </remarks>
public static class OnnxReader
{
    /// <summary>Oldest version of ONNX's own operator set that is read.</summary>
    public const int OldestOperatorSet = 7;

    /// <summary>Newest version of ONNX's own operator set that is read.</summary>
    public const int NewestOperatorSet = 21;

    /// <summary>Oldest file format (IR version) that is read; the one that came with operator set 7.</summary>
    public const int OldestIrVersion = 3;

    /// <summary>Newest file format (IR version) that is read. The versions up to here only added fields, which survive unread.</summary>
    public const int NewestIrVersion = 13;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="UnsupportedModelException">The file is no ONNX model that this version reads.</exception>
    /// <exception cref="CoppiceException">The file cannot be opened or read.</exception>
    public static Network Read(string path) => Read(ReadBytes(path), $"'{path}'", path);

    /// <summary>Reads the content of a file.</summary>
    /// <param name="content">The bytes of the file; not referred to after the call.</param>
    /// <exception cref="UnsupportedModelException">The bytes are no ONNX model that this version reads.</exception>
    public static Network Read(ReadOnlyMemory<byte> content) => Read(content, "the model", null);

    /// <summary>Bytes that a model takes on the disk: those of its file and of the tensors that it has in others.</summary>
    /// <param name="path">Path of a file that can be read.</param>
    public static long CountBytes(string path)
    {
        byte[] content = ReadBytes(path);
        return content.Length + ExternalData.CountBytes(ModelProto.Parser.ParseFrom(content));
    }

    private static Network Read(ReadOnlyMemory<byte> content, string source, string? path)
    {
        try
        {
            var model = ModelProto.Parser.ParseFrom(content.Span);
            ExternalData.Load(model, path);
            return ModelDecoder.Decode(model);
        }
        catch (InvalidProtocolBufferException fault)
        {
            throw new UnsupportedModelException(
                Shortened.Of($"Cannot read {source}: its {content.Length} bytes are no complete ONNX file ({FirstSentence(fault.Message)}); export or download it again."), fault);
        }
        catch (UnsupportedModelException fault)
        {
            throw new UnsupportedModelException(Shortened.Of($"Cannot read {source}: {char.ToLowerInvariant(fault.Message[0])}{fault.Message[1..]}"), fault);
        }
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            long length = new FileInfo(path).Length;
            return length <= Array.MaxLength
                ? File.ReadAllBytes(path)
                : throw new UnsupportedModelException($"Cannot read '{path}': it has {length} bytes, an ONNX file ends at 2 GiB; is it another kind of file?");
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CoppiceException(Shortened.Of($"Cannot read '{path}': there is no such file; check the path."), fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or SecurityException)
        {
            throw new CoppiceException(Shortened.Of($"Cannot read '{path}': {fault.Message.TrimEnd('.')}; give a file that this user may read."), fault);
        }
    }

    private static string FirstSentence(string message) => message.Split('.')[0];
}
