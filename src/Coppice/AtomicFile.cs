using System.Security;
using System.Text;

namespace Coppice;

/// <summary>Writes files that are whole or absent: into a neighbour with a temporary name first, which takes the final name once it is complete and on the disk.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file through a stream.</summary>
    /// <param name="path">Final name, in a folder that exists; an existing file is replaced in one step.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="CoppiceException">The file system refused; the message names the file and the reason.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        try
        {
            Replace(Path.GetFullPath(path), write);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or SecurityException)
        {
            string reason = fault.Message.ReplaceLineEndings(" ").TrimEnd('.');
            throw new CoppiceException($"Cannot write '{path}': {reason}; give a path in a folder that exists, has room and may be written to.", fault);
        }
    }

    /// <summary>Writes bytes.</summary>
    /// <inheritdoc cref="Write(string, Action{Stream})"/>
    public static void Write(string path, byte[] content) => Write(path, stream => stream.Write(content));

    /// <summary>Writes text in UTF-8.</summary>
    /// <inheritdoc cref="Write(string, Action{Stream})"/>
    public static void WriteText(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    private static void Replace(string path, Action<Stream> write)
    {
        string temporary = Path.Combine(Path.GetDirectoryName(path) ?? path, $".{Path.GetFileName(path)}.{Path.GetRandomFileName()}");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            // Deleting in a folder that does not exist would throw, and hide the reason why it does not.
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }

            throw;
        }
    }
}
