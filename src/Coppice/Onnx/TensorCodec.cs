using System.Runtime.InteropServices;
using Coppice.Graph;
using Coppice.Onnx.Protobuf;
using Google.Protobuf;

namespace Coppice.Onnx;

/// <summary>
/// Tensors between file and network. The file may hold numbers in one of several typed lists or as raw bytes; the network holds bytes, and raw bytes are what is written.
/// Elements without a fixed number of bytes (strings, complex numbers, 4-bit integers, sparse tensors) stay in the file's own form.
/// </summary>
internal static class TensorCodec
{
    /// <summary>Takes type, shape and elements out of the message.</summary>
    /// <param name="proto">The message; keeps its name, the mark that the elements lay in another file, and what was not understood.</param>
    public static HostTensor Take(TensorProto proto)
    {
        var shape = Shape(proto.Dims, proto.Name);
        var type = (ElementType)proto.DataType;
        int size = ElementTypes.SizeOf(type);
        if (type == ElementType.Undefined)
        {
            throw new UnsupportedModelException($"the tensor '{proto.Name}' states no element type; export it again.");
        }

        var bytes = size == 0 ? Opaque(proto) : Elements(proto, type);
        if (size > 0 && bytes.Length != shape.Length * size)
        {
            throw new UnsupportedModelException(
                $"the tensor '{proto.Name}' claims {shape.Length} elements ({type} {shape}, {shape.Length * size} bytes) but holds {bytes.Length} bytes; export or download it again.");
        }

        Clear(proto);
        return HostTensor.FromBytes(type, shape, bytes);
    }

    /// <summary>Takes a sparse tensor; it is carried, not interpreted.</summary>
    public static HostTensor Take(SparseTensorProto proto) =>
        HostTensor.FromBytes(ElementType.Undefined, Shape(proto.Dims, proto.Values?.Name ?? ""), proto.ToByteArray());

    /// <summary>Bytes that a tensor of the stated type and shape takes, or null where its elements have no fixed size.</summary>
    /// <exception cref="UnsupportedModelException">No memory holds the shape.</exception>
    public static long? CountBytes(TensorProto proto)
    {
        long elements = Shape(proto.Dims, proto.Name).Length;
        int size = ElementTypes.SizeOf((ElementType)proto.DataType);
        return size > 0 ? elements * size : null;
    }

    /// <summary>Puts a tensor into a message that holds at most what <see cref="Take(TensorProto)"/> left of it.</summary>
    public static TensorProto Put(TensorProto proto, HostTensor tensor)
    {
        if (ElementTypes.SizeOf(tensor.Type) == 0)
        {
            proto.MergeFrom(tensor.Bytes.Span);
        }
        else
        {
            proto.RawData = UnsafeByteOperations.UnsafeWrap(tensor.Bytes);
        }

        proto.ClearDataLocation();
        proto.DataType = (int)tensor.Type;
        proto.Dims.Add(tensor.Shape.Extents);
        return proto;
    }

    /// <summary>Whether more than the name is left of a message.</summary>
    public static bool HasMoreThanName(TensorProto proto) => proto.CalculateSize() > new TensorProto { Name = proto.Name }.CalculateSize();

    private static TensorShape Shape(IEnumerable<long> dims, string name)
    {
        long[] extents = [.. dims];
        long bytes = 16;
        foreach (long extent in extents)
        {
            // An extent of 0 makes an empty tensor, however large the others are; bounding them all keeps every later product within 64 bits.
            bool isLegal = extent >= 0 && Math.BigMul(bytes, Math.Max(1, extent), out bytes) == 0 && bytes >= 0;
            if (!isLegal)
            {
                throw new UnsupportedModelException($"the tensor '{name}' claims the shape [{string.Join(", ", extents.Take(8))}], which no memory holds; export or download it again.");
            }
        }

        return new(extents);
    }

    private static ReadOnlyMemory<byte> Elements(TensorProto proto, ElementType type)
    {
        if (proto.RawData.Length > 0)
        {
            return proto.RawData.Memory;
        }

        return type switch
        {
            ElementType.Float32 => Bytes(proto.FloatData.ToArray()),
            ElementType.Float64 => Bytes(proto.DoubleData.ToArray()),
            ElementType.Int64 => Bytes(proto.Int64Data.ToArray()),
            ElementType.UInt64 => Bytes(proto.Uint64Data.ToArray()),
            ElementType.UInt32 => Bytes(proto.Uint64Data.Select(value => unchecked((uint)value)).ToArray()),
            ElementType.Int32 => Bytes(proto.Int32Data.ToArray()),
            ElementType.UInt8 or ElementType.Int8 or ElementType.Bool => proto.Int32Data.Select(value => unchecked((byte)value)).ToArray(),

            // 16-bit floating-point numbers stand in the low half of an integer as their bit pattern.
            _ => Bytes(proto.Int32Data.Select(value => unchecked((ushort)value)).ToArray()),
        };
    }

    private static byte[] Bytes<T>(T[] values)
        where T : struct => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    /// <summary>The elements alone, in the file's own form.</summary>
    private static byte[] Opaque(TensorProto proto)
    {
        var elements = new TensorProto();
        elements.FloatData.Add(proto.FloatData);
        elements.DoubleData.Add(proto.DoubleData);
        elements.Int32Data.Add(proto.Int32Data);
        elements.Int64Data.Add(proto.Int64Data);
        elements.Uint64Data.Add(proto.Uint64Data);
        elements.StringData.Add(proto.StringData);
        if (proto.HasRawData)
        {
            elements.RawData = proto.RawData;
        }

        return elements.ToByteArray();
    }

    private static void Clear(TensorProto proto)
    {
        proto.Dims.Clear();
        proto.ClearDataType();
        proto.ClearRawData();
        proto.FloatData.Clear();
        proto.DoubleData.Clear();
        proto.Int32Data.Clear();
        proto.Int64Data.Clear();
        proto.Uint64Data.Clear();
        proto.StringData.Clear();
    }
}
