using System.Collections.Immutable;

namespace Coppice.Graph.Operators;

/// <summary>The shapes and constants that a node sees during shape inference.</summary>
public sealed class ShapeCall
{
    private readonly IReadOnlyDictionary<string, TensorShape> _shapes;
    private readonly IReadOnlyDictionary<string, HostTensor> _constants;

    internal ShapeCall(Node node, int operatorSet, IReadOnlyDictionary<string, TensorShape> shapes, IReadOnlyDictionary<string, HostTensor> constants)
    {
        Node = node;
        OperatorSet = operatorSet;
        _shapes = shapes;
        _constants = constants;
    }

    /// <summary>The node.</summary>
    public Node Node { get; }

    /// <summary>Version of ONNX's operator set, for operators whose defaults changed.</summary>
    public int OperatorSet { get; }

    /// <summary>Whether the input at that position is given.</summary>
    public bool Has(int index) => Node.Input(index) is not null;

    /// <summary>Shape of the input at that position.</summary>
    /// <exception cref="UnsupportedModelException">The input is absent.</exception>
    public TensorShape Shape(int index) => Node.Input(index) is { } name && _shapes.TryGetValue(name, out var shape)
        ? shape
        : throw Fault($"needs an input at position {index}");

    /// <summary>Shape of the input at that position, checked to have that many axes.</summary>
    public TensorShape Shape(int index, int rank) => Shape(index) is var shape && shape.Rank == rank
        ? shape
        : throw Fault($"takes {rank} axes at input {index}, not {Shape(index).Rank} ({Shape(index)})");

    /// <summary>The constant at that input position, or null where it is computed from the images or absent.</summary>
    public HostTensor? Constant(int index) => Node.Input(index) is { } name ? _constants.GetValueOrDefault(name) : null;

    /// <summary>The integers at that input position.</summary>
    /// <exception cref="UnsupportedModelException">They are not a constant of the file.</exception>
    public long[] Integers(int index) => Constant(index) is { } constant
        ? Longs(index, constant)
        : throw Fault($"needs a constant at input {index}, but '{Node.Input(index)}' is computed from the images");

    /// <summary>The integers at that input position, or else in the attribute, where older operator sets have them; null where neither is given.</summary>
    public long[]? Integers(int index, string attribute) => Has(index) ? Integers(index) : Node.Attributes.Integers(attribute);

    /// <inheritdoc cref="Node.Axis"/>
    public int Axis(long axis, int rank) => Node.Axis(axis, rank);

    /// <summary>An error that names the node and the broken rule.</summary>
    public UnsupportedModelException Fault(string rule) => new($"Cannot infer the shape of {Node}: it {rule}.");

    private long[] Longs(int index, HostTensor constant) => constant.Type is ElementType.Int32 or ElementType.Int64
        ? constant.Longs()
        : throw Fault($"needs integers at input {index}, not {constant.Type}");

    /// <summary>Whether the shapes of everything that the node reads and writes are known.</summary>
    internal bool KnowsAllShapes => Node.Inputs.Concat(Node.Outputs).All(value => value.Length == 0 || _shapes.ContainsKey(value));

    internal static ImmutableArray<TensorShape> One(TensorShape shape) => [shape];
}
