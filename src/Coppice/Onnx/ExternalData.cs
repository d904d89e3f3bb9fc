using System.Globalization;
using Coppice.Onnx.Protobuf;
using Google.Protobuf;
using Microsoft.Win32.SafeHandles;

namespace Coppice.Onnx;

/// <summary>
/// Tensors whose elements lie in files beside the model, as exporters write large networks. They are brought into the model's message before it is decoded, so nothing else knows of them;
/// initializers keep the mark that they lay elsewhere, by which the writer writes them so again. Each stretch of a file is read once; checksums are not looked at.
/// </summary>
internal sealed class ExternalData : IDisposable
{
    private readonly string _model;
    private readonly ModelFolder _folder;
    private readonly Dictionary<string, DataFile> _files = [];

    private ExternalData(string model) => (_model, _folder) = (model, new(model));

    /// <summary>Brings in what lies in other files.</summary>
    /// <param name="message">The message of the model.</param>
    /// <param name="path">Path of the model's file, or null where it is in memory only, so that nothing lies beside it.</param>
    /// <exception cref="UnsupportedModelException">A tensor lies where it must not, or where there is nothing.</exception>
    /// <exception cref="CoppiceException">A data file cannot be read.</exception>
    public static void Load(ModelProto message, string? path)
    {
        var tensors = ModelTensors.Of(message).Where(IsExternal).ToList();
        if (tensors.Count == 0)
        {
            return;
        }

        if (path is null)
        {
            throw new UnsupportedModelException(
                $"the tensor '{tensors[0].Name}' lies outside of the file (in '{Entry(tensors[0], "location")}'), and a model in memory has no folder; read it from its path.");
        }

        using var data = new ExternalData(path);
        data.Load(message, tensors);
    }

    /// <summary>Whether a tensor's elements lie, or lay before <see cref="Load(ModelProto, string?)"/>, in another file.</summary>
    public static bool IsExternal(TensorProto tensor) => tensor.DataLocation == TensorProto.Types.DataLocation.External;

    /// <summary>Bytes that the tensors of a model, which has been read before, have in other files; a stretch that several share counts once.</summary>
    public static long CountBytes(ModelProto message) => ModelTensors.Of(message).Where(IsExternal)
        .Select(tensor => (Location: Entry(tensor, "location"), Offset: Number(tensor, "offset") ?? 0, Length: Number(tensor, "length") ?? TensorCodec.CountBytes(tensor) ?? 0))
        .Distinct().Sum(stretch => stretch.Length);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }
    }

    private void Load(ModelProto message, List<TensorProto> tensors)
    {
        try
        {
            foreach (var tensor in tensors)
            {
                tensor.RawData = UnsafeByteOperations.UnsafeWrap(Read(tensor));
                tensor.ExternalData.Clear();
                tensor.ClearDataLocation();
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CoppiceException(Shortened.Of($"Cannot read the external data of '{_model}': {fault.Message.TrimEnd('.')}; give files that this user may read."), fault);
        }

        foreach (var tensor in (message.Graph?.Initializer ?? []).Intersect(tensors, ReferenceEqualityComparer.Instance))
        {
            ((TensorProto)tensor!).DataLocation = TensorProto.Types.DataLocation.External;
        }
    }

    private ReadOnlyMemory<byte> Read(TensorProto tensor)
    {
        string location = Entry(tensor, "location");
        string path = _folder.Find(location, tensor.Name);
        if (!_files.TryGetValue(path, out var file))
        {
            _files.Add(path, file = new(path, location, tensor.Name));
        }

        long offset = Number(tensor, "offset") ?? 0;
        long? claimed = TensorCodec.CountBytes(tensor);
        long length = Number(tensor, "length") ?? claimed ?? Math.Max(0, file.Length - offset);
        if (claimed is { } bytes && bytes != length)
        {
            throw new UnsupportedModelException($"the tensor '{tensor.Name}' claims {bytes} bytes, but {length} are stated for it in '{location}'; export the model again.");
        }

        return file.Read(offset, length, tensor.Name);
    }

    private static string Entry(TensorProto tensor, string key) => tensor.ExternalData.FirstOrDefault(entry => entry.Key == key)?.Value ?? "";

    private static long? Number(TensorProto tensor, string key)
    {
        string text = Entry(tensor, key);
        return text.Length == 0 ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number
            : throw new UnsupportedModelException($"the tensor '{tensor.Name}' states the {key} '{text}' for its external data; it must be a whole number of bytes. Export the model again.");
    }

    /// <summary>A file with the elements of tensors.</summary>
    private sealed class DataFile : IDisposable
    {
        private readonly string _path;
        private readonly string _location;
        private readonly Dictionary<(long Offset, long Length), ReadOnlyMemory<byte>> _read = [];
        private SafeFileHandle? _handle;
        private long _bytesRead;

        public DataFile(string path, string location, string tensor)
        {
            (_path, _location) = (path, location);
            var file = new FileInfo(path);
            Length = file.Exists
                ? file.Length
                : throw new UnsupportedModelException($"the tensor '{tensor}' lies in '{location}', and there is no such file in the model's folder; put it there too.");
        }

        public long Length { get; }

        public void Dispose() => _handle?.Dispose();

        /// <summary>A stretch of the file; tensors that share one share its memory.</summary>
        public ReadOnlyMemory<byte> Read(long offset, long length, string tensor)
        {
            if (_read.TryGetValue((offset, length), out var known))
            {
                return known;
            }

            Check(offset, length, tensor);
            byte[] bytes = new byte[length];
            _handle ??= File.OpenHandle(_path, options: FileOptions.SequentialScan);
            for (int done = 0; done < bytes.Length;)
            {
                int count = RandomAccess.Read(_handle, bytes.AsSpan(done), offset + done);
                done += count > 0 ? count : throw new IOException($"'{_path}' has become shorter while it was read");
            }

            _read.Add((offset, length), bytes);
            return bytes;
        }

        /// <summary>Stretches that overlap without being the same are no exporter's, and would let a small file fill the memory.</summary>
        private void Check(long offset, long length, string tensor)
        {
            if (offset > Length || length > Length - offset)
            {
                throw new UnsupportedModelException(
                    $"the tensor '{tensor}' is said to have {length} bytes from byte {offset} of '{_location}' on, which has {Length} bytes; export the model again, or copy that file again.");
            }

            if (length > Array.MaxLength)
            {
                throw new UnsupportedModelException($"the tensor '{tensor}' has {length} bytes; this version takes up to {Array.MaxLength} in one tensor.");
            }

            _bytesRead += length;
            if (_bytesRead > Length)
            {
                throw new UnsupportedModelException($"the tensor '{tensor}' shares a part of its bytes in '{_location}' with others; tensors must lie beside each other, or in the same place. Export the model again.");
            }
        }
    }
}
