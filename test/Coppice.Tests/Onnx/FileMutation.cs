using Coppice.Onnx.Protobuf;
using Coppice.Search;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Coppice.Tests.Onnx;

/// <summary>
/// Damage to files, from a seed: to the bytes, which mostly ends in the parser, and to what they mean (names, shapes, attributes, connections, operators), which gets further.
/// </summary>
internal static class FileMutation
{
    /// <summary>Numbers at which arithmetic goes wrong.</summary>
    private static readonly long[] Extremes =
        [0, 1, 2, -1, -2, 3, 7, 255, 256, 65536, int.MaxValue, int.MinValue, 1L << 31, 1L << 32, 1L << 40, (1L << 23) - 1, 1 << 23, 1L << 59, 1L << 62, long.MaxValue, long.MinValue];

    private static readonly string[] Operators =
    [
        "Add", "AveragePool", "BatchNormalization", "Cast", "Clip", "Concat", "Constant", "Conv", "Dropout", "Flatten", "Gather", "Gemm", "GlobalAveragePool", "Identity", "If", "LRN", "LogSoftmax",
        "MaxPool", "Mul", "Pad", "ReduceMean", "Relu", "Reshape", "Sigmoid", "Slice", "Softmax", "Sub", "Tanh", "Unknown",
    ];

    private static readonly string[] AttributeNames =
    [
        "axis", "axes", "group", "pads", "strides", "dilations", "kernel_shape", "auto_pad", "starts", "ends", "transA", "transB", "epsilon", "training_mode", "spatial", "keepdims", "to", "value",
        "allowzero", "ceil_mode", "mode", "size", "min", "max", "ratio",
    ];

    /// <summary>A damaged file.</summary>
    /// <param name="files">Whole files; one is damaged, another one may give parts.</param>
    /// <param name="rng">Decides everything.</param>
    public static byte[] Apply(IReadOnlyList<byte[]> files, Rng rng)
    {
        byte[] file = files[rng.Next(files.Count)];
        if (rng.Chance(0.35))
        {
            return Bytes(file, files[rng.Next(files.Count)], rng);
        }

        var model = ModelProto.Parser.ParseFrom(file);
        for (int changes = 1 + rng.Next(3); changes > 0; changes--)
        {
            Change(model, rng);
        }

        byte[] changed = model.ToByteArray();
        return rng.Chance(0.1) ? Bytes(changed, file, rng) : changed;
    }

    private static byte[] Bytes(byte[] file, byte[] other, Rng rng)
    {
        int at = rng.Next(file.Length), from = rng.Next(other.Length), length = 1 + rng.Next(64);
        switch (rng.Next(5))
        {
            case 0:
                return file[..at];
            case 1:
                return [.. file[..at], .. other.Skip(from).Take(length), .. file[at..]];
            case 2:
                return [.. file[..at], .. other.Skip(from).Take(length), .. file.Skip(at + length)];
            case 3:
                return [.. file[..at], .. file.Skip(at + length)];
            default:
                byte[] flipped = [.. file];
                for (int flips = 1 + rng.Next(8); flips > 0; flips--)
                {
                    flipped[rng.Next(flipped.Length)] ^= (byte)(1 << rng.Next(8));
                }

                return flipped;
        }
    }

    private static void Change(ModelProto model, Rng rng)
    {
        var graph = model.Graph;
        switch (rng.Next(8))
        {
            case 0 when graph.Initializer.Count > 0:
                Change(graph.Initializer[rng.Next(graph.Initializer.Count)], graph, rng);
                break;
            case 1:
                Change(rng.Chance(0.7) ? graph.Input : graph.Output, rng);
                break;
            case 2 when graph.Node.Count > 1:
                Rearrange(graph.Node, rng);
                break;
            case 3:
                (model.IrVersion, model.OpsetImport[0].Version) = (rng.Chance(0.5) ? 8 : Extreme(rng), rng.Chance(0.7) ? 7 + rng.Next(16) : Extreme(rng));
                break;
            default:
                Change(graph.Node[rng.Next(graph.Node.Count)], graph, rng);
                break;
        }
    }

    private static void Change(TensorProto tensor, GraphProto graph, Rng rng)
    {
        switch (rng.Next(6))
        {
            case 0:
                tensor.DataType = rng.Chance(0.8) ? rng.Next(24) : (int)Extreme(rng);
                break;
            case 1:
                tensor.Name = Name(graph, rng);
                break;
            case 2 when tensor.Dims.Count > 0:
                // The same elements in another shape, with axes of 1 or without one.
                tensor.Dims.Insert(rng.Next(tensor.Dims.Count), 1);
                break;
            case 3 when tensor.Dims.Count > 1:
                (tensor.Dims[0], tensor.Dims[1]) = (tensor.Dims[1], tensor.Dims[0]);
                break;
            case 4:
                // No elements at all, whatever the other extents.
                tensor.Dims.Add(0);
                tensor.Dims.Insert(0, Extreme(rng));
                tensor.ClearRawData();
                break;
            default:
                tensor.Dims.Add(Extreme(rng));
                break;
        }
    }

