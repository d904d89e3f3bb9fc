using System.Collections.Immutable;
using Coppice.Graph.Operators;

namespace Coppice.Graph;

/// <summary>
/// Turns computed shapes, positions and sizes into constants. Exporters write <c>x.view(x.size(0), -1)</c> as arithmetic on Shape; a cut would have to follow it, and a constant is easier to
/// rewrite. What depends on the batch is found by inferring the network for two batches: in the target of a Reshape such an extent becomes 0 (as before) or −1 (what is left), the
/// sizes of a Resize become factors; elsewhere the node stays as it is.
/// </summary>
public static class ShapeFolding
{
    /// <summary>Input of a Resize with the extents of its output; the factors are the one before.</summary>
    private const int SizesInput = 3;

    /// <summary>Folds what can be folded; the same object where nothing can.</summary>
    /// <param name="network">The network.</param>
    /// <param name="inputShapes">Shapes of inputs whose declaration leaves more than the batch open; by name.</param>
    /// <exception cref="UnsupportedModelException">An input's shape is open, or shapes do not fit an operator.</exception>
    public static Network Apply(Network network, IReadOnlyDictionary<string, TensorShape>? inputShapes = null)
    {
        var computed = Computed(network).ToList();
        if (computed.Count == 0)
        {
            return network;
        }

        var one = Inferred.Of(network, inputShapes);
        var two = SecondBatch(network, inputShapes);
        var parameters = new OrderedDictionary<string, HostTensor>(network.Parameters);
        var replaced = new Dictionary<string, Node>();
        foreach (var (node, input) in computed)
        {
            string name = $"{node.Inputs[input]}/{node.Name}";
            var current = replaced.GetValueOrDefault(node.Name, node);
            if (Fold(node, input, one, two) is { } constant)
            {
                parameters[name] = constant;

                // A 0 in the folded target means "as before", whatever it meant in the computed one, which had none.
                replaced[node.Name] = current with { Inputs = current.Inputs.SetItem(input, name), Attributes = node.OperatorType == "Reshape" ? current.Attributes.Without("allowzero") : current.Attributes };
            }
            else if (node.OperatorType == "Resize" && input == SizesInput && two is not null && Factors(node, one, two) is { } factors)
            {
                parameters[name] = factors;
                replaced[node.Name] = current with { Inputs = [.. current.Inputs[..2], name] };
            }
        }

        return replaced.Count == 0
            ? network
            : network.Rewritten(WithoutUnread(network, [.. network.Nodes.Select(node => replaced.GetValueOrDefault(node.Name, node))]), parameters);
    }

    /// <summary>Inputs that are read on the host and are not stored.</summary>
    private static IEnumerable<(Node Node, int Input)> Computed(Network network) =>
        from node in network.Nodes
        let known = OperatorTable.Find(node)
        where known is not null
        from input in known.HostInputs
        where node.Input(input) is { } name && !network.Parameters.ContainsKey(name)
        select (node, input);

    /// <summary>The same arithmetic for a batch of two, or null where the network was declared for one.</summary>
    private static Inferred? SecondBatch(Network network, IReadOnlyDictionary<string, TensorShape>? inputShapes)
    {
        var shapes = network.Inputs.ToDictionary(
            input => input.Name,
            input => ShapeInference.InputShape(input, inputShapes));
        try
        {
            return Inferred.Of(network, shapes.ToDictionary(entry => entry.Key, entry => Doubled(entry.Value)));
        }
        catch (UnsupportedModelException)
        {
            return null;
        }
    }

    private static TensorShape Doubled(TensorShape shape) => shape.Rank == 0 ? shape : shape.With(0, 2 * shape[0]);

