using System.Collections.Immutable;
using System.Globalization;
using Coppice.Graph.Operators;

namespace Coppice.Graph;

/// <summary>Shape of every value of a network for one image (batch 1), or for given input shapes.</summary>
public static class ShapeInference
{
    /// <summary>Channels or features of a value: each is followed by a number of its own, so a small file must not claim more than memory holds.</summary>
    internal const long MostChannels = 1 << 23;

    /// <summary>Infers all shapes.</summary>
    /// <param name="network">The network.</param>
    /// <param name="inputShapes">Shapes of inputs whose declaration leaves more than the batch open; by name.</param>
    /// <returns>Shape by value name, parameters included. Values behind an unknown operator, or whose extents depend on what the images show, are missing.</returns>
    /// <exception cref="UnsupportedModelException">An input's shape is open, or shapes do not fit an operator.</exception>
    public static IReadOnlyDictionary<string, TensorShape> Infer(Network network, IReadOnlyDictionary<string, TensorShape>? inputShapes = null) =>
        Evaluate(network, inputShapes).Shapes;

    /// <summary>Infers all shapes, and evaluates what follows from them and from constants alone.</summary>
    /// <inheritdoc cref="Infer(Network, IReadOnlyDictionary{string, TensorShape}?)"/>
    internal static (IReadOnlyDictionary<string, TensorShape> Shapes, IReadOnlyDictionary<string, HostTensor> Constants) Evaluate(
        Network network, IReadOnlyDictionary<string, TensorShape>? inputShapes = null)
    {
        var shapes = network.Parameters.ToDictionary(entry => entry.Key, entry => entry.Value.Shape);
        using var constants = new ConstantEvaluator(network, shapes);
        foreach (var input in network.Inputs)
        {
            var shape = InputShape(input, inputShapes);
            CheckExtents(shape, rule => new UnsupportedModelException($"Cannot infer shapes: the input '{input.Name}' is {rule}."));
            shapes[input.Name] = shape;
        }

        foreach (var node in network.Nodes)
        {
            if (OperatorTable.Find(node) is not { } known || !HasWhatItNeeds(node, known, shapes, constants))
            {
                continue;
            }

            var call = new ShapeCall(node, network.OperatorSet, shapes, constants.Known);
            var outputs = Infer(known, call);
            foreach (var output in outputs.Take(node.Outputs.Length))
            {
                CheckExtents(output, rule => call.Fault($"gives {rule}"));
            }

            for (int i = 0; i < outputs.Length && i < node.Outputs.Length; i++)
            {
                shapes[node.Outputs[i]] = outputs[i];
            }

            constants.Visit(node, known);
        }

        return (shapes, constants.Known);
    }

    /// <summary>Whether the shapes of all inputs are known, and the values of those that are read on the host; what hangs on the images (the number of objects found) has no shape.</summary>
    private static bool HasWhatItNeeds(Node node, Operator known, Dictionary<string, TensorShape> shapes, ConstantEvaluator constants)
    {
        for (int input = 0; input < node.Inputs.Length; input++)
        {
            bool isHost = known.HostInputs.Contains(input);
            if (node.Input(input) is { } name && (!shapes.ContainsKey(name) || (isHost && !constants.Known.ContainsKey(name))))
            {
                return false;
            }
        }

        return true;
    }

    private static ImmutableArray<TensorShape> Infer(Operator known, ShapeCall call)
    {
        try
        {
            return known.InferShapes(call);
        }
        catch (OverflowException)
        {
            throw call.Fault("gives more elements than 64 bits can count; give a smaller --input-shape");
        }
    }

    /// <summary>Refuses a value that no real network has: beyond 64 bits of elements, without channels, or with more than can be followed one by one.</summary>
    private static void CheckExtents(TensorShape shape, Func<string, UnsupportedModelException> fault)
    {
        // As if no extent were 0, for operators multiply some of the extents only.
        if (shape.Extents.Aggregate((Int128)1, (product, extent) => product > long.MaxValue ? product : product * Math.Max(1, extent)) > long.MaxValue)
        {
            throw fault($"{shape}, more elements than 64 bits can count; give a smaller --input-shape");
        }

        if (shape.Rank >= 2 && shape[1] is not (> 0 and <= MostChannels))
        {
            throw fault($"{shape}, whose channels or features are not from 1 to {MostChannels}");
        }
    }

    /// <summary>Shape of an input for one image: the first extent may be open, the others must be declared.</summary>
    /// <exception cref="UnsupportedModelException">Another extent is open.</exception>
    public static TensorShape InputShape(NetworkValue input)
    {
        if (input.Dimensions.IsDefault || input.Dimensions.Skip(1).Any(dimension => dimension.Extent is null or < 1))
        {
            throw new UnsupportedModelException($"Cannot infer shapes: the file leaves the input open ({input}); give --input-shape, as in 1x3x224x224.");
        }

        return new([.. input.Dimensions.Select((dimension, axis) => axis == 0 ? 1 : dimension.Extent!.Value)]);
    }

    /// <summary>Shape of an input for one image: the one given by its name, or else the declared one.</summary>
    /// <exception cref="UnsupportedModelException">None is given, and an extent beside the first is open.</exception>
    internal static TensorShape InputShape(NetworkValue input, IReadOnlyDictionary<string, TensorShape>? given) =>
        given?.TryGetValue(input.Name, out var shape) == true ? shape : InputShape(input);

    /// <summary>Infers all shapes for a number of images; null where the file declares too little or shapes do not fit.</summary>
    /// <param name="network">The network.</param>
    /// <param name="images">First extent of every input.</param>
    /// <param name="inputShapes">Shapes, for one image, of inputs whose declaration leaves more than the batch open; by name.</param>
    internal static IReadOnlyDictionary<string, TensorShape>? TryInfer(Network network, long images, IReadOnlyDictionary<string, TensorShape>? inputShapes = null)
    {
        try
        {
            return Infer(network, network.Inputs.ToDictionary(input => input.Name, input => InputShape(input, inputShapes).With(0, images)));
        }
        catch (UnsupportedModelException)
        {
            return null;
        }
    }

    /// <summary>Parses a shape written as <c>1x3x224x224</c>.</summary>
    /// <exception cref="FormatException">It is not of that form.</exception>
    public static TensorShape ParseShape(string text)
    {
        var extents = new List<long>();
        foreach (string part in text.Split('x', 'X', ','))
        {
            if (!long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long extent) || extent is < 1 or > 1 << 20)
            {
                throw new FormatException($"Cannot read the shape '{text}': write positive extents joined by x, as in 1x3x224x224.");
            }

            extents.Add(extent);
        }

        return new([.. extents]);
    }
}
