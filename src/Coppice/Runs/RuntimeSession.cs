using Coppice.Graph;
using Coppice.Onnx;
using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Runs;

/// <summary>Hands a network to ONNX Runtime: from memory, or, where its weights exceed what one ONNX file may hold, by files that are deleted once they are loaded.</summary>
internal static class RuntimeSession
{
    /// <exception cref="OnnxRuntimeException">ONNX Runtime is missing or refuses the network.</exception>
    /// <exception cref="CoppiceException">The files cannot be written.</exception>
    public static InferenceSession Load(Network network, InferenceSessionOptions options)
    {
        if (OnnxWriter.ToBytesOfOneFile(network) is { } bytes)
        {
            return InferenceSession.Load(bytes, options);
        }

        var folder = Directory.CreateTempSubdirectory("coppice-");
        try
        {
            string path = Path.Combine(folder.FullName, "network.onnx");
            OnnxWriter.Write(network, path);
            return InferenceSession.Load(path, options);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
