using Coppice.Graph;
using Google.Protobuf;

namespace Coppice.Onnx;

/// <summary>Writes networks as ONNX files. The same network always gives the same bytes.</summary>
/// <remarks>
/// A network that was read keeps its file's format version, producer and whatever was not interpreted. A network that was built gets the format version that came with its operator set
/// (IR version 8 up to operator set 18) and the producer <c>coppice</c>. Notes on inner shapes (<c>value_info</c>) are never written: readers infer them.
/// </remarks>
public static class OnnxWriter
{
    /// <summary>Writes a file. It appears under its name only when it is whole and on the disk; an older file of that name is replaced in one step.</summary>
    /// <param name="network">The network.</param>
    /// <param name="path">Path of the file; its folder must exist.</param>
    /// <exception cref="CoppiceException">The file cannot be written, or would exceed the 2 GiB that the format allows.</exception>
    public static void Write(Network network, string path) => AtomicFile.Write(path, ToBytes(network));

    /// <summary>The content of the file.</summary>
    /// <exception cref="CoppiceException">It would exceed the 2 GiB that the format allows.</exception>
    public static byte[] ToBytes(Network network)
    {
        long weights = network.Parameters.Values.Sum(tensor => (long)tensor.Bytes.Length);
        return weights < int.MaxValue - (64L << 20)
            ? ModelEncoder.Encode(network).ToByteArray()
            : throw new CoppiceException($"Cannot write '{network.Name}': its {weights} bytes of parameters exceed the 2 GiB of an ONNX file; prune more.");
    }
}
