using System.Text;
using Coppice.Graph;
using Coppice.Onnx.Protobuf;
using Google.Protobuf;
using Kind = Coppice.Onnx.Protobuf.AttributeProto.Types.AttributeType;

namespace Coppice.Onnx;

/// <summary>Attributes between file and network.</summary>
internal static class AttributeCodec
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Takes the value out of the message.</summary>
    /// <param name="proto">The message; keeps its name and what was not understood.</param>
    /// <param name="hasMore">Whether something beyond the name is left.</param>
    public static AttributeValue Take(AttributeProto proto, out bool hasMore)
    {
        hasMore = false;
        if (Understood(proto) is not { } value)
        {
            return new OpaqueAttribute(proto.ToByteArray());
        }

        Clear(proto);
        hasMore = proto.CalculateSize() > new AttributeProto { Name = proto.Name }.CalculateSize();
        return value;
    }

    /// <summary>Puts a value into a message that holds at most what <see cref="Take"/> left of it.</summary>
    public static AttributeProto Put(AttributeProto proto, string name, AttributeValue value)
    {
        proto.Name = name;
        switch (value)
        {
            case IntegerAttribute integer:
                (proto.Type, proto.I) = (Kind.Int, integer.Value);
                break;
            case FloatAttribute number:
                (proto.Type, proto.F) = (Kind.Float, number.Value);
                break;
            case StringAttribute text:
                (proto.Type, proto.S) = (Kind.String, ByteString.CopyFrom(Utf8.GetBytes(text.Value)));
                break;
            case IntegersAttribute integers:
                proto.Type = Kind.Ints;
                proto.Ints.Add(integers.Values);
                break;
            case FloatsAttribute numbers:
                proto.Type = Kind.Floats;
                proto.Floats.Add(numbers.Values);
                break;
            case TensorAttribute tensor:
                proto.Type = Kind.Tensor;
                proto.T = TensorCodec.Put(proto.T ?? new(), tensor.Value);
                break;
            case OpaqueAttribute opaque:
                proto.MergeFrom(opaque.Bytes.Span);
                break;
            default:
                throw new ArgumentException($"Cannot write the attribute '{name}': {value.GetType().Name} has no form in ONNX.", nameof(value));
        }

        return proto;
    }

    private static AttributeValue? Understood(AttributeProto proto) => KindOf(proto) switch
    {
        Kind.Int => new IntegerAttribute(proto.I),
        Kind.Float => new FloatAttribute(proto.F),
        Kind.String => Text(proto.S) is { } text ? new StringAttribute(text) : null,
        Kind.Ints => new IntegersAttribute([.. proto.Ints]),
        Kind.Floats => new FloatsAttribute([.. proto.Floats]),
        Kind.Tensor => proto.T is { } tensor ? new TensorAttribute(TensorCodec.Take(tensor)) : null,
        _ => null,
    };

    /// <summary>The stated kind; files of the first IR versions state none, but hold one value only.</summary>
    private static Kind KindOf(AttributeProto proto) => proto.Type != Kind.Undefined ? proto.Type
        : proto.HasI ? Kind.Int
        : proto.HasF ? Kind.Float
        : proto.HasS ? Kind.String
        : proto.T is not null ? Kind.Tensor
        : proto.Ints.Count > 0 ? Kind.Ints
        : proto.Floats.Count > 0 ? Kind.Floats
        : Kind.Undefined;

    private static void Clear(AttributeProto proto)
    {
        proto.ClearType();
        proto.ClearI();
        proto.ClearF();
        proto.ClearS();
        proto.Ints.Clear();
        proto.Floats.Clear();
        if (proto.T?.CalculateSize() == 0)
        {
            proto.T = null;
        }
    }

    private static string? Text(ByteString bytes)
    {
        try
        {
            return Utf8.GetString(bytes.Span);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
