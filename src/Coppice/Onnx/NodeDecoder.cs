using System.Collections.Immutable;
using System.Globalization;
using Coppice.Graph;
using Coppice.Onnx.Protobuf;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Coppice.Onnx;

/// <summary>Turns the nodes of a file into those of a network; nodes that only name a constant become parameters.</summary>
internal static class NodeDecoder
{
    /// <summary>Takes all nodes out of their messages.</summary>
    /// <param name="protos">The file's nodes; empty afterwards.</param>
    /// <param name="parameters">The network's parameters; constants are added.</param>
    public static ImmutableArray<Node> Take(RepeatedField<NodeProto> protos, OrderedDictionary<string, HostTensor> parameters)
    {
        string[] names = UniqueNames(protos);
        var nodes = ImmutableArray.CreateBuilder<Node>(protos.Count);
        for (int i = 0; i < protos.Count; i++)
        {
            if (protos[i].OpType.Length == 0)
            {
                throw new UnsupportedModelException($"its node {i} names no operator; export it again.");
            }

            var node = Take(protos[i], names[i]);
            if (node.Outputs.All(output => output.Length == 0))
            {
                throw new UnsupportedModelException($"its node {node} writes no value, so nothing can come of it; export the model again.");
            }

            if (Constant(node, parameters) is not { } constant)
            {
                nodes.Add(node);
            }
            else if (!parameters.TryAdd(node.Outputs[0], constant))
            {
                throw new UnsupportedModelException($"{node} writes '{node.Outputs[0]}', which is defined already; value names must be unique.");
            }
        }

        protos.Clear();
        return nodes.ToImmutable();
    }

    /// <summary>The names of the file where they are unique; otherwise operator and position, with a suffix if some other node has that name.</summary>
    private static string[] UniqueNames(RepeatedField<NodeProto> protos)
    {
        HashSet<string> taken = [.. protos.Select(proto => proto.Name)];
        var used = new HashSet<string>();
        return [.. protos.Select((proto, i) =>
        {
            if (proto.Name.Length > 0 && used.Add(proto.Name))
            {
                return proto.Name;
            }

            string stem = string.Create(CultureInfo.InvariantCulture, $"{proto.OpType}_{i}");
            string name = stem;
            for (int suffix = 1; !taken.Add(name); suffix++)
            {
                name = string.Create(CultureInfo.InvariantCulture, $"{stem}_{suffix}");
            }

            return name;
        })];
    }

    private static Node Take(NodeProto proto, string name)
    {
        var attributes = new List<KeyValuePair<string, AttributeValue>>();
        var captured = new SortedSet<string>(StringComparer.Ordinal);
        var unread = new List<AttributeProto>();
        foreach (var attribute in proto.Attribute)
        {
            captured.UnionWith(SubGraphs.Captured(attribute));
            attributes.Add(new(attribute.Name, AttributeCodec.Take(attribute, out bool hasMore)));
            if (hasMore)
            {
                unread.Add(attribute);
            }
        }

        var node = new Node(name, proto.OpType, [.. proto.Input], [.. proto.Output], new(attributes)) { Domain = proto.Domain, CapturedInputs = [.. captured] };
        proto.ClearName();
        proto.ClearOpType();
        proto.ClearDomain();
        proto.Input.Clear();
        proto.Output.Clear();
        proto.Attribute.Clear();
        proto.Attribute.Add(unread);
        return node with { Extras = proto.ToByteArray() };
    }

    /// <summary>What the node always writes, or null where that is not known from the file alone.</summary>
    private static HostTensor? Constant(Node node, OrderedDictionary<string, HostTensor> parameters)
    {
        if (!OperatorSets.IsOwn(node.Domain) || node.Outputs is not [{ Length: > 0 }])
        {
            return null;
        }

        return node.OperatorType switch
        {
            "Identity" => node.Input(0) is { } source ? parameters.GetValueOrDefault(source) : null,
            "Constant" => node.Attributes.Entries is [var only] ? ConstantOf(only.Key, only.Value) : null,
            _ => null,
        };
    }

    private static HostTensor? ConstantOf(string name, AttributeValue value) => (name, value) switch
    {
        ("value", TensorAttribute tensor) => tensor.Value,
        ("value_float", FloatAttribute number) => HostTensor.FromFloats(new(), [number.Value]),
        ("value_floats", FloatsAttribute numbers) => HostTensor.FromFloats(new(numbers.Values.Length), [.. numbers.Values]),
        ("value_int", IntegerAttribute number) => HostTensor.FromLongs(new(), number.Value),
        ("value_ints", IntegersAttribute numbers) => HostTensor.Vector(numbers.Values.AsSpan()),
        _ => null,
    };
}
