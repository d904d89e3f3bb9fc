using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Coppice.Tensors;

namespace Coppice.Training.Distillations;

/// <summary>A feature map of the student and the one of the teacher that it is compared with.</summary>
/// <param name="Student">Name of the student's value, [N, C', H, W].</param>
/// <param name="Teacher">Name of the teacher's value, [N, C, H, W].</param>
public sealed record FeatureTap(string Student, string Teacher)
{
    /// <summary>Which of the teacher's channels the student's are, in the student's order, each in [0, C); null where the two have the same channels or where channels do not matter.</summary>
    public ImmutableArray<int>? Kept { get; init; }

    /// <inheritdoc/>
    public bool Equals(FeatureTap? other) =>
        other is not null && (Student, Teacher, Kept.HasValue) == (other.Student, other.Teacher, other.Kept.HasValue)
        && (Kept is null || Kept.Value.SequenceEqual(other.Kept!.Value));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Student, Teacher, Kept?.Length);

    /// <summary>The teacher's map, without the channels that the student has lost.</summary>
    internal Tensor OfTeacher(NetworkAnswer teacher)
    {
        var map = teacher.Maps[Teacher];
        return Kept is { } kept ? map.IndexSelect(1, Tensor.FromArray((long[])[.. kept], kept.Length).To(map.Device)) : map;
    }
}

/// <summary>Two maps of a network between which something is solved.</summary>
/// <param name="First">The earlier.</param>
/// <param name="Second">The later.</param>
public sealed record FeatureFlow(FeatureTap First, FeatureTap Second);

/// <summary>Where a student and its teacher are compared.</summary>
/// <param name="Maps">Maps that are compared one by one: the outputs of the stages.</param>
/// <param name="Flows">Pairs of maps whose relation is compared.</param>
public sealed record FeatureTaps(ImmutableArray<FeatureTap> Maps, ImmutableArray<FeatureFlow> Flows)
{
    /// <summary>No maps at all: answers alone are compared.</summary>
    [JsonIgnore]
    public static FeatureTaps None { get; } = new([], []);
}
