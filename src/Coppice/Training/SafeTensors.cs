using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Coppice.Training;

/// <summary>A single-precision tensor of a file.</summary>
/// <param name="Shape">Extents.</param>
/// <param name="Values">Row-major values.</param>
internal sealed record SafeTensor(long[] Shape, float[] Values);

/// <summary>
/// The safetensors file format: an 8-byte little-endian header length, a JSON header (name → type, shape, byte range), raw little-endian data.
/// Nothing in such a file is executed when it is read. Only 32-bit floats, which is all that checkpoints hold.
/// </summary>
internal static class SafeTensors
{
    private const string MetadataKey = "__metadata__";
    private const int LargestHeader = 100 << 20;

    public static void Save(string path, IReadOnlyDictionary<string, SafeTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        byte[] header = Header(tensors, metadata);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (var tensor in tensors.Values)
            {
                stream.Write(MemoryMarshal.AsBytes(tensor.Values.AsSpan()));
            }
        });
    }

    public static (IReadOnlyDictionary<string, SafeTensor> Tensors, IReadOnlyDictionary<string, string> Metadata) Load(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path));
        }
        catch (Exception fault) when (fault is JsonException or FormatException or ArgumentException or KeyNotFoundException or InvalidOperationException or OverflowException or IndexOutOfRangeException)
        {
            throw new CoppiceException($"Cannot read '{path}': it is no whole safetensors file ({fault.Message.Split('\n')[0]}); delete it to start anew.", fault);
        }
    }

    private static byte[] Header(IReadOnlyDictionary<string, SafeTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WritePropertyName(MetadataKey);
            JsonSerializer.Serialize(json, metadata);
            long offset = 0;
            foreach (var (name, tensor) in tensors)
            {
                long end = offset + (tensor.Values.LongLength * sizeof(float));
                json.WritePropertyName(name);
                JsonSerializer.Serialize(json, new { dtype = "F32", shape = tensor.Shape, data_offsets = new[] { offset, end } });
                offset = end;
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static (IReadOnlyDictionary<string, SafeTensor> Tensors, IReadOnlyDictionary<string, string> Metadata) Parse(ReadOnlySpan<byte> bytes)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if (length > LargestHeader || length > (ulong)bytes.Length - 8)
        {
            throw new FormatException($"its header claims {length} bytes, the file has {bytes.Length}");
        }

        using var header = JsonDocument.Parse(bytes.Slice(8, (int)length).ToArray());
        var data = bytes[(8 + (int)length)..];
        var tensors = new Dictionary<string, SafeTensor>();
        var metadata = new Dictionary<string, string>();
        foreach (var entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name == MetadataKey)
            {
                metadata = entry.Value.EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value.GetString()!);
                continue;
            }

            long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt64())];
            long[] range = [.. entry.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
            if (entry.Value.GetProperty("dtype").GetString() != "F32" || range[1] - range[0] != shape.Aggregate(4L, (product, extent) => checked(product * extent)))
            {
                throw new FormatException($"tensor '{entry.Name}' is not of 32-bit floats or its size does not fit");
            }

            tensors.Add(entry.Name, new(shape, MemoryMarshal.Cast<byte, float>(data[checked((int)range[0])..checked((int)range[1])]).ToArray()));
        }

        return (tensors, metadata);
    }
}
