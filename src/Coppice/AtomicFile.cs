namespace Coppice;

/// <summary>Writes files that are whole or absent: into a neighbour with a temporary name first, which takes the final name once it is complete and on the disk.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file through a stream.</summary>
    /// <param name="path">Final name; an existing file is replaced.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="CoppiceException">The file system refused; the message names the file and the reason.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path);
        string temporary = $"{full}.{Environment.ProcessId}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CoppiceException($"Cannot write '{path}': {fault.Message} Choose another place with -o, or make room.", fault);
        }
        finally
        {
            // Deleting in a folder that does not exist would throw, and hide the reason why it does not.
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }
        }
    }

    /// <summary>Writes text in UTF-8.</summary>
    /// <param name="path">Final name; an existing file is replaced.</param>
    /// <param name="text">The content.</param>
    /// <exception cref="CoppiceException">The file system refused.</exception>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
