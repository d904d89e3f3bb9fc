using Coppice.Graph;
using Coppice.Tensors;

namespace Coppice.Tests.Execution;

/// <summary>
/// The slow twin of <see cref="Coppice.Graph.Execution.NetworkProgram"/>: one node after the other through ATen, in row-major order and single precision;
/// nothing is folded, fused, overwritten or freed early.
/// </summary>
internal static class PlainInterpreter
{
    /// <summary>All values of the network by name; they belong to the caller's scope.</summary>
    /// <param name="network">The network.</param>
    /// <param name="inputs">A tensor for each input.</param>
    /// <param name="batchStatistics">Whether batch normalisations use the statistics of the batch.</param>
    public static Dictionary<string, Tensor> Run(Network network, IReadOnlyDictionary<string, Tensor> inputs, bool batchStatistics = false)
    {
        using var gradients = GradMode.Disable();
        var values = new Dictionary<string, Tensor>(inputs);
        foreach (var (name, parameter) in network.Parameters.Where(entry => entry.Value.Type == ElementType.Float32))
        {
            values[name] = Tensor.FromArray(parameter.Floats(), parameter.Shape.Extents.AsSpan());
        }

        foreach (var node in network.Nodes)
        {
            Tensor[] operands = [.. node.Inputs.Where(values.ContainsKey).Select(name => values[name])];
            values[node.Outputs[0]] = Compute(network, node, operands, batchStatistics).Contiguous();
        }

        return values;
    }

    private static Tensor Compute(Network network, Node node, Tensor[] x, bool batchStatistics) => node.OperatorType switch
    {
        "Add" => x[0].Add(x[1]),
        "AveragePool" => x[0].AveragePool2d(Pair(node, "kernel_shape", 1), Pair(node, "strides", 1), Pair(node, "pads", 0)),
        "BatchNormalization" => x[0].BatchNorm(x[1], x[2], x[3].Clone(), x[4].Clone(), batchStatistics, 0.1, node.Attributes.Float("epsilon", 1e-5f)),
        "Clip" => x[0].Clamp(x[1].Item(), x[2].Item()),
        "Concat" => Tensor.Cat(x, 1),
        "Conv" => x[0].Conv2d(x[1], x.ElementAtOrDefault(2), Pair(node, "strides", 1), Pair(node, "pads", 0), [1, 1], node.Attributes.Integer("group", 1)),
        "Dropout" or "Identity" => x[0].Clone(),
        "Flatten" => x[0].Reshape(x[0].Shape[0], -1),
        "Gather" => Tensor.Cat([.. network.Parameters[node.Inputs[1]].Longs().Select(index => x[0].Narrow(1, index, 1))], 1),
        "Gemm" => Connect(node, x),
        "GlobalAveragePool" => x[0].Mean([2, 3], keepDim: true),
        "LRN" => x[0].LocalResponseNorm(node.Attributes.Integer("size", 1), node.Attributes.Float("alpha", 0), node.Attributes.Float("beta", 0), node.Attributes.Float("bias", 0)),
        "MaxPool" => x[0].MaxPool2d(Pair(node, "kernel_shape", 1), Pair(node, "strides", 1), Pair(node, "pads", 0)),
        "Mul" => x[0].Multiply(x[1]),
        "Pad" => Pad(x[0], network.Parameters[node.Inputs[1]].Longs()),
        "Relu" => x[0].Relu(),
        "Reshape" => x[0].Reshape([x[0].Shape[0], .. network.Parameters[node.Inputs[1]].Longs()[1..]]),
        "Sigmoid" => x[0].Sigmoid(),
        "Slice" => Cut(x[0], [.. node.Inputs.Skip(1).Select(name => network.Parameters[name].Longs())]),
        "Sub" => x[0].Subtract(x[1]),
        _ => throw new NotSupportedException(node.ToString()),
    };

    /// <summary>The first two numbers of an attribute: pads are symmetric in the networks that come here.</summary>
    private static long[] Pair(Node node, string name, long absent) => node.Attributes.Integers(name)?[..2] ?? [absent, absent];

    private static Tensor Connect(Node node, Tensor[] x)
    {
        var product = x[0].MatMul(node.Attributes.Integer("transB", 0) != 0 ? x[1].Transpose(0, 1) : x[1]);
        return x.Length > 2 ? product.Add(x[2]) : product;
    }

    private static Tensor Pad(Tensor x, long[] pads)
    {
        int rank = x.Rank;
        return x.Pad([.. Enumerable.Range(0, rank).Reverse().SelectMany(axis => new[] { pads[axis], pads[axis + rank] })]);
    }

    private static Tensor Cut(Tensor x, long[][] ranges)
    {
        for (int i = 0; i < ranges[0].Length; i++)
        {
            x = x.Slice(ranges[2][i], ranges[0][i], ranges[1][i], ranges.Length > 3 ? ranges[3][i] : 1);
        }

        return x;
    }
}