    private static HostTensor? Fold(Node node, int input, Inferred one, Inferred? two)
    {
        string name = node.Inputs[input];
        if (one.Constant(name) is not { } value || two is null)
        {
            return one.Constant(name);
        }

        if (two.Constant(name) is not { } other || value.Bytes.Span.SequenceEqual(other.Bytes.Span))
        {
            return two.Constant(name);
        }

        // What an unknown operator writes has no shape; its first extent may be anything.
        string data = node.Inputs[0];
        bool isKnown = one.Shapes.TryGetValue(data, out var shape) & two.Shapes.TryGetValue(data, out var doubled) && shape.Rank > 0 && value.Longs().Length > 0;
        return node.OperatorType != "Reshape" || !isKnown ? null
            : WithOpenBatch(value.Longs(), other.Longs(), shape[0] == value.Longs()[0] && doubled[0] == other.Longs()[0]);
    }

    /// <summary>The target of a reshape whose first extent is the batch (or several of it): 0 or −1 there; null where another extent depends on the batch too.</summary>
    /// <param name="one">The target for the first batch.</param>
    /// <param name="two">The target for twice that batch.</param>
    /// <param name="isFirstExtent">Whether that extent is the first one of what is reshaped.</param>
    private static HostTensor? WithOpenBatch(long[] one, long[] two, bool isFirstExtent)
    {
        bool isBatch = one.Length == two.Length && two[0] == 2 * one[0] && one.AsSpan(1).SequenceEqual(two.AsSpan(1));
        return !isBatch || (one.Contains(-1) && !isFirstExtent) ? null : HostTensor.Vector([isFirstExtent ? 0 : -1, .. one[1..]]);
    }

    /// <summary>The factors of a Resize whose sizes depend on the batch in their first extent alone; null where they do otherwise.</summary>
    private static HostTensor? Factors(Node node, Inferred one, Inferred two)
    {
        string data = node.Inputs[0];
        if (one.Constant(node.Inputs[SizesInput])?.Longs() is not { } sizes || two.Constant(node.Inputs[SizesInput])?.Longs() is not { } twice)
        {
            return null;
        }

        if (!one.Shapes.TryGetValue(data, out var input) || !two.Shapes.TryGetValue(data, out var doubled) || input.Rank == 0)
        {
            return null;
        }

        bool isBatch = sizes.Length == input.Rank && twice.Length == input.Rank && sizes[0] == input[0] && twice[0] == doubled[0] && sizes.AsSpan(1).SequenceEqual(twice.AsSpan(1));
        return isBatch ? HostTensor.FromFloats(new(sizes.Length), [.. sizes.Select((size, axis) => Factor(input[axis], size))]) : null;
    }

    /// <summary>The factor that gives the size when the product is rounded down.</summary>
    private static float Factor(long extent, long size)
    {
        float factor = (float)size / extent;
        return ResizeTarget.Scaled(extent, factor) < size ? MathF.BitIncrement(factor) : factor;
    }

    /// <summary>Without the arithmetic that nobody reads any more.</summary>
    private static ImmutableArray<Node> WithoutUnread(Network network, ImmutableArray<Node> nodes)
    {
        HashSet<string> read = [.. network.Outputs.Select(output => output.Name)];
        HashSet<string> before = [.. network.Nodes.SelectMany(node => node.Reads), .. read];
        var kept = new Stack<Node>();
        foreach (var node in nodes.Reverse())
        {
            // A node that nobody read in the first place is the file's own affair.
            if (node.Outputs.Any(read.Contains) || !node.Outputs.Any(before.Contains))
            {
                kept.Push(node);
                read.UnionWith(node.Reads);
            }
        }

        return [.. kept];
    }

    private sealed record Inferred(IReadOnlyDictionary<string, TensorShape> Shapes, IReadOnlyDictionary<string, HostTensor> Constants)
    {
        public static Inferred Of(Network network, IReadOnlyDictionary<string, TensorShape>? inputShapes)
        {
            var (shapes, constants) = ShapeInference.Evaluate(network, inputShapes);
            return new(shapes, constants);
        }

        public HostTensor? Constant(string name) => Constants.GetValueOrDefault(name);
    }
}
