using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Tensors;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.Execution;

/// <summary>Operators on numbers that can be checked on paper; <see cref="Coppice.Tests.Operators.OperatorMatrixTests"/> holds all of them against ONNX Runtime.</summary>
public sealed class OperatorExecutionTests : LeakCheck
{
    private static readonly float[] OneToNine = [1, 2, 3, 4, 5, 6, 7, 8, 9];

    private static readonly Dictionary<string, Case> Cases = new()
    {
        ["Add"] = new([1, 2, 3, 4], [1, 2, 1, 2], [11, 12, 23, 24]) { Constants = [Floats([2, 1, 1], 10, 20)] },
        ["AveragePool"] = new(OneToNine, [1, 1, 3, 3], [3, 4, 6, 7]) { Attributes = none => none.With("kernel_shape", [2, 2]) },
        ["AveragePool with pads that differ"] = new(OneToNine, [1, 1, 3, 3], [(1 + 2 + 4 + 5) / 4f, (2 + 3 + 5 + 6) / 4f, (4 + 5 + 7 + 8) / 4f, (5 + 6 + 8 + 9) / 4f, 7.5f, 8.5f])
        {
            // A row of pads below, which do not count.
            Attributes = none => none.With("kernel_shape", [2, 2]).With("pads", [0, 0, 1, 0]),
        },
        ["AveragePool with a dilated window"] = new(OneToNine, [1, 1, 3, 3], [])
        {
            Attributes = none => none.With("kernel_shape", [2, 2]).With("dilations", [2, 2]),
            Fault = "Cannot execute AveragePool 'node': its window is dilated, which this version does not average.",
        },
        ["AveragePool beside its padding"] = new([1, 2, 3, 4], [1, 1, 2, 2], [1, 2, 3, 4])
        {
            // Each corner window holds one pixel and three pads, which do not count.
            Attributes = none => none.With("kernel_shape", [2, 2]).With("strides", [2, 2]).With("pads", [1, 1, 1, 1]),
        },
        ["AveragePool with its padding"] = new([4, 8, 12, 16], [1, 1, 2, 2], [1, 2, 3, 4])
        {
            Attributes = none => none.With("kernel_shape", [2, 2]).With("strides", [2, 2]).With("pads", [1, 1, 1, 1]).With("count_include_pad", 1),
        },
        ["BatchNormalization"] = new([3, 5], [1, 2, 1, 1], [3, 2]) // 2 · (3 − 1) / √(3 + 1) + 1 and 3 · (5 − 2) / √(8 + 1) − 1
        {
            Constants = [Floats([2], 2, 3), Floats([2], 1, -1), Floats([2], 1, 2), Floats([2], 3, 8)],
            Attributes = none => none.With("epsilon", 1f),
        },
        ["BatchNormalization of features"] = new([3, 5, 1, 2], [2, 2], [3, 2, 1, -1])
        {
            Constants = [Floats([2], 2, 3), Floats([2], 1, -1), Floats([2], 1, 2), Floats([2], 3, 8)],
            Attributes = none => none.With("epsilon", 1f),
        },
        ["Cast"] = new([-1.5f, 1024.25f], [1, 2], [-1.5f, 1024.25f]) { Attributes = none => none.With("to", (long)ElementType.Float16) },
        ["Cast to integers"] = new([-1.5f, 2.9f], [1, 2], [-1, 2]) { Attributes = none => none.With("to", (long)ElementType.Int64) },
        ["Cast to text"] = new([1], [1, 1], [])
        {
            Attributes = none => none.With("to", 8),
            Fault = "Cannot execute Cast 'node': there are no tensors of its target type 8.",
        },
        ["Clip"] = new([-1, 3, 7], [1, 3], [0, 3, 6]) { Constants = [Floats([], 0), Floats([], 6)] },
        ["Clip by attributes"] = new([-1, 3, 7], [1, 3], [-1, 3, 6]) { Attributes = none => none.With("max", 6f) },
        ["Clip without bounds"] = new([-1, 3, 7], [1, 3], [-1, 3, 7]),
        ["Clip from above alone"] = new([-1, 3, 7], [1, 3], [-1, 3, 5]) { Constants = [null, Floats([], 5)] },
        ["Concat"] = new([1, 2], [1, 1, 1, 2], [1, 2, 3, 4, 5, 6]) { Constants = [Floats([1, 2, 1, 2], 3, 4, 5, 6)], Attributes = none => none.With("axis", 1) },
        ["Concat of columns"] = new([1, 2], [1, 2, 1, 1], [1, 3, 4, 2, 5, 6]) { Constants = [Floats([1, 2, 1, 2], 3, 4, 5, 6)], Attributes = none => none.With("axis", -1) },
        ["Conv"] = new(OneToNine, [1, 1, 3, 3], [111, 114, 120, 123]) // 100 + 1 + 2 · 5, 100 + 2 + 2 · 6, …
        {
            Constants = [Floats([1, 1, 2, 2], 1, 0, 0, 2), Floats([1], 100)],
        },
        ["Conv with groups, stride and dilation"] = new([.. OneToNine, .. OneToNine], [1, 2, 3, 3], [1 + 9, 10 * (1 + 9)])
        {
            Constants = [Floats([2, 1, 2, 2], 1, 0, 0, 1, 10, 0, 0, 10)],
            Attributes = none => none.With("group", 2).With("dilations", [2, 2]).With("strides", [2, 2]),
        },
        ["Conv with pads that differ"] = new(OneToNine, [1, 1, 3, 3], [1, 2, 3, 4 + 1, 5 + 2, 6 + 3, 7 + 4, 8 + 5, 9 + 6]) // a row of zeros above
        {
            Constants = [Floats([1, 1, 2, 1], 1, 1)],
            Attributes = none => none.With("pads", [1, 0, 0, 0]),
        },
        ["Conv with the same extent"] = new(OneToNine, [1, 1, 3, 3], [12, 16, 9, 24, 28, 15, 15, 17, 9]) // the odd pad comes last
        {
            Constants = [Floats([1, 1, 2, 2], 1, 1, 1, 1)],
            Attributes = none => none.With("auto_pad", new StringAttribute("SAME_UPPER")),
        },
        ["Dropout"] = new([1, -2], [1, 2], [1, -2]),
        ["Flatten"] = new([1, 2, 3, 4], [2, 2, 1, 1], [1, 2, 3, 4]) { Shape = [2, 2] },
        ["Gather"] = new([1, 2, 3, 4, 5, 6], [1, 3, 1, 2], [5, 6, 1, 2, 5, 6]) { Constants = [HostTensor.Vector(2, 0, -1)], Attributes = none => none.With("axis", 1) },
        ["Gather of images"] = new([1, 2, 3, 4], [2, 2], [3, 4]) { Constants = [HostTensor.Vector(1)], Shape = [1, 2] },
        ["Gather of a matrix of columns"] = new([1, 2, 3], [1, 3], [3, 1, 1, 2]) { Constants = [HostTensor.FromLongs(new(2, 2), 2, 0, 0, 1)], Attributes = none => none.With("axis", -1), Shape = [1, 2, 2] },
        ["Gemm"] = new([1, 2], [1, 2], [24.5f, 46, 67.5f]) // ½ · (9, 12, 15) + 2 · (10, 20, 30)
        {
            Constants = [Floats([2, 3], 1, 2, 3, 4, 5, 6), Floats([3], 10, 20, 30)],
            Attributes = none => none.With("alpha", 0.5f).With("beta", 2f),
        },
        ["Gemm with rows for outputs"] = new([1, 2], [1, 2], [5, 11, 17]) { Constants = [Floats([3, 2], 1, 2, 3, 4, 5, 6)], Attributes = none => none.With("transB", 1) },
        ["GlobalAveragePool"] = new([1, 3, 5, 9], [1, 2, 1, 2], [2, 7]) { Shape = [1, 2, 1, 1] },
        ["Identity"] = new([1, -2], [1, 2], [1, -2]),
        ["LogSoftmax"] = new([0, MathF.Log(3)], [1, 2], [MathF.Log(0.25f), MathF.Log(0.75f)]),
        ["LRN"] = new([1, 2, 3], [1, 3, 1, 1], [1 / 6f, 2 / 15f, 3 / 14f]) // 1 + Σ x² over a channel and its neighbours: 6, 15, 14
        {
            Attributes = none => none.With("size", 3).With("alpha", 3f).With("beta", 1f).With("bias", 1f),
        },
        ["MaxPool"] = new(OneToNine, [1, 1, 3, 3], [5, 6, 8, 9]) { Attributes = none => none.With("kernel_shape", [2, 2]) },
        ["MaxPool of negative numbers beside pads that differ"] = new([-1, -2, -3, -4], [1, 1, 2, 2], [-1, -1, -1, -1]) // pads are −∞, not 0
        {
            Attributes = none => none.With("kernel_shape", [2, 2]).With("pads", [1, 1, 0, 0]),
        },
        ["MaxPool with a window that overhangs"] = new(OneToNine, [1, 1, 3, 3], [5, 6, 8, 9])
        {
            Attributes = none => none.With("kernel_shape", [2, 2]).With("strides", [2, 2]).With("ceil_mode", 1),
        },
        ["Mul"] = new([1, 2, 3, 4], [1, 2, 1, 2], [10, 20, 60, 80]) { Constants = [Floats([2, 1, 1], 10, 20)] },
        ["Pad"] = new([1, 2], [1, 1, 1, 2], [7, 7, 7, 1, 2, 7]) { Constants = [HostTensor.Vector(0, 1, 0, 0, 0, 0, 0, 1), Floats([], 7)], Shape = [1, 2, 1, 3] },
        ["Pad of stated axes"] = new([1, 2], [1, 1, 1, 2], [0, 1, 2]) { Constants = [HostTensor.Vector(1, 0), null, HostTensor.Vector(-1)] },
        ["ReduceMean"] = new([1, 3, 5, 9], [1, 2, 1, 2], [2, 7]) { Attributes = none => none.With("axes", [2, 3]).With("keepdims", 0), Shape = [1, 2] },
        ["ReduceMean of given axes"] = new([1, 3, 5, 9], [1, 2, 1, 2], [2, 7]) { Constants = [HostTensor.Vector(-1)], Shape = [1, 2, 1, 1] },
        ["Relu"] = new([-1, 0, 2], [1, 3], [0, 0, 2]),
        ["Reshape"] = new([1, 2, 3, 4], [2, 2, 1, 1], [1, 2, 3, 4]) { Constants = [HostTensor.Vector(0, -1)], Shape = [2, 2] },
        ["Reshape that was exported for one image"] = new([1, 2, 3, 4], [2, 2, 1, 1], [1, 2, 3, 4]) { Constants = [HostTensor.Vector(1, 2)], Shape = [2, 2] },
        ["Reshape of one image to what is left"] = new([1, 2, 3, 4], [2, 2, 1, 1], [1, 2, 3, 4]) { Constants = [HostTensor.Vector(1, -1)], Shape = [2, 2] },
        ["Sigmoid"] = new([0, MathF.Log(3)], [1, 2], [0.5f, 0.75f]),
        ["Slice"] = new([0, 1, 2, 3, 4], [1, 1, 1, 5], [1, 3]) { Constants = [HostTensor.Vector(1), HostTensor.Vector(long.MaxValue), HostTensor.Vector(-1), HostTensor.Vector(2)] },
        ["Slice by attributes"] = new([0, 1, 2, 3, 4], [1, 5], [2, 3]) { Attributes = none => none.With("starts", [-3]).With("ends", [-1]).With("axes", [1]) },
        ["Softmax"] = new([0, MathF.Log(3)], [1, 2], [0.25f, 0.75f]),
        ["Softmax over channels"] = new([0, 0, MathF.Log(3), 0], [1, 2, 1, 2], [0.25f, 0.5f, 0.75f, 0.5f]) { Attributes = none => none.With("axis", 1) },
        ["Sub"] = new([1, 2, 3, 4], [1, 2, 1, 2], [-9, -8, -17, -16]) { Constants = [Floats([2, 1, 1], 10, 20)] },
        ["Tanh"] = new([0, MathF.Atanh(0.5f)], [1, 2], [0, 0.5f]),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Operator_computes_the_hand_worked_numbers(string name)
    {
        var example = Cases[name];
        if (example.Fault is { } fault)
        {
            Assert.Equal(fault, Assert.Throws<UnsupportedModelException>(() => Execute(name, example)).Message);
            return;
        }

        var (values, shape) = Execute(name, example);

        Assert.Equal(example.Expected.Length, values.Length);
        Assert.All(example.Expected.Zip(values), pair => Assert.Equal(pair.First, pair.Second, 1e-6f * Math.Max(1, Math.Abs(pair.First))));
        Assert.Equal(example.Shape ?? shape, shape);
    }

    [Fact]
    public void Pad_that_wraps_is_refused()
    {
        var example = Cases["Pad"] with { Attributes = none => none.With("mode", new StringAttribute("wrap")) };

        var fault = Assert.Throws<UnsupportedModelException>(() => Execute("Pad", example));

        Assert.Equal("Cannot execute Pad 'node': this version pads with a constant, by reflection and with the edge, not in mode 'wrap'.", fault.Message);
    }

    [Fact]
    public void Dropout_in_training_zeroes_or_scales_each_element()
    {
        TorchRuntime.Seed(1);
        var network = Single("Dropout", Cases["Dropout"] with { X = [.. Enumerable.Repeat(1f, 1000)], XShape = [1, 1000], Attributes = none => none.With("ratio", 0.2f) });

        float[] values = Executing.Run(network, Tensor.Ones([1, 1000]), new() { Mode = ExecutionMode.Training })[0];

        Assert.Equal([0, 1.25f], values.Distinct().Order());
        Assert.InRange(values.Count(value => value == 0), 150, 250); // 200 ± 4 σ
    }

    private static (float[] Values, long[] Shape) Execute(string name, Case example)
    {
        using var scope = new TensorScope();
        using var program = NetworkProgram.Compile(Single(name.Split(' ')[0], example), new());
        var output = program.Run(new Dictionary<string, Tensor> { ["x"] = Tensor.FromArray(example.X, example.XShape) })[0];
        return (output.ToArray<float>(), output.Shape);
    }

    private static Network Single(string type, Case example)
    {
        string[] constants = [.. example.Constants.Select((value, i) => value is null ? "" : $"c{i}")];
        var node = new Node("node", type, ["x", .. constants], ["y"], (example.Attributes ?? (none => none))(NodeAttributes.None));
        var parameters = example.Constants.Select((value, i) => KeyValuePair.Create($"c{i}", value)).Where(entry => entry.Value is not null);
        return new(
            "single",
            [new("x", ElementType.Float32, [Dimension.Batch, .. example.XShape.Skip(1).Select(extent => (Dimension)extent)])],
            [new("y", ElementType.Float32, default)],
            [node],
            parameters!);
    }

    private static HostTensor Floats(long[] shape, params float[] values) => HostTensor.FromFloats(new(shape), values);

    private sealed record Case(float[] X, long[] XShape, float[] Expected)
    {
        public HostTensor?[] Constants { get; init; } = [];

        public Func<NodeAttributes, NodeAttributes>? Attributes { get; init; }

        /// <summary>Shape of the output where it is not obvious from the numbers.</summary>
        public long[]? Shape { get; init; }

        /// <summary>The whole message where the operator refuses.</summary>
        public string? Fault { get; init; }
    }
}