    private static void Change(RepeatedField<ValueInfoProto> values, Rng rng)
    {
        if (values.Count == 0)
        {
            return;
        }

        var value = values[rng.Next(values.Count)];
        var dims = value.Type?.TensorType?.Shape?.Dim;
        switch (rng.Next(5))
        {
            case 0 when dims?.Count > 0:
                dims[rng.Next(dims.Count)].DimValue = Extreme(rng);
                break;
            case 1 when dims?.Count > 0:
                dims.RemoveAt(rng.Next(dims.Count));
                break;
            case 2:
                dims?.Add(new TensorShapeProto.Types.Dimension { DimValue = Extreme(rng) });
                break;
            case 3:
                values.Add(value.Clone());
                break;
            default:
                value.Name = value.Name + (rng.Chance(0.5) ? "\n" : "");
                value.Type = rng.Chance(0.5) ? null : value.Type;
                break;
        }
    }

    private static void Rearrange(RepeatedField<NodeProto> nodes, Rng rng)
    {
        int one = rng.Next(nodes.Count), other = rng.Next(nodes.Count);
        switch (rng.Next(3))
        {
            case 0:
                (nodes[one], nodes[other]) = (nodes[other], nodes[one]);
                break;
            case 1:
                nodes.Add(nodes[one].Clone());
                break;
            default:
                nodes.RemoveAt(one);
                break;
        }
    }

    private static void Change(NodeProto node, GraphProto graph, Rng rng)
    {
        switch (rng.Next(8))
        {
            case 0:
                node.OpType = Operators[rng.Next(Operators.Length)];
                break;
            case 1 when node.Input.Count > 0:
                node.Input[rng.Next(node.Input.Count)] = rng.Chance(0.2) ? "" : Name(graph, rng);
                break;
            case 2 when node.Input.Count > 0:
                node.Input.RemoveAt(rng.Next(node.Input.Count));
                break;
            case 3:
                node.Input.Add(rng.Chance(0.2) ? "" : Name(graph, rng));
                break;
            case 4 when node.Output.Count > 0:
                node.Output[rng.Next(node.Output.Count)] = Name(graph, rng);
                break;
            case 5:
                node.Name = rng.Chance(0.5) ? "" : graph.Node[rng.Next(graph.Node.Count)].Name + "\n";
                node.Domain = rng.Chance(0.8) ? node.Domain : "org.example";
                break;
            default:
                ChangeAttribute(node, rng);
                break;
        }
    }

    private static void ChangeAttribute(NodeProto node, Rng rng)
    {
        if (node.Attribute.Count == 0 || rng.Chance(0.3))
        {
            node.Attribute.Add(new AttributeProto { Name = AttributeNames[rng.Next(AttributeNames.Length)], Type = AttributeProto.Types.AttributeType.Int, I = Extreme(rng) });
        }

        var attribute = node.Attribute[rng.Next(node.Attribute.Count)];
        switch (rng.Next(6))
        {
            case 0:
                (attribute.Type, attribute.I) = (AttributeProto.Types.AttributeType.Int, Extreme(rng));
                break;
            case 1 when attribute.Ints.Count > 0:
                attribute.Ints[rng.Next(attribute.Ints.Count)] = Extreme(rng);
                break;
            case 2:
                attribute.Type = AttributeProto.Types.AttributeType.Ints;
                attribute.Ints.Add(Extreme(rng));
                break;
            case 3 when attribute.Ints.Count > 0:
                attribute.Ints.RemoveAt(rng.Next(attribute.Ints.Count));
                break;
            case 4:
                attribute.Name = AttributeNames[rng.Next(AttributeNames.Length)];
                break;
            default:
                attribute.Type = (AttributeProto.Types.AttributeType)rng.Next(16);
                break;
        }
    }

    private static long Extreme(Rng rng) => Extremes[rng.Next(Extremes.Length)];

    /// <summary>A name that something in the graph has, or none has.</summary>
    private static string Name(GraphProto graph, Rng rng)
    {
        string[] names = [.. graph.Initializer.Select(tensor => tensor.Name), .. graph.Input.Select(input => input.Name), .. graph.Node.SelectMany(node => node.Output), "ghost\n"];
        return names[rng.Next(names.Length)];
    }
}
