namespace Coppice.Onnx;

/// <summary>Where a path leads once every symbolic link on the way is followed.</summary>
internal static class RealPath
{
    /// <summary>As many as Linux follows before it speaks of a loop.</summary>
    private const int MostLinks = 40;

    /// <summary>The path without symbolic links; what does not exist is taken as written.</summary>
    /// <param name="path">An absolute path.</param>
    /// <exception cref="IOException">The links go round in a circle.</exception>
    public static string Of(string path)
    {
        string root = Path.GetPathRoot(path)!;
        string resolved = root;
        var ahead = new Stack<string>();
        Push(ahead, path[root.Length..]);
        for (int links = 0; ahead.TryPop(out string? segment);)
        {
            if (segment == "..")
            {
                resolved = Path.GetDirectoryName(resolved) ?? resolved;
                continue;
            }

            string next = Path.Combine(resolved, segment);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                resolved = next;
                continue;
            }

            if (++links > MostLinks)
            {
                throw new IOException($"'{path}' leads through more than {MostLinks} symbolic links");
            }

            string targetRoot = Path.GetPathRoot(target)!;
            resolved = targetRoot.Length > 0 ? targetRoot : resolved;
            Push(ahead, target[targetRoot.Length..]);
        }

        return resolved;
    }

    private static void Push(Stack<string> ahead, string path)
    {
        foreach (string segment in path.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar).Reverse().Where(segment => segment is not ("" or ".")))
        {
            ahead.Push(segment);
        }
    }
}
