using System.Globalization;

namespace Coppice.Graph.Execution;

/// <summary>Parameters by content: those that are equal in type, shape and every bit have one name.</summary>
/// <param name="prefix">What all names begin with.</param>
internal sealed class ParameterPool(string prefix)
{
    private readonly Dictionary<HostTensor, string> _known = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, string> _names = [];
    private readonly OrderedDictionary<string, HostTensor> _parameters = [];

    /// <summary>Each content once, by name.</summary>
    public IReadOnlyDictionary<string, HostTensor> Parameters => _parameters;

    /// <summary>The name of a content; a cut leaves most tensors as they are, so each object is looked into once.</summary>
    public string NameOf(HostTensor value)
    {
        if (_known.TryGetValue(value, out string? name))
        {
            return name;
        }

        string content = NetworkHash.Of(value);
        if (!_names.TryGetValue(content, out name))
        {
            _names.Add(content, name = string.Create(CultureInfo.InvariantCulture, $"{prefix}parameter {_names.Count}"));
            _parameters.Add(name, value);
        }

        _known.Add(value, name);
        return name;
    }
}
