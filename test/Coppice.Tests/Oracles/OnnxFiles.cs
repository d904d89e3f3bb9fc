namespace Coppice.Tests.Oracles;

/// <summary>Files as other exporters write them, and what the reference implementation of ONNX finds in files.</summary>
internal static class OnnxFiles
{
    private const string Script = "onnx_files.py";
    private const string Packages = "the packages python3-onnx and python3-torch";

    /// <summary>Writes a network with external data: all tensors in "one" file, "each" in its own, or also those of "attributes" and sub-graphs.</summary>
    public static void WriteExternal(string form, string path) => Run("external", form, path);

    /// <summary>Writes a residual network in "half" precision, with "cast" nodes around it, in "bf16" or in "double" precision.</summary>
    public static void WriteTyped(string form, string path) => Run("typed", form, path);

    /// <summary>Writes opset7.onnx and so on, and returns the numbers.</summary>
    public static int[] WriteOpsets(string folder) => [.. Run("opsets", folder).Split(' ').Select(int.Parse)];

    /// <summary>Type, shape and hash of the bytes of every tensor in a file, sub-graphs included, sorted; names aside, for a constant's node and its tensor may have two.</summary>
    public static string[] Tensors(string path) =>
        [.. Run("tensors", path).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[(line.IndexOf(' ') + 1)..]).Order(StringComparer.Ordinal)];

    /// <summary>Numbers rounded to "half" or "bf16", as NumPy and PyTorch round.</summary>
    public static ushort[] Round(string type, float[] values)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("in"), [.. values.SelectMany(value => BitConverter.GetBytes(value))]);
        Run("round", type, folder.File("in"), folder.File("out"));
        return [.. File.ReadAllBytes(folder.File("out")).Chunk(2).Select(pair => BitConverter.ToUInt16(pair))];
    }

    private static string Run(params string[] arguments) => PythonScript.Run(Script, Packages, arguments);
}
