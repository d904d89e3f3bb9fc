using Coppice.Graph;

namespace Coppice.Tests.Graph;

/// <summary>Structural equality of networks: everything but the identity of objects.</summary>
internal static class NetworkAssert
{
    public static void Equal(Network expected, Network actual)
    {
        Assert.Equal(expected.Name, actual.Name);
        Assert.Equal(expected.OperatorSet, actual.OperatorSet);
        Assert.Equal(expected.Metadata.OrderBy(entry => entry.Key), actual.Metadata.OrderBy(entry => entry.Key));
        Assert.Equal(expected.Inputs.Select(Describe), actual.Inputs.Select(Describe));
        Assert.Equal(expected.Outputs.Select(Describe), actual.Outputs.Select(Describe));
        Assert.Equal(expected.Nodes.Select(Describe), actual.Nodes.Select(Describe));
        Assert.Equal(expected.Parameters.Keys, actual.Parameters.Keys);
        foreach (var (name, tensor) in expected.Parameters)
        {
            Assert.Equal(Describe(tensor), Describe(actual.Parameters[name]));
        }
    }

    /// <summary>The nodes with the values of constants for their names: surgery names what it makes after what it replaced, once for each step.</summary>
    public static List<string> WithoutNames(Network network) =>
        [.. network.Nodes.Select(node => $"{node} {string.Join(' ', node.Inputs.Select(input => network.Parameters.TryGetValue(input, out var tensor) ? Describe(tensor) : input))} "
            + $"{node.Attributes.Integer("group", 1)}")];

    public static string Describe(HostTensor tensor) => $"{tensor.Type} {tensor.Shape} {Convert.ToHexString(tensor.Bytes.Span)}";

    private static string Describe(NetworkValue value) => $"{value} {Convert.ToHexString(value.Extras.Span)}";

    private static string Describe(Node node) =>
        $"{node} {node.Domain}({string.Join(", ", node.Inputs)}) -> ({string.Join(", ", node.Outputs)}) [{string.Join(", ", node.CapturedInputs)}] "
        + $"{string.Join(", ", node.Attributes.Entries.Select(entry => $"{entry.Key}={Describe(entry.Value)}"))} {Convert.ToHexString(node.Extras.Span)}";

    private static string Describe(AttributeValue value) => value switch
    {
        IntegersAttribute integers => $"[{string.Join(' ', integers.Values)}]",
        FloatsAttribute numbers => $"[{string.Join(' ', numbers.Values)}]f",
        TensorAttribute tensor => Describe(tensor.Value),
        OpaqueAttribute opaque => Convert.ToHexString(opaque.Bytes.Span),
        _ => value.ToString()!,
    };
}
