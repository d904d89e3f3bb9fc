using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Tests.OnnxRuntime;

public sealed class OnnxRuntimeLibraryTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("coppice-ort-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Version_is_the_one_that_set_up_pins() => Assert.Equal("1.30.0", OnnxRuntimeLibrary.Version);

    [Fact]
    public void Find_prefers_the_environment_then_the_program_then_the_nearest_checkout()
    {
        string program = Path.Combine(_folder.FullName, "artifacts", "bin", "program");
        Directory.CreateDirectory(program);
        string fetched = Touch(Path.Combine(_folder.FullName, "artifacts", "onnxruntime", "libonnxruntime.so.1"));

        string fromCheckout = OnnxRuntimeLibrary.Find(null, program);
        string beside = Touch(Path.Combine(program, "libonnxruntime.so.1"));
        string fromProgram = OnnxRuntimeLibrary.Find("", program);
        string own = Touch(Path.Combine(_folder.FullName, "own.so"));
        string fromEnvironment = OnnxRuntimeLibrary.Find(Path.GetRelativePath(Environment.CurrentDirectory, own), program);

        Assert.Equal((fetched, beside, own), (fromCheckout, fromProgram, fromEnvironment));
    }

    [Fact]
    public void Find_tells_where_it_looked_and_what_to_do()
    {
        var missing = Assert.Throws<OnnxRuntimeException>(() => OnnxRuntimeLibrary.Find(null, _folder.FullName));
        var misnamed = Assert.Throws<OnnxRuntimeException>(() => OnnxRuntimeLibrary.Find("/nowhere/ort.so", _folder.FullName));

        Assert.Equal(
            $"Cannot load ONNX Runtime: libonnxruntime.so.1 is neither in '{_folder.FullName}' nor in artifacts/onnxruntime/ of a folder above; run ./coppice once to fetch it, or set COPPICE_ONNXRUNTIME to its path.",
            missing.Message);
        Assert.Equal("Cannot load ONNX Runtime: COPPICE_ONNXRUNTIME names no file: '/nowhere/ort.so'; correct or unset it.", misnamed.Message);
    }

    [Theory]
    [InlineData("libc.so.6")]
    [InlineData("/etc/hostname")]
    public void Open_refuses_what_is_not_ONNX_Runtime(string path)
    {
        var error = Assert.Throws<OnnxRuntimeException>(() => OnnxRuntimeLibrary.Open(path));

        Assert.Equal($"Cannot load ONNX Runtime: '{path}' is no ONNX Runtime library for this machine; set COPPICE_ONNXRUNTIME to one that is.", error.Message);
        Assert.Equal(OnnxRuntimeError.None, error.Error);
    }

    private static string Touch(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        return path;
    }
}
