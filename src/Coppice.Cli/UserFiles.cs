namespace Coppice.Cli;

/// <summary>Files that the user names.</summary>
internal static class UserFiles
{
    /// <summary>Makes the folder, so that hours of work do not end at a path that cannot be written.</summary>
    /// <exception cref="CoppiceException">The path is a folder, or its folder cannot be made.</exception>
    public static void PrepareOutput(string path)
    {
        if (Directory.Exists(path))
        {
            throw new CoppiceException($"Cannot write '{path}': it is a folder; give the name of a file.");
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CoppiceException($"Cannot write '{path}': {fault.Message} Choose another place with -o.", fault);
        }
    }

    /// <summary>Reads a text file.</summary>
    /// <exception cref="CoppiceException">It cannot be read.</exception>
    public static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CoppiceException($"Cannot read '{path}': {fault.Message} Check the path.", fault);
        }
    }
}
