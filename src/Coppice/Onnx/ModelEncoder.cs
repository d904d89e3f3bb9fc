using System.Collections.Immutable;
using System.Reflection;
using Coppice.Graph;
using Coppice.Onnx.Protobuf;

namespace Coppice.Onnx;

/// <summary>Turns a network into the message of a file: fills what <see cref="ModelDecoder"/> left of the original, or a new one.</summary>
internal static class ModelEncoder
{
    public static ModelProto Encode(Network network)
    {
        var model = network.Extras.IsEmpty ? NewModel(network.OperatorSet) : ModelProto.Parser.ParseFrom(network.Extras.Span);
        PutOperatorSet(model, network.OperatorSet);
        PutMetadata(model, network.Metadata);
        model.Graph ??= new();
        PutGraph(model.Graph, network, declaresParameters: model.IrVersion < 4);
        return model;
    }

    /// <summary>Whether initializers of the file that the network was read from lay in another file.</summary>
    public static bool HadExternalData(Network network) =>
        !network.Extras.IsEmpty && ModelProto.Parser.ParseFrom(network.Extras.Span).Graph?.Initializer.Any(ExternalData.IsExternal) == true;

    private static ModelProto NewModel(int operatorSet) => new()
    {
        IrVersion = operatorSet switch { <= 18 => 8, <= 20 => 9, _ => 10 },
        ProducerName = "coppice",
        ProducerVersion = typeof(ModelEncoder).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "",
    };

    private static void PutOperatorSet(ModelProto model, int version)
    {
        var own = model.OpsetImport.FirstOrDefault(import => OperatorSets.IsOwn(import.Domain));
        if (own is null)
        {
            model.OpsetImport.Add(own = new() { Domain = "" });
        }

        own.Version = version;
    }

    /// <summary>The file's entries in the file's order, then new ones by key.</summary>
    private static void PutMetadata(ModelProto model, ImmutableDictionary<string, string> metadata)
    {
        var known = model.MetadataProps.Where(entry => metadata.ContainsKey(entry.Key)).DistinctBy(entry => entry.Key).ToList();
        var added = metadata.Keys.Except(known.Select(entry => entry.Key)).Order(StringComparer.Ordinal).Select(key => new StringStringEntryProto { Key = key });
        model.MetadataProps.Clear();
        model.MetadataProps.Add(known.Concat(added));
        foreach (var entry in model.MetadataProps)
        {
            entry.Value = metadata[entry.Key];
        }
    }

    private static void PutGraph(GraphProto graph, Network network, bool declaresParameters)
    {
        // The format demands a name.
        graph.Name = network.Name.Length > 0 ? network.Name : "network";
        PutParameters(graph, network);
        var declared = graph.Input.ToDictionary(input => input.Name);
        graph.Input.Clear();
        graph.Input.Add(network.Inputs.Select(ValueInfoCodec.Put));
        graph.Input.Add(network.Parameters
            .Where(parameter => declaresParameters || declared.ContainsKey(parameter.Key))
            .Select(parameter => ValueInfoCodec.Put(declared.GetValueOrDefault(parameter.Key) ?? new(), parameter.Key, parameter.Value)));
        graph.Output.Add(network.Outputs.Select(ValueInfoCodec.Put));
        graph.Node.Add(network.Nodes.Select(Put));
    }

    private static void PutParameters(GraphProto graph, Network network)
    {
        var unread = graph.Initializer.ToDictionary(initializer => initializer.Name);
        graph.Initializer.Clear();
        foreach (var (name, tensor) in network.Parameters)
        {
            if (tensor.Type == ElementType.Undefined)
            {
                graph.SparseInitializer.Add(SparseTensorProto.Parser.ParseFrom(tensor.Bytes.Span));
                continue;
            }

            var proto = TensorCodec.Put(unread.GetValueOrDefault(name) ?? new(), tensor);
            proto.Name = name;
            graph.Initializer.Add(proto);
        }
    }

    private static NodeProto Put(Node node)
    {
        var proto = NodeProto.Parser.ParseFrom(node.Extras.Span);
        proto.Name = node.Name;
        proto.OpType = node.OperatorType;
        if (node.Domain.Length > 0)
        {
            proto.Domain = node.Domain;
        }

        proto.Input.Add(node.Inputs);
        proto.Output.Add(node.Outputs);
        var unread = proto.Attribute.DistinctBy(attribute => attribute.Name).ToDictionary(attribute => attribute.Name);
        proto.Attribute.Clear();
        proto.Attribute.Add(node.Attributes.Entries.Select(entry => AttributeCodec.Put(unread.GetValueOrDefault(entry.Key) ?? new(), entry.Key, entry.Value)));
        return proto;
    }
}
