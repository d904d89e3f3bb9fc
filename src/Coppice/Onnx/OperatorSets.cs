namespace Coppice.Onnx;

/// <summary>Names of operator sets.</summary>
internal static class OperatorSets
{
    /// <summary>Whether the domain is ONNX's own, which has two spellings.</summary>
    public static bool IsOwn(string domain) => domain is "" or "ai.onnx";
}
