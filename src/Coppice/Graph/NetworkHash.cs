using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Coppice.Graph;

/// <summary>What a network, or a part of one, computes, as a hash: two that are equal in it compute the same.</summary>
internal static class NetworkHash
{
    /// <summary>SHA-256 of a network's inputs, outputs, operators and parameters, in lower-case hexadecimal. Its name and the metadata around it do not count.</summary>
    public static string Of(Network network)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, $"operator set {network.OperatorSet}, from {string.Join(", ", network.Inputs)} to {string.Join(", ", network.Outputs)}\n");
        foreach (var node in network.Nodes)
        {
            Append(hash, $"{node.Domain}.{node.OperatorType}({Describe(node.Attributes)}) {string.Join(' ', node.Inputs)} -> {string.Join(' ', node.Outputs)}\n");
        }

        foreach (var (name, value) in network.Parameters)
        {
            Append(hash, $"{name} ");
            Append(hash, value);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>SHA-256 of a tensor's type, shape and elements, in lower-case hexadecimal.</summary>
    public static string Of(HostTensor value)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, value);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Attributes as a text that differs where they differ.</summary>
    public static string Describe(NodeAttributes attributes) => string.Join(", ", attributes.Entries.Select(entry => $"{entry.Key} = {Describe(entry.Value)}"));

    private static string Describe(AttributeValue value) => value switch
    {
        IntegersAttribute integers => $"[{string.Join(' ', integers.Values)}]",
        FloatsAttribute floats => $"[{string.Join(' ', floats.Values.Select(Describe))}]",
        FloatAttribute number => Describe(number.Value),
        TensorAttribute tensor => Of(tensor.Value),
        OpaqueAttribute opaque => Convert.ToHexString(opaque.Bytes.Span),
        _ => value.ToString(),
    };

    private static string Describe(float number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static void Append(IncrementalHash hash, HostTensor value)
    {
        Append(hash, $"{value.Type} {value.Shape} ");
        hash.AppendData(value.Bytes.Span);
    }

    private static void Append(IncrementalHash hash, string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));
}
