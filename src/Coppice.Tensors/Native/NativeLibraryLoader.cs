using System.Runtime.InteropServices;

namespace Coppice.Tensors.Native;

/// <summary>Finds and loads <c>libcoppice_native.so</c>, once, at the first use of a tensor.</summary>
internal static class NativeLibraryLoader
{
    internal const string FileName = "libcoppice_native.so";
    internal const string PathVariable = "COPPICE_NATIVE";

    private static readonly Lazy<nint> Library = new(() => Load(Environment.GetEnvironmentVariable(PathVariable), AppContext.BaseDirectory));

    /// <summary>Whether the library has been loaded already.</summary>
    internal static bool IsLoaded => Library.IsValueCreated;

    /// <summary>The address of an exported function.</summary>
    internal static nint Handle => Library.Value;

    /// <summary>Loads the library from the first place that has it.</summary>
    /// <param name="explicitPath">Content of COPPICE_NATIVE; when set, no other place is tried.</param>
    /// <param name="baseDirectory">Folder of the program.</param>
    internal static nint Load(string? explicitPath, string baseDirectory)
    {
        string path = Find(explicitPath, baseDirectory);
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new NativeLibraryMissingException(
                $"Cannot load {path}: {FirstLine(error.Message)} Run ./coppice, which installs libtorch and builds the library.", error);
        }
    }

    /// <summary>The file to load.</summary>
    internal static string Find(string? explicitPath, string baseDirectory)
    {
        if (!string.IsNullOrEmpty(explicitPath))
        {
            return File.Exists(explicitPath)
                ? explicitPath
                : throw new NativeLibraryMissingException($"{PathVariable} names '{explicitPath}', which is not a file: correct it or unset it.");
        }

        return Candidates(baseDirectory).FirstOrDefault(File.Exists)
            ?? throw new NativeLibraryMissingException(
                $"{FileName} was found neither in {baseDirectory} nor in artifacts/native of a folder above it: "
                + $"run ./coppice, which builds it, or set {PathVariable} to the file.");
    }

    private static IEnumerable<string> Candidates(string baseDirectory)
    {
        yield return Path.Combine(baseDirectory, FileName);
        for (var folder = new DirectoryInfo(baseDirectory); folder is not null; folder = folder.Parent)
        {
            yield return Path.Combine(folder.FullName, "artifacts", "native", FileName);
        }
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();
}
