using System.Collections.Immutable;

namespace Coppice.Graph;

/// <summary>An extent in the declaration of an input or output: a number, or a name for one that is chosen at run time (as a rule the batch).</summary>
/// <param name="Extent">The extent, or null where it is symbolic or unknown.</param>
/// <param name="Symbol">The name of a symbolic extent, such as <c>N</c>.</param>
public readonly record struct Dimension(long? Extent, string? Symbol = null)
{
    /// <summary>The symbolic batch extent.</summary>
    public static readonly Dimension Batch = new(null, "N");

    /// <summary>A fixed extent.</summary>
    public static implicit operator Dimension(long extent) => new(extent);

    /// <inheritdoc/>
    public override string ToString() => Extent?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? Symbol ?? "?";
}

/// <summary>Declaration of a network's input or output.</summary>
/// <param name="Name">Name of the value.</param>
/// <param name="Type">Element type.</param>
/// <param name="Dimensions">Declared extents, outermost first; default where the file states none.</param>
public sealed record NetworkValue(string Name, ElementType Type, ImmutableArray<Dimension> Dimensions)
{
    /// <summary>What the file said beyond the above, serialised. Written back unchanged.</summary>
    public ReadOnlyMemory<byte> Extras { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        Dimensions.IsDefault ? $"{Name}: {Type}, shape not stated" : $"{Name}: {Type} [{string.Join(", ", Dimensions)}]";
}
