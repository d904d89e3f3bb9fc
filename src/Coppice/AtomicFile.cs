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
    public static void Write(string path, Action<Stream> write) => Attempt(path, () =>
    {
        using var pending = new PendingFile(path, write);
        pending.Publish();
    });

    /// <summary>Writes bytes.</summary>
    /// <inheritdoc cref="Write(string, Action{Stream})"/>
    public static void Write(string path, byte[] content) => Write(path, stream => stream.Write(content));

    /// <summary>Writes text in UTF-8.</summary>
    /// <inheritdoc cref="Write(string, Action{Stream})"/>
    public static void WriteText(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// Writes two files of which one makes sense only with the other. Both are complete and on the disk before either takes its name, the companion first. Where there is a companion
    /// already, an older file goes before it does: whenever this ends, the path names nothing, or a file together with the companion that it was written with.
    /// </summary>
    /// <param name="companion">Final name of the file that the other one needs.</param>
    /// <param name="writeCompanion">Writes the companion.</param>
    /// <param name="path">Final name of the file that needs it.</param>
    /// <param name="content">The content of that file.</param>
    /// <exception cref="CoppiceException">The file system refused; the message names the file and the reason.</exception>
    public static void WritePair(string companion, Action<Stream> writeCompanion, string path, byte[] content) => Attempt(path, () =>
    {
        using var first = new PendingFile(companion, writeCompanion);
        using var second = new PendingFile(path, stream => stream.Write(content));
        if (File.Exists(companion))
        {
            File.Delete(path);
        }

        first.Publish();
        second.Publish();
    });

    private static void Attempt(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or SecurityException)
        {
            string reason = fault.Message.ReplaceLineEndings(" ").TrimEnd('.');
            throw new CoppiceException($"Cannot write '{path}': {reason}; give a path in a folder that exists, has room and may be written to.", fault);
        }
    }

    /// <summary>A file that is complete and on the disk under a temporary name; gone with the object unless it was published.</summary>
    private sealed class PendingFile : IDisposable
    {
        private readonly string _path;
        private readonly string _temporary;

        public PendingFile(string path, Action<Stream> write)
        {
            _path = Path.GetFullPath(path);
            _temporary = Path.Combine(Path.GetDirectoryName(_path) ?? _path, $".{Path.GetFileName(_path)}.{Path.GetRandomFileName()}");
            try
            {
                using var stream = new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write);
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        /// <summary>Gives the file its name.</summary>
        public void Publish() => File.Move(_temporary, _path, overwrite: true);

        public void Dispose()
        {
            // Deleting in a folder that does not exist would throw, and hide the reason why it does not.
            if (File.Exists(_temporary))
            {
                File.Delete(_temporary);
            }
        }
    }
}
