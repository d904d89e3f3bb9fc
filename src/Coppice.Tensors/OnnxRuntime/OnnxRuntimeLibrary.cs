using System.Runtime.InteropServices;

namespace Coppice.Tensors.OnnxRuntime;

/// <summary>
/// ONNX Runtime's native library, loaded when it is first needed and then kept. It is looked for in this order: the file that the environment variable
/// <c>COPPICE_ONNXRUNTIME</c> names; <c>libonnxruntime.so.1</c> beside the program; <c>artifacts/onnxruntime/libonnxruntime.so.1</c> in any folder above it (a checkout).
/// </summary>
public static class OnnxRuntimeLibrary
{
    internal const string FileName = "libonnxruntime.so.1";
    internal const string Variable = "COPPICE_ONNXRUNTIME";

    private static readonly Lazy<Loaded> Library = new(Load);

    /// <summary>The runtime's version, such as <c>1.30.0</c>.</summary>
    /// <exception cref="OnnxRuntimeException">The library is missing, cannot be loaded, or is older than 1.16.</exception>
    public static string Version => Library.Value.Version;

    /// <summary>The file that was loaded.</summary>
    /// <exception cref="OnnxRuntimeException">As for <see cref="Version"/>.</exception>
    public static string Path => Library.Value.Path;

    /// <summary>The library's functions.</summary>
    internal static OrtApi Api => Library.Value.Api;

    /// <summary>The one environment of the process; sessions refer to it, so it is never released.</summary>
    internal static OrtEnvironmentHandle Environment => Library.Value.Environment;

    /// <summary>What describes tensors in ordinary memory, shared by all.</summary>
    internal static OrtMemoryInfoHandle CpuMemory => Library.Value.CpuMemory;

    /// <summary>Finds the library's file, or says where it was looked for.</summary>
    internal static string Find(string? configured, string baseDirectory)
    {
        if (!string.IsNullOrEmpty(configured))
        {
            // A bare file name would be looked for in the system's library folders instead of the current one.
            return File.Exists(configured)
                ? System.IO.Path.GetFullPath(configured)
                : throw new OnnxRuntimeException($"Cannot load ONNX Runtime: {Variable} names no file: '{configured}'; correct or unset it.");
        }

        string beside = System.IO.Path.Combine(baseDirectory, FileName);
        if (File.Exists(beside)) return beside;
        for (var folder = new DirectoryInfo(baseDirectory); folder is not null; folder = folder.Parent)
        {
            string fetched = System.IO.Path.Combine(folder.FullName, "artifacts", "onnxruntime", FileName);
            if (File.Exists(fetched)) return fetched;
        }

        throw new OnnxRuntimeException(
            $"Cannot load ONNX Runtime: {FileName} is neither in '{baseDirectory}' nor in artifacts/onnxruntime/ of a folder above; run ./coppice once to fetch it, or set {Variable} to its path.");
    }

    /// <summary>Opens a library's function table and reads its version.</summary>
    internal static unsafe (OrtApi Api, string Version) Open(string path)
    {
        nint library;
        nint entry;
        try
        {
            library = NativeLibrary.Load(path);
            entry = NativeLibrary.GetExport(library, "OrtGetApiBase");
        }
        catch (Exception failure) when (failure is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
        {
            throw new OnnxRuntimeException($"Cannot load ONNX Runtime: '{path}' is no ONNX Runtime library for this machine; set {Variable} to one that is.", failure);
        }

        // struct OrtApiBase { const OrtApi* (*GetApi)(uint32_t version); const char* (*GetVersionString)(void); }
        void** apiBase = ((delegate* unmanaged<void**>)entry)();
        string version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)apiBase[1])())!;
        nint table = ((delegate* unmanaged<uint, nint>)apiBase[0])(OrtFunction.ApiVersion);
        return table != 0
            ? (new OrtApi(table), version)
            : throw new OnnxRuntimeException($"Cannot load ONNX Runtime: '{path}' is version {version}, older than 1.{OrtFunction.ApiVersion}; set {Variable} to a newer one.");
    }

    private static Loaded Load()
    {
        string path = Find(System.Environment.GetEnvironmentVariable(Variable), AppContext.BaseDirectory);
        var (api, version) = Open(path);
        return new(path, version, api, api.CreateEnvironment(), api.CreateCpuMemoryInfo());
    }

    private sealed record Loaded(string Path, string Version, OrtApi Api, OrtEnvironmentHandle Environment, OrtMemoryInfoHandle CpuMemory);
}
