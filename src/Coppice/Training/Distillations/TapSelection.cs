using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Coppice.Training.Distillations;

/// <summary>Which feature maps a teacher and its student are compared at.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TapChoice>))]
public enum TapChoice
{
    /// <summary>The output of the stem and of each stage, a stage being all layers of one map size; flows lead from each to the next.</summary>
    Stages,

    /// <summary>Flows lead from the first to the last map within each stage, as in the FSP paper; single maps are the outputs of the stages.</summary>
    Sections,

    /// <summary>Maps that the user names; flows lead from each to the next.</summary>
    Named,
}

/// <summary>A choice of feature maps. A value; written as <c>stages</c>, <c>sections</c> or a list of names.</summary>
/// <param name="Choice">How they are chosen.</param>
/// <param name="Names">Names of the values of the teacher, in the order of the network; empty unless they are named.</param>
public sealed record TapSelection(TapChoice Choice, ImmutableArray<string> Names)
{
    /// <summary>The outputs of the stages.</summary>
    [JsonIgnore]
    public static TapSelection Stages { get; } = new(TapChoice.Stages, []);

    /// <summary>Reads a selection.</summary>
    /// <exception cref="CoppiceException">The list is empty.</exception>
    public static TapSelection Parse(string text) => text switch
    {
        "stages" => Stages,
        "sections" => new(TapChoice.Sections, []),
        _ when text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } names => new(TapChoice.Named, [.. names]),
        _ => throw new CoppiceException($"Cannot read the feature maps '{text}': write stages, sections, or names of the network's values separated by commas."),
    };

    /// <inheritdoc/>
    public bool Equals(TapSelection? other) => other is not null && Choice == other.Choice && Names.SequenceEqual(other.Names);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Choice, Names.Length);

    /// <inheritdoc/>
    public override string ToString() => Choice == TapChoice.Named ? string.Join(',', Names) : Choice.ToString().ToLowerInvariant();
}
