using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Onnx.Protobuf;
using Google.Protobuf;

namespace Coppice.Onnx;

/// <summary>
/// Turns a parsed file into a network. Each part is taken out of the file's message as it is understood; what remains at the end is what this program did not understand,
/// and is kept, serialised, in <see cref="Network.Extras"/>. Messages of faults name no file: the caller puts that in front.
/// </summary>
internal static class ModelDecoder
{
    /// <summary>Decodes a model and uses up its message.</summary>
    /// <exception cref="UnsupportedModelException">The model breaks a rule of the format, or is one that this version does not read.</exception>
    public static Network Decode(ModelProto model)
    {
        var graph = model.Graph ?? throw new UnsupportedModelException("it holds no graph, so it is no ONNX model; give a file that an ONNX exporter wrote.");
        int operatorSet = OperatorSet(model);
        if (graph.Output.Count == 0)
        {
            throw new UnsupportedModelException("its graph has no output, so there is nothing to compute; export the model again.");
        }

        string name = graph.Name;
        graph.ClearName();
        graph.ValueInfo.Clear();
        var metadata = TakeMetadata(model);
        var parameters = TakeParameters(graph);
        var nodes = NodeDecoder.Take(graph.Node, parameters);
        var inputs = TakeInputs(graph, parameters);
        var outputs = TakeOutputs(graph);
        return new(name, inputs, outputs, nodes, parameters) { OperatorSet = operatorSet, Metadata = metadata, Extras = model.ToByteArray() };
    }

    private static int OperatorSet(ModelProto model)
    {
        if (model.IrVersion is < OnnxReader.OldestIrVersion or > OnnxReader.NewestIrVersion)
        {
            throw new UnsupportedModelException(
                $"it has IR version {model.IrVersion}, this version reads {OnnxReader.OldestIrVersion} to {OnnxReader.NewestIrVersion}; export it again, or convert it with onnx.version_converter.");
        }

        var own = model.OpsetImport.FirstOrDefault(import => OperatorSets.IsOwn(import.Domain))
            ?? throw new UnsupportedModelException("it states no version of the operator set ai.onnx; export it again.");
        return own.Version is >= OnnxReader.OldestOperatorSet and <= OnnxReader.NewestOperatorSet
            ? (int)own.Version
            : throw new UnsupportedModelException(
                $"it uses operator set {own.Version}, this version reads {OnnxReader.OldestOperatorSet} to {OnnxReader.NewestOperatorSet}; export it with opset 17, or convert it with onnx.version_converter.");
    }

    /// <summary>The entries stay in the message without their values, because their order is the file's and a dictionary has none.</summary>
    private static ImmutableDictionary<string, string> TakeMetadata(ModelProto model)
    {
        var metadata = ImmutableDictionary.CreateBuilder<string, string>();
        foreach (var entry in model.MetadataProps)
        {
            metadata[entry.Key] = entry.Value;
            entry.ClearValue();
        }

        return metadata.ToImmutable();
    }

    private static OrderedDictionary<string, HostTensor> TakeParameters(GraphProto graph)
    {
        var parameters = new OrderedDictionary<string, HostTensor>();
        foreach (var initializer in graph.Initializer)
        {
            Define(parameters, initializer.Name, TensorCodec.Take(initializer));
        }

        foreach (var initializer in graph.SparseInitializer)
        {
            Define(parameters, initializer.Values?.Name ?? "", TensorCodec.Take(initializer));
        }

        var unread = graph.Initializer.Where(TensorCodec.HasMoreThanName).ToList();
        graph.Initializer.Clear();
        graph.Initializer.Add(unread);
        graph.SparseInitializer.Clear();
        return parameters;
    }

    private static void Define(OrderedDictionary<string, HostTensor> parameters, string name, HostTensor tensor)
    {
        if (name.Length == 0)
        {
            throw new UnsupportedModelException("one of its initializers has no name; export it again.");
        }

        if (!parameters.TryAdd(name, tensor))
        {
            throw new UnsupportedModelException($"it defines the initializer '{name}' twice; names must be unique.");
        }
    }

    private static ImmutableArray<NetworkValue> TakeOutputs(GraphProto graph)
    {
        ImmutableArray<NetworkValue> outputs = [.. graph.Output.Select(ValueInfoCodec.Take)];
        graph.Output.Clear();
        return outputs.GroupBy(output => output.Name).FirstOrDefault(same => same.Skip(1).Any()) is { } twice
            ? throw new UnsupportedModelException($"it declares the output '{twice.Key}' twice; names must be unique.")
            : outputs;
    }

    /// <summary>Inputs that have an initial value are parameters. Their declarations stay in the message: before IR version 4 the format demands them, since then they say that a caller may feed another value.</summary>
    private static ImmutableArray<NetworkValue> TakeInputs(GraphProto graph, OrderedDictionary<string, HostTensor> parameters)
    {
        var inputs = ImmutableArray.CreateBuilder<NetworkValue>();
        var names = new HashSet<string>();
        var declared = new List<ValueInfoProto>();
        foreach (var input in graph.Input)
        {
            if (!names.Add(input.Name))
            {
                throw new UnsupportedModelException($"it declares the input '{input.Name}' twice; names must be unique.");
            }

            if (parameters.ContainsKey(input.Name))
            {
                string name = input.Name;
                ValueInfoCodec.Take(input);
                input.Name = name;
                declared.Add(input);
            }
            else
            {
                inputs.Add(ValueInfoCodec.Take(input));
            }
        }

        graph.Input.Clear();
        graph.Input.Add(declared);
        return inputs.ToImmutable();
    }
}
