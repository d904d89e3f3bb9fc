using Coppice.Graph;
using Coppice.Onnx.Protobuf;
using Google.Protobuf;

namespace Coppice.Onnx;

/// <summary>Writes networks as ONNX files. The same network always gives the same bytes.</summary>
/// <remarks>
/// A network that was read keeps its file's format version, producer and whatever was not interpreted. A network that was built gets the format version that came with its operator set
/// (IR version 8 up to operator set 18) and the producer <c>coppice</c>. Notes on inner shapes (<c>value_info</c>) are never written: readers infer them.
/// </remarks>
public static class OnnxWriter
{
    /// <summary>What a file may hold, less room for everything that is no weight; Protocol Buffers ends at 2 GiB.</summary>
    private const long MostBytes = int.MaxValue - (64L << 20);

    /// <summary>
    /// Writes a file. It appears under its name only when it is whole and on the disk; an older file of that name is replaced in one step.
    /// A network whose weights lay in another file, or that exceeds the format's 2 GiB, becomes two files: NAME.onnx and, with the weights, NAME.onnx.data. Where that pair replaces an
    /// older one, the older model goes before its weights do.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="path">Path of the file; its folder must exist.</param>
    /// <param name="externalData">Whether two files are wanted although one would do.</param>
    /// <exception cref="CoppiceException">A file cannot be written.</exception>
    public static void Write(Network network, string path, bool externalData = false) => Write(network, path, externalData, MostBytes);

    /// <summary>The content of the file, all weights included.</summary>
    /// <exception cref="CoppiceException">It would exceed the 2 GiB that the format allows.</exception>
    public static byte[] ToBytes(Network network) => ToBytes(ModelEncoder.Encode(network), MostBytes);

    /// <summary>As <see cref="ToBytes(Network)"/>, or null where that is more than one file may hold.</summary>
    internal static byte[]? ToBytesOfOneFile(Network network) => ModelEncoder.Encode(network) is var model && CountBytes(model) <= MostBytes ? ToBytes(model, MostBytes) : null;

    /// <summary>As above, with another limit to one file.</summary>
    internal static void Write(Network network, string path, bool externalData, long mostBytes)
    {
        var model = ModelEncoder.Encode(network);
        if (!externalData && !ModelEncoder.HadExternalData(network) && CountBytes(model) <= mostBytes)
        {
            AtomicFile.Write(path, ToBytes(model, mostBytes));
            return;
        }

        string dataPath = $"{path}.data";
        var data = ExternalDataFile.MoveOut(model, Path.GetFileName(dataPath));
        AtomicFile.WritePair(dataPath, data.Write, path, ToBytes(model, mostBytes));
    }

    private static byte[] ToBytes(ModelProto model, long mostBytes) => CountBytes(model) is var bytes && bytes <= mostBytes
        ? model.ToByteArray()
        : throw new CoppiceException($"Cannot write '{model.Graph.Name}' as one file: its {bytes} bytes of constants exceed the 2 GiB that an ONNX file may have; prune more, or write it to a path, which makes two files.");

    private static long CountBytes(ModelProto model) => ModelTensors.Of(model).Sum(tensor => (long)tensor.RawData.Length);
}
