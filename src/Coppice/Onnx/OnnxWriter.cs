using System.Security;
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
    public static void Write(Network network, string path)
    {
        byte[] content = ToBytes(network);
        try
        {
            Replace(Path.GetFullPath(path), content);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or SecurityException)
        {
            throw new CoppiceException(OneLine.Of($"Cannot write '{path}': {fault.Message.TrimEnd('.')}; give a path in a folder that exists, has room and may be written to."), fault);
        }
    }

    /// <summary>The content of the file.</summary>
    /// <exception cref="CoppiceException">It would exceed the 2 GiB that the format allows.</exception>
    public static byte[] ToBytes(Network network)
    {
        long weights = network.Parameters.Values.Sum(tensor => (long)tensor.Bytes.Length);
        return weights < int.MaxValue - (64L << 20)
            ? ModelEncoder.Encode(network).ToByteArray()
            : throw new CoppiceException($"Cannot write '{network.Name}': its {weights} bytes of parameters exceed the 2 GiB of an ONNX file; prune more.");
    }

    private static void Replace(string path, byte[] content)
    {
        string temporary = Path.Combine(Path.GetDirectoryName(path) ?? path, $".{Path.GetFileName(path)}.{Path.GetRandomFileName()}");
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
