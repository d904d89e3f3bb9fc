namespace Coppice.Tests.OnnxRuntime;

/// <summary>The small models that Fixtures/make.py writes; read from the source tree.</summary>
internal static class Fixture
{
    public static string PathOf(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Coppice.slnx"))) folder = folder.Parent!;
        return Path.Combine(folder.FullName, "test", "Coppice.Tests", "OnnxRuntime", "Fixtures", name + ".onnx");
    }

    public static byte[] Bytes(string name) => File.ReadAllBytes(PathOf(name));
}
