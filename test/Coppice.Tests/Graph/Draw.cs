using System.Collections.Immutable;
using Coppice.Graph;

namespace Coppice.Tests.Graph;

/// <summary>
/// Builds small networks by hand, a line for each node: <c>draw.Conv("conv1", "x", filters: 4)</c> returns the name of the value it writes, which is that of the node.
/// Parameters get small integers that differ from element to element, so that sums are exact and mistakes show.
/// </summary>
internal sealed class Draw
{
    private readonly List<NetworkValue> _inputs = [];
    private readonly List<Node> _nodes = [];
    private readonly OrderedDictionary<string, HostTensor> _parameters = [];
    private readonly Dictionary<string, TensorShape> _shapes = [];
    private int _next;

    private readonly int _operatorSet;
    private readonly Dimension _batch;

    public Draw(int channels = 3, int rows = 8, int columns = 8, int operatorSet = Network.DefaultOperatorSet, long? batch = null)
    {
        (_operatorSet, _batch) = (operatorSet, batch is { } extent ? extent : Dimension.Batch);
        Input("x", channels, rows, columns);
    }

    public IReadOnlyDictionary<string, HostTensor> Parameters => _parameters;

    /// <summary>Shape of a value drawn so far.</summary>
    public TensorShape Shape(string value) => _shapes[value];

    public int Channels(string value) => (int)_shapes[value][1];

    public string Input(string name, params long[] extents)
    {
        _inputs.Add(new(name, ElementType.Float32, [_batch, .. extents.Select(extent => (Dimension)extent)]));
        _shapes[name] = new([1, .. extents]);
        return name;
    }

    public string Conv(string name, string input, int filters, int kernel = 1, int stride = 1, int groups = 1, bool bias = false)
    {
        string[] inputs = [input, Weight($"{name}.weight", filters, Channels(input) / groups, kernel, kernel), .. bias ? [Weight($"{name}.bias", filters)] : Array.Empty<string>()];
        long pad = kernel / 2;
        return Node(name, "Conv", inputs, attributes => attributes
            .With("kernel_shape", [kernel, kernel]).With("strides", [stride, stride]).With("pads", [pad, pad, pad, pad]).With("group", groups));
    }

    public string BatchNorm(string name, string input)
    {
        int channels = Channels(input);
        return Node(name, "BatchNormalization", [input, Weight($"{name}.scale", channels), Weight($"{name}.shift", channels), Weight($"{name}.mean", channels), Positive($"{name}.var", channels)]);
    }

    public string Gemm(string name, string input, int outputs, bool bias = true, bool transposed = true)
    {
        long features = _shapes[input][1];
        long[] shape = transposed ? [outputs, features] : [features, outputs];
        return Node(name, "Gemm", [input, Weight($"{name}.weight", shape), .. bias ? [Weight($"{name}.bias", outputs)] : Array.Empty<string>()], attributes => attributes.With("transB", transposed ? 1 : 0));
    }

    public string Relu(string name, string input) => Node(name, "Relu", [input]);

    /// <summary>min(max(1, x), 6): a zeroed channel comes out as 1, so that zeroing it in front does not do.</summary>
    public string Clip(string name, string input) => Node(name, "Clip", [input, Number($"{name}.min", 1), Number($"{name}.max", 6)]);

    /// <summary>Channels at stated positions.</summary>
    public string Gather(string name, string input, params long[] positions) =>
        Node(name, "Gather", [input, Constant($"{name}.positions", positions)], attributes => attributes.With("axis", 1));

    public string Add(string name, string left, string right) => Node(name, "Add", [left, right]);

    public string Concat(string name, params string[] inputs) => Node(name, "Concat", inputs, attributes => attributes.With("axis", 1L));

    public string GlobalAverage(string name, string input) => Node(name, "GlobalAveragePool", [input]);

    public string Flatten(string name, string input) => Node(name, "Flatten", [input]);

    /// <summary>ResNet's shortcut without parameters: every second pixel, and zero channels before and after.</summary>
    public string OptionA(string name, string input, int before, int after)
    {
        string[] ranges = [Constant($"{name}.starts", 0, 0), Constant($"{name}.ends", int.MaxValue, int.MaxValue), Constant($"{name}.axes", 2, 3), Constant($"{name}.steps", 2, 2)];
        string half = Node($"{name}.half", "Slice", [input, .. ranges]);
        return Node(name, "Pad", [half, Constant($"{name}.pads", 0, before, 0, 0, 0, after, 0, 0)]);
    }

    /// <summary>Any node of one output; its shape is inferred where its operator is known.</summary>
    public string Node(string name, string type, string[] inputs, Func<NodeAttributes, NodeAttributes>? attributes = null)
    {
        Add(new(name, type, [.. inputs], [name], (attributes ?? (none => none))(NodeAttributes.None)));
        return name;
    }

    /// <summary>Any node of several outputs.</summary>
    public string[] Nodes(string name, string type, string[] inputs, int outputs, Func<NodeAttributes, NodeAttributes>? attributes = null)
    {
        string[] names = [.. Enumerable.Range(0, outputs).Select(output => $"{name}.{output}")];
        Add(new(name, type, [.. inputs], [.. names], (attributes ?? (none => none))(NodeAttributes.None)));
        return names;
    }

    /// <summary>Integers of any shape.</summary>
    public string Integers(string name, TensorShape shape, params long[] values)
    {
        _parameters.Add(name, HostTensor.FromLongs(shape, values));
        _shapes[name] = shape;
        return name;
    }

    /// <summary>A parameter with small integers, none of them 0.</summary>
    public string Weight(string name, params long[] shape) => Parameter(name, shape, i => ((i * 7) + ++_next) % 9 is var value && value < 4 ? value - 4 : value - 3);

    public string Constant(string name, params long[] values)
    {
        _parameters.Add(name, HostTensor.Vector(values));
        _shapes[name] = new(values.Length);
        return name;
    }

    /// <summary>An integer without axes.</summary>
    public string Scalar(string name, long value)
    {
        _parameters.Add(name, HostTensor.FromLongs(new(), value));
        _shapes[name] = new();
        return name;
    }

    /// <summary>A list of numbers that are no weights.</summary>
    public string Floats(string name, params float[] values) => Parameter(name, [values.Length], i => values[i]);

    /// <summary>A constant without axes, which nobody learns.</summary>
    public string Number(string name, float value) => Parameter(name, [], _ => value);

    public Network Build(params string[] outputs) => new(
        "drawn", [.. _inputs], [.. outputs.Select(output => new NetworkValue(output, ElementType.Float32, Declared(output)))], [.. _nodes], _parameters)
    {
        OperatorSet = _operatorSet,
    };

    private string Positive(string name, long extent) => Parameter(name, [extent], i => 1 + (i % 3));

    private string Parameter(string name, long[] shape, Func<int, float> value)
    {
        var extents = new TensorShape(shape);
        _parameters.Add(name, HostTensor.FromFloats(extents, [.. Enumerable.Range(0, (int)extents.Length).Select(value)]));
        _shapes[name] = extents;
        return name;
    }

    private ImmutableArray<Dimension> Declared(string output) =>
        _shapes.TryGetValue(output, out var shape) ? [_batch, .. shape.Extents.Skip(1).Select(extent => (Dimension)extent)] : default;

    private void Add(Node node)
    {
        _nodes.Add(node);
        foreach (var (value, shape) in ShapeInference.Infer(new("so far", [.. _inputs], [], [.. _nodes], _parameters) { OperatorSet = _operatorSet }))
        {
            _shapes[value] = shape;
        }
    }
}
