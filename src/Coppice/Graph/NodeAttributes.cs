using System.Collections.Immutable;

namespace Coppice.Graph;

/// <summary>A value of a node's attribute.</summary>
public abstract record AttributeValue;

/// <summary>An integer.</summary>
public sealed record IntegerAttribute(long Value) : AttributeValue;

/// <summary>A single-precision number.</summary>
public sealed record FloatAttribute(float Value) : AttributeValue;

/// <summary>A text in UTF-8.</summary>
public sealed record StringAttribute(string Value) : AttributeValue;

/// <summary>A list of integers.</summary>
public sealed record IntegersAttribute(ImmutableArray<long> Values) : AttributeValue;

/// <summary>A list of single-precision numbers.</summary>
public sealed record FloatsAttribute(ImmutableArray<float> Values) : AttributeValue;

/// <summary>A tensor.</summary>
public sealed record TensorAttribute(HostTensor Value) : AttributeValue;

/// <summary>Anything that this program does not interpret (sub-graphs, sparse tensors, newer kinds), kept as its serialised bytes and written back unchanged.</summary>
public sealed record OpaqueAttribute(ReadOnlyMemory<byte> Bytes) : AttributeValue;

/// <summary>The attributes of a node: named values with typed access. Immutable; file order is kept.</summary>
public sealed class NodeAttributes
{
    /// <summary>No attributes.</summary>
    public static readonly NodeAttributes None = new([]);

    private readonly ImmutableArray<KeyValuePair<string, AttributeValue>> _entries;

    /// <summary>Creates a set of attributes; the last of several with one name wins.</summary>
    public NodeAttributes(IEnumerable<KeyValuePair<string, AttributeValue>> entries) =>
        _entries = [.. Distinct(entries)];

    /// <summary>Name and value, in file order.</summary>
    public ImmutableArray<KeyValuePair<string, AttributeValue>> Entries => _entries;

    /// <summary>The value of that name, or null.</summary>
    public AttributeValue? Find(string name)
    {
        foreach (var (key, value) in _entries)
        {
            if (key == name)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>An integer attribute, or the default where it is absent.</summary>
    public long Integer(string name, long absent) => Find(name) is IntegerAttribute found ? found.Value : absent;

    /// <summary>The attribute <c>axis</c>, or the default where it is absent, counted from the first of so many axes.</summary>
    public int Axis(int absent, int rank) => (int)Integer("axis", absent) is var axis && axis < 0 ? axis + rank : axis;

    /// <summary>A number attribute, or the default where it is absent.</summary>
    public float Float(string name, float absent) => Find(name) is FloatAttribute found ? found.Value : absent;

    /// <summary>A text attribute, or the default where it is absent.</summary>
    public string Text(string name, string absent) => Find(name) is StringAttribute found ? found.Value : absent;

    /// <summary>A list of integers, or null where it is absent.</summary>
    public long[]? Integers(string name) => Find(name) is IntegersAttribute found ? [.. found.Values] : null;

    /// <summary>The same attributes with one added or replaced.</summary>
    public NodeAttributes With(string name, AttributeValue value) =>
        new(_entries.Any(entry => entry.Key == name)
            ? _entries.Select(entry => entry.Key == name ? new(name, value) : entry)
            : _entries.Append(new(name, value)));

    /// <summary>The same attributes without one.</summary>
    public NodeAttributes Without(string name) => new(_entries.Where(entry => entry.Key != name));

    /// <summary>The same attributes with an integer added or replaced.</summary>
    public NodeAttributes With(string name, long value) => With(name, new IntegerAttribute(value));

    /// <summary>The same attributes with a number added or replaced.</summary>
    public NodeAttributes With(string name, float value) => With(name, new FloatAttribute(value));

    /// <summary>The same attributes with a list of integers added or replaced.</summary>
    public NodeAttributes With(string name, params ReadOnlySpan<long> values) => With(name, new IntegersAttribute([.. values]));

    private static OrderedDictionary<string, AttributeValue> Distinct(IEnumerable<KeyValuePair<string, AttributeValue>> entries)
    {
        var distinct = new OrderedDictionary<string, AttributeValue>();
        foreach (var (key, value) in entries)
        {
            distinct[key] = value;
        }

        return distinct;
    }
}
