namespace Coppice.Onnx;

/// <summary>
/// The folder of a model, from which alone its external data may come: a file from a stranger must not make this program read what lies elsewhere.
/// Where the model itself is reached through a symbolic link, as in download caches, the folder in which it really lies counts too.
/// </summary>
internal sealed class ModelFolder
{
    private readonly string _folder;
    private readonly string[] _allowed;

    /// <param name="model">Path of the model's file.</param>
    public ModelFolder(string model)
    {
        string path = Path.GetFullPath(model);
        _folder = Path.GetDirectoryName(path)!;
        _allowed = [.. new[] { RealPath.Of(_folder), Path.GetDirectoryName(RealPath.Of(path))! }.Select(folder => Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar)];
    }

    /// <summary>The file that a location names, symbolic links followed.</summary>
    /// <param name="location">Path relative to the model's folder.</param>
    /// <param name="tensor">The tensor that lies there, for the message.</param>
    /// <exception cref="UnsupportedModelException">It is absolute or leads out of the folder.</exception>
    public string Find(string location, string tensor)
    {
        string[] segments = location.Split('/', '\\');
        bool isInside = location.Length > 0 && segments[0].Length > 0 && !location.Contains('\0') && !segments.Contains("..") && !Path.IsPathRooted(location);
        string path = isInside ? RealPath.Of(Path.Combine(_folder, location)) : "";
        return isInside && _allowed.Any(folder => path.StartsWith(folder, StringComparison.Ordinal))
            ? path
            : throw new UnsupportedModelException(
                $"the tensor '{tensor}' is said to lie in '{location}', which is not below the model's folder; external data is read from there alone, so put it beside the model and export again.");
    }
}
