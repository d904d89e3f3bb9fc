using System.Collections.Immutable;
using Coppice.Graph;
using Coppice.Graph.Operators;

namespace Coppice.Runs;

/// <summary>
/// What two networks are compared by: their outputs, as far as these hold floating-point numbers in a shape that is known. A detector ends in sorting and choosing, after which two equal answers
/// may stand in another order, labels and counts are integers, and a final sigmoid or softmax squashes numbers that differ to ones that do not, or are rounded to 0 by one engine alone; there the
/// nearest values in front are compared that have the same shape in both networks.
/// </summary>
internal sealed class VerificationOutputs
{
    private static readonly ImmutableArray<string> Squashing = ["Sigmoid", "HardSigmoid", "Softmax", "Tanh"];

    private static readonly ImmutableArray<string> Reforming = ["Cast", "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"];

    private readonly ImmutableArray<NetworkValue> _values;

    private VerificationOutputs(ImmutableArray<NetworkValue> values, bool areOutputs)
    {
        _values = values;
        AreOutputs = areOutputs;
    }

    /// <summary>Whether what is compared is simply the networks' outputs.</summary>
    public bool AreOutputs { get; }

    /// <summary>How many values are compared.</summary>
    public int Count => _values.Length;

    /// <summary>The name of what is compared at that position.</summary>
    public string Name(int index) => _values[index].Name;

    /// <summary>Finds what two networks with the same values, of which one has fewer channels, can be compared by.</summary>
    /// <exception cref="UnsupportedModelException">There is nothing of the kind.</exception>
    public static VerificationOutputs Find(Network masked, Network sliced, IReadOnlyDictionary<string, TensorShape>? inputShapes)
    {
        var (shapes, cut) = (ShapeInference.Infer(masked, inputShapes), ShapeInference.Infer(sliced, inputShapes));
        if (masked.Outputs.All(output => IsComparable(masked, shapes, output.Name)))
        {
            return new(masked.Outputs, areOutputs: true);
        }

        ImmutableArray<NetworkValue> nearest = [.. Nearest(masked, value => IsComparable(masked, shapes, value) && cut.TryGetValue(value, out var shape) && shape == shapes[value])
            .Select(value => new NetworkValue(value, TypeOf(masked, value), default))];
        return nearest.IsEmpty
            ? throw new UnsupportedModelException($"Cannot verify '{masked.Name}': neither its outputs nor what they are computed from are floating-point numbers in a known shape.")
            : new(nearest, areOutputs: false);
    }

    /// <summary>Whether a network computes what is compared, under the same names.</summary>
    public bool AreIn(Network network) => AreOutputs || _values.All(value => network.Index.Producer(value.Name) is not null);

    /// <summary>The network with what is compared as its outputs.</summary>
    public Network Of(Network network) => AreOutputs ? network : NetworkPart.Of(network, _values);

    /// <summary>Walks from the outputs against the direction of the data, up to the first values that can be compared.</summary>
    private static List<string> Nearest(Network network, Predicate<string> isComparable)
    {
        var found = new List<string>();
        var seen = new HashSet<string>();
        var open = new Stack<string>(network.Outputs.Reverse().Select(output => output.Name));
        while (open.TryPop(out string? value))
        {
            if (!seen.Add(value) || network.Index.Producer(value) is not { } producer)
            {
                continue;
            }

            if (isComparable(value))
            {
                found.Add(value);
            }
            else
            {
                foreach (string input in producer.Reads) open.Push(input);
            }
        }

        return found;
    }

    private static bool IsComparable(Network network, IReadOnlyDictionary<string, TensorShape> shapes, string value) =>
        shapes.ContainsKey(value) && ElementTypes.IsFloatingPoint(TypeOf(network, value)) && !IsSquashed(network, value);

    private static bool IsSquashed(Network network, string value) => network.Index.Producer(value) is { } producer
        && (Squashing.Contains(producer.OperatorType) || (Reforming.Contains(producer.OperatorType) && IsSquashed(network, producer.Inputs[0])));

    /// <summary>The type of a value of known shape: what its node states, or that of what it is computed from.</summary>
    private static ElementType TypeOf(Network network, string value)
    {
        while (network.Index.Producer(value) is { } node)
        {
            var known = OperatorTable.Require(node);
            if (known.ResultType(node) is { } stated) return stated;

            value = node.Inputs[known.TypeInput];
        }

        return network.Parameters.TryGetValue(value, out var parameter) ? parameter.Type : network.Inputs.First(input => input.Name == value).Type;
    }
}
