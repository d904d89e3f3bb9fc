using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Operators;

namespace Coppice.Models;

/// <summary>
/// Writes a network layer by layer: each call appends a node that reads <see cref="Current"/> and makes its output the new one. Parameters are named as PyTorch
/// names them (<c>layer1.0.conv1.weight</c>, <c>layer1.0.bn1.running_mean</c>) and take their extents from the shapes so far, which are inferred on the way.
/// The network has one input <c>input</c> [N, C, H, W] and one output <c>logits</c> [N, classes], single precision, opset 17.
/// </summary>
/// <remarks>Every layer method throws <see cref="UnsupportedModelException"/> where the current shape does not fit the operator.</remarks>
public sealed class NetworkBuilder
{
    /// <summary>Name of the input value.</summary>
    public const string InputName = "input";

    /// <summary>Name of the output value.</summary>
    public const string OutputName = "logits";

    private readonly string _name;
    private readonly InitializationScheme _scheme;
    private readonly NetworkValue _input;
    private readonly ImmutableArray<Node>.Builder _nodes = ImmutableArray.CreateBuilder<Node>();
    private readonly OrderedDictionary<string, Initializer> _initializers = [];
    private readonly Dictionary<string, HostTensor> _constants = [];
    private readonly Dictionary<string, TensorShape> _shapes = [];

    /// <summary>Starts a network.</summary>
    /// <param name="name">Name of the graph.</param>
    /// <param name="imageShape">Shape of one image, [C, H, W].</param>
    /// <param name="scheme">Starting values of the parameters.</param>
    /// <exception cref="ArgumentException">The image has other than three axes, or an extent of 0.</exception>
    public NetworkBuilder(string name, TensorShape imageShape, InitializationScheme scheme)
    {
        if (imageShape.Rank != 3 || imageShape.Length == 0)
        {
            throw new ArgumentException($"An image has the shape [C, H, W], each at least 1, not {imageShape}.", nameof(imageShape));
        }

        _name = name;
        _scheme = scheme;
        _input = new(InputName, ElementType.Float32, [Dimension.Batch, .. imageShape.Extents.Select(extent => (Dimension)extent)]);
        _shapes.Add(InputName, new([1, .. imageShape.Extents]));
        Current = InputName;
    }

    /// <summary>Name of the value that the next layer reads.</summary>
    public string Current { get; private set; }

    /// <summary>Shape of <see cref="Current"/> for one image.</summary>
    public TensorShape Shape => _shapes[Current];

    /// <summary>Goes back to an earlier value, to start another branch there.</summary>
    /// <exception cref="ArgumentException">No layer has written that value.</exception>
    public NetworkBuilder At(string value)
    {
        Current = _shapes.ContainsKey(value) ? value : throw new ArgumentException($"No layer of '{_name}' writes '{value}'.", nameof(value));
        return this;
    }

    /// <summary>A convolution with square windows.</summary>
    /// <param name="name">Name of the layer.</param>
    /// <param name="filters">Output channels.</param>
    /// <param name="kernel">Rows and columns of the window.</param>
    /// <param name="stride">Step in rows and columns.</param>
    /// <param name="pad">Zeros added on each side.</param>
    /// <param name="groups">Blocks of a grouped convolution; divides the channels and the filters.</param>
    /// <param name="bias">Whether each filter has a bias.</param>
    public NetworkBuilder Convolution(string name, int filters, int kernel, int stride = 1, int pad = 0, int groups = 1, bool bias = false)
    {
        TensorShape weight = new(filters, Shape[1] / groups, kernel, kernel);
        List<string> inputs = [Current, Parameter($"{name}.weight", weight, _scheme.Convolution(weight))];
        if (bias)
        {
            inputs.Add(Parameter($"{name}.bias", new(filters), _scheme.Bias(name, weight)));
        }

        var attributes = groups == 1 ? Window(kernel, stride, pad) : Window(kernel, stride, pad).With("group", groups);
        return Append(name, "Conv", inputs, attributes);
    }

    /// <summary>Batch normalisation with ε = 1e-5 and running statistics that keep 0.9 of their old value.</summary>
    public NetworkBuilder BatchNorm(string name)
    {
        TensorShape channels = new(Shape[1]);
        List<string> inputs =
        [
            Current,
            Parameter($"{name}.weight", channels, new ConstantInitializer(_scheme.BatchNormScale)),
            Parameter($"{name}.bias", channels, new ConstantInitializer(0)),
            Parameter($"{name}.running_mean", channels, new ConstantInitializer(0)),
            Parameter($"{name}.running_var", channels, new ConstantInitializer(1)),
        ];
        return Append(name, "BatchNormalization", inputs, NodeAttributes.None.With("epsilon", 1e-5f).With("momentum", 0.9f));
    }

    /// <summary>A fully connected layer with bias: [N, in] to [N, <paramref name="features"/>].</summary>
    public NetworkBuilder Linear(string name, int features)
    {
        TensorShape weight = new(features, Shape[1]);
        List<string> inputs =
        [
            Current,
            Parameter($"{name}.weight", weight, _scheme.Linear(weight)),
            Parameter($"{name}.bias", new(features), _scheme.Bias(name, weight)),
        ];
        return Append(name, "Gemm", inputs, NodeAttributes.None.With("transB", 1));
    }

    /// <summary>max(0, x).</summary>
    public NetworkBuilder Relu(string name) => Append(name, "Relu", [Current], NodeAttributes.None);

    /// <summary>min(max(0, x), 6).</summary>
    public NetworkBuilder Relu6(string name) =>
        Append(name, "Clip", [Current, Constant($"{name}.min", Scalar(0)), Constant($"{name}.max", Scalar(6))], NodeAttributes.None);

