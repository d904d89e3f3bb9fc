using System.Collections.Immutable;

namespace Coppice.Graph;

/// <summary>One ONNX operator in a network. Inputs and outputs are value names; an empty name is an omitted optional one.</summary>
/// <param name="Name">Unique within the network.</param>
/// <param name="OperatorType">The ONNX operator, such as <c>Conv</c>.</param>
/// <param name="Inputs">Names of the values and parameters read.</param>
/// <param name="Outputs">Names of the values written.</param>
/// <param name="Attributes">The operator's settings.</param>
public sealed record Node(
    string Name,
    string OperatorType,
    ImmutableArray<string> Inputs,
    ImmutableArray<string> Outputs,
    NodeAttributes Attributes)
{
    /// <summary>Operator set; empty for ONNX's own.</summary>
    public string Domain { get; init; } = "";

    /// <summary>Values that graphs inside the attributes (the branches of an <c>If</c>) read by name; they count as read by this node, but have no position among its inputs.</summary>
    public ImmutableArray<string> CapturedInputs { get; init; } = [];

    /// <summary>What the file said of this node beyond the above, serialised; empty as a rule. Written back unchanged.</summary>
    public ReadOnlyMemory<byte> Extras { get; init; }

    /// <summary>Name of the input at that position, or null where it is absent or omitted.</summary>
    public string? Input(int index) => index < Inputs.Length && Inputs[index].Length > 0 ? Inputs[index] : null;

    /// <summary>Name of every value that the node reads, captured ones included and omitted ones not; once for each time it is read.</summary>
    public IEnumerable<string> Reads => CapturedInputs.IsEmpty && !Inputs.Contains("") ? Inputs : Inputs.Where(input => input.Length > 0).Concat(CapturedInputs);

    /// <summary>An axis in [0, rank) from one that may count from the end.</summary>
    /// <exception cref="UnsupportedModelException">There is no such axis.</exception>
    internal int Axis(long axis, int rank) => axis >= -rank && axis < rank
        ? (int)(axis < 0 ? axis + rank : axis)
        : throw new UnsupportedModelException($"Cannot use {this}: it has axis {axis}, outside of [{-rank}, {rank}).");

    /// <summary>Operator and name for messages, as in <c>Conv 'layer1.0.conv1'</c>.</summary>
    public override string ToString() => $"{OperatorType} '{Name}'";
}
