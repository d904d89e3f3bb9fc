using System.Collections.Immutable;
using Coppice.Graph;

namespace Coppice.Runs;

/// <summary>Compares networks node by node and parameter by parameter.</summary>
internal static class VerificationStructure
{
    /// <summary>The first thing in which a network differs from another in all but the values of its floating-point parameters, in words; null where nothing differs.</summary>
    public static string? FirstDifference(Network expected, Network actual) =>
        Declarations("inputs", expected.Inputs, actual.Inputs)
        ?? Declarations("outputs", expected.Outputs, actual.Outputs)
        ?? Nodes(expected, actual)
        ?? Parameters(expected, actual);

    /// <summary>Whether two networks take and give the same, so that one can be run in place of the other.</summary>
    public static bool HaveEqualDeclarations(Network left, Network right) =>
        (Declarations("", left.Inputs, right.Inputs) ?? Declarations("", left.Outputs, right.Outputs)) is null;

    /// <summary>Whether all parameters hold the same bytes, for networks of the same structure.</summary>
    public static bool HaveEqualWeights(Network left, Network right) =>
        left.Parameters.All(entry => entry.Value.Bytes.Span.SequenceEqual(right.Parameters[entry.Key].Bytes.Span));

    private static string? Declarations(string what, ImmutableArray<NetworkValue> expected, ImmutableArray<NetworkValue> actual)
    {
        string wanted = string.Join("; ", expected), found = string.Join("; ", actual);
        return wanted == found ? null : $"its {what} are {found}, not {wanted}";
    }

    private static string? Nodes(Network expected, Network actual)
    {
        var found = actual.Nodes.ToDictionary(node => node.Name);
        foreach (var node in expected.Nodes)
        {
            if (!found.TryGetValue(node.Name, out var other))
            {
                return $"it has no node '{node.Name}'";
            }

            bool isEqual = (node.OperatorType, node.Domain) == (other.OperatorType, other.Domain)
                && node.Inputs.SequenceEqual(other.Inputs)
                && node.Outputs.SequenceEqual(other.Outputs)
                && AreEqual(node.Attributes, other.Attributes);
            if (!isEqual)
            {
                return $"its node '{node.Name}' differs in operator, connections or attributes";
            }
        }

        return actual.Nodes.Length == expected.Nodes.Length ? null : $"it has {actual.Nodes.Length} nodes, not {expected.Nodes.Length}";
    }

    private static string? Parameters(Network expected, Network actual)
    {
        foreach (var (name, value) in expected.Parameters)
        {
            if (!actual.Parameters.TryGetValue(name, out var other))
            {
                return $"it has no parameter '{name}'";
            }

            if ((value.Type, value.Shape) != (other.Type, other.Shape))
            {
                return $"its parameter '{name}' is {other.Type} {other.Shape}, not {value.Type} {value.Shape}";
            }

            // Integers are shapes, axes and indices: no training changes them.
            if (value.Type is ElementType.Int64 or ElementType.Int32 && !value.Bytes.Span.SequenceEqual(other.Bytes.Span))
            {
                return $"its constant '{name}' has other values";
            }
        }

        return actual.Parameters.Count == expected.Parameters.Count ? null : $"it has {actual.Parameters.Count} parameters, not {expected.Parameters.Count}";
    }

    private static bool AreEqual(NodeAttributes left, NodeAttributes right) =>
        left.Entries.Length == right.Entries.Length && left.Entries.All(entry => right.Find(entry.Key) is { } other && AreEqual(entry.Value, other));

    private static bool AreEqual(AttributeValue left, AttributeValue right) => (left, right) switch
    {
        (IntegersAttribute one, IntegersAttribute two) => one.Values.SequenceEqual(two.Values),
        (FloatsAttribute one, FloatsAttribute two) => one.Values.SequenceEqual(two.Values),
        (TensorAttribute one, TensorAttribute two) => one.Value.Shape == two.Value.Shape && one.Value.Bytes.Span.SequenceEqual(two.Value.Bytes.Span),
        (OpaqueAttribute one, OpaqueAttribute two) => one.Bytes.Span.SequenceEqual(two.Bytes.Span),
        _ => left == right,
    };
}