    /// <summary>Puts the channels of earlier values in front of those of the current one.</summary>
    public NetworkBuilder ConcatAfter(string name, params string[] earlier) =>
        Append(name, "Concat", [.. earlier, Current], NodeAttributes.None.With("axis", 1));

    /// <summary>Adds an earlier value to the current one.</summary>
    public NetworkBuilder Add(string name, string other) => Append(name, "Add", [Current, other], NodeAttributes.None);

    /// <summary>Dropout with probability 0.5, ONNX's default; active in training only.</summary>
    public NetworkBuilder Dropout(string name) => Append(name, "Dropout", [Current], NodeAttributes.None);

    /// <summary>Dropout with another probability; active in training only.</summary>
    public NetworkBuilder Dropout(string name, float ratio) =>
        Append(name, "Dropout", [Current, Constant($"{name}.ratio", Scalar(ratio))], NodeAttributes.None);

    /// <summary>Largest element of each square window.</summary>
    public NetworkBuilder MaxPool(string name, int kernel, int stride, int pad = 0) => Append(name, "MaxPool", [Current], Window(kernel, stride, pad));

    /// <summary>Largest element of each channel: [N, C, H, W] to [N, C, 1, 1].</summary>
    public NetworkBuilder GlobalMaxPool(string name) =>
        Append(name, "MaxPool", [Current], NodeAttributes.None.With("kernel_shape", Shape[2], Shape[3]));

    /// <summary>Mean of each square window.</summary>
    public NetworkBuilder AveragePool(string name, int kernel, int stride) => Append(name, "AveragePool", [Current], Window(kernel, stride, pad: 0));

    /// <summary>Mean of each channel: [N, C, H, W] to [N, C, 1, 1].</summary>
    public NetworkBuilder GlobalAveragePool(string name) => Append(name, "GlobalAveragePool", [Current], NodeAttributes.None);

    /// <summary>[N, C, H, W] to [N, C · H · W].</summary>
    public NetworkBuilder Flatten(string name) => Append(name, "Flatten", [Current], NodeAttributes.None.With("axis", 1));

    /// <summary>Local response normalisation: x / (1 + alpha / size · Σ x²)^beta over <paramref name="size"/> neighbouring channels.</summary>
    public NetworkBuilder LocalResponseNorm(string name, int size, float alpha, float beta) =>
        Append(name, "LRN", [Current], NodeAttributes.None.With("size", size).With("alpha", alpha).With("beta", beta).With("bias", 1f));

    /// <summary>Every <paramref name="step"/>-th row and column, from the first on.</summary>
    public NetworkBuilder Subsample(string name, int step) => Append(
        name,
        "Slice",
        [
            Current,
            Constant($"{name}.starts", 0, 0),
            Constant($"{name}.ends", long.MaxValue, long.MaxValue),
            Constant($"{name}.axes", 2, 3),
            Constant($"{name}.steps", step, step),
        ],
        NodeAttributes.None);

    /// <summary>Channels of zeros in front of and behind those of the current value, [N, C, H, W].</summary>
    public NetworkBuilder PadChannels(string name, int before, int after) =>
        Append(name, "Pad", [Current, Constant($"{name}.pads", 0, before, 0, 0, 0, after, 0, 0)], NodeAttributes.None);

    /// <summary>The network that ends with the current value, which becomes <c>logits</c>.</summary>
    /// <param name="initialization">What the parameters hold.</param>
    /// <param name="seed">Each parameter's values depend on this seed, its name and its shape alone, not on the other layers.</param>
    /// <exception cref="InvalidOperationException">No layer has been added, or the last layer added is not the current one.</exception>
    public Network Build(WeightInitialization initialization = WeightInitialization.Random, ulong seed = 0)
    {
        if (_nodes.Count == 0 || _nodes[^1].Outputs[0] != Current)
        {
            throw new InvalidOperationException($"Cannot build '{_name}': the last layer must write the output, but the current value is '{Current}'.");
        }

        var nodes = _nodes.ToImmutable().SetItem(_nodes.Count - 1, _nodes[^1] with { Outputs = [OutputName] });
        NetworkValue output = new(OutputName, ElementType.Float32, [Dimension.Batch, .. Shape.Extents.Skip(1).Select(extent => (Dimension)extent)]);
        var weights = ParameterFiller.Fill(_initializers.Select(entry => (entry.Key, _shapes[entry.Key], entry.Value)), initialization, seed);
        return new(_name, [_input], [output], nodes, weights.Concat(_constants));
    }

    private static NodeAttributes Window(int kernel, int stride, int pad) =>
        NodeAttributes.None.With("kernel_shape", kernel, kernel).With("strides", stride, stride).With("pads", pad, pad, pad, pad);

    private string Parameter(string name, TensorShape shape, Initializer initializer)
    {
        _initializers.Add(name, initializer);
        _shapes.Add(name, shape);
        return name;
    }

    private static HostTensor Scalar(float value) => HostTensor.FromFloats(new(), [value]);

    private string Constant(string name, params ReadOnlySpan<long> values) => Constant(name, HostTensor.Vector(values));

    private string Constant(string name, HostTensor constant)
    {
        _constants.Add(name, constant);
        _shapes.Add(name, constant.Shape);
        return name;
    }

    /// <summary>A node's only output has the node's name; ONNX keeps the two kinds of name apart.</summary>
    private NetworkBuilder Append(string name, string type, IEnumerable<string> inputs, NodeAttributes attributes)
    {
        Node node = new(name, type, [.. inputs], [name], attributes);
        _shapes.Add(name, OperatorTable.Require(node).InferShapes(new ShapeCall(node, Network.DefaultOperatorSet, _shapes, _constants))[0]);
        _nodes.Add(node);
        Current = name;
        return this;
    }
}
