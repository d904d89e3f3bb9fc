using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Onnx.Protobuf;
using Google.Protobuf;

namespace Coppice.Onnx;

/// <summary>Declarations of inputs and outputs between file and network.</summary>
internal static class ValueInfoCodec
{
    /// <summary>Takes a declaration out of its message; what is left there goes into <see cref="NetworkValue.Extras"/> too.</summary>
    public static NetworkValue Take(ValueInfoProto proto)
    {
        if (proto.Name.Length == 0)
        {
            throw new UnsupportedModelException("one of its graph's inputs or outputs has no name; export it again.");
        }

        var tensor = proto.Type?.TensorType;
        ImmutableArray<Dimension> dimensions = tensor?.Shape is { } shape ? [.. shape.Dim.Select(Take)] : default;
        var value = new NetworkValue(proto.Name, (ElementType)(tensor?.ElemType ?? 0), dimensions);
        proto.ClearName();
        ClearEmpty(proto);
        return value with { Extras = proto.ToByteArray() };
    }

    /// <summary>The message of a declaration.</summary>
    public static ValueInfoProto Put(NetworkValue value)
    {
        var proto = ValueInfoProto.Parser.ParseFrom(value.Extras.Span);
        proto.Name = value.Name;
        if (value.Type == ElementType.Undefined && value.Dimensions.IsDefault)
        {
            return proto;
        }

        proto.Type ??= new();
        var tensor = proto.Type.TensorType ??= new();
        tensor.ElemType = (int)value.Type;
        if (!value.Dimensions.IsDefault)
        {
            tensor.Shape ??= new();
            Put(tensor.Shape, value.Dimensions);
        }

        return proto;
    }

    /// <summary>The message of a parameter's declaration.</summary>
    /// <param name="proto">What the file said beyond name and type.</param>
    /// <param name="name">Name of the parameter.</param>
    /// <param name="tensor">The parameter.</param>
    public static ValueInfoProto Put(ValueInfoProto proto, string name, HostTensor tensor)
    {
        proto.ClearName();
        return Put(new NetworkValue(name, tensor.Type, [.. tensor.Shape.Extents.Select(extent => new Dimension(extent))]) { Extras = proto.ToByteArray() });
    }

    /// <summary>Some exporters write 0 or −1 where an extent is open; such a number stays in the message, for it is no extent.</summary>
    private static Dimension Take(TensorShapeProto.Types.Dimension proto)
    {
        if (proto.HasDimValue && proto.DimValue < 1)
        {
            return new(null);
        }

        var dimension = new Dimension(proto.HasDimValue ? proto.DimValue : null, proto.HasDimParam ? proto.DimParam : null);
        proto.ClearValue();
        return dimension;
    }

    private static void Put(TensorShapeProto shape, ImmutableArray<Dimension> dimensions)
    {
        if (shape.Dim.Count != dimensions.Length)
        {
            shape.Dim.Clear();
            shape.Dim.Add(dimensions.Select(_ => new TensorShapeProto.Types.Dimension()));
        }

        foreach (var (proto, dimension) in shape.Dim.Zip(dimensions))
        {
            if (dimension.Extent is { } extent)
            {
                proto.DimValue = extent;
            }
            else if (dimension.Symbol is { } symbol)
            {
                proto.DimParam = symbol;
            }
        }
    }

    private static void ClearEmpty(ValueInfoProto proto)
    {
        if (proto.Type?.TensorType is { } tensor)
        {
            tensor.ClearElemType();
            if (tensor.Shape is { } shape && shape.Dim.All(dimension => dimension.CalculateSize() == 0))
            {
                shape.Dim.Clear();
            }

            tensor.Shape = tensor.Shape?.CalculateSize() > 0 ? tensor.Shape : null;
            if (tensor.CalculateSize() == 0)
            {
                proto.Type.ClearValue();
            }
        }

        proto.Type = proto.Type?.CalculateSize() > 0 ? proto.Type : null;
    }
}
