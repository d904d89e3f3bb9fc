using System.Collections.Immutable;

namespace Coppice.Training.Distillations;

/// <summary>
/// Pairs the maps of a student with those of its teacher. A student that was cut out of the teacher has the same value names; one of another architecture is
/// paired stage by stage.
/// </summary>
/// <param name="student">The student's maps.</param>
/// <param name="teacher">The teacher's maps.</param>
/// <param name="teacherChannels">For each value of the teacher the channels that the student kept of it, ascending; null where the student was not cut out of the teacher or nothing is known of it.</param>
internal sealed class FeatureMatching(FeatureMaps student, FeatureMaps teacher, IReadOnlyDictionary<string, ImmutableArray<int>>? teacherChannels)
{
    /// <summary>Chooses the maps and pairs that a distillation needs.</summary>
    /// <exception cref="CoppiceException">There are none, or student and teacher do not fit each other there.</exception>
    public FeatureTaps Choose(TapSelection selection, Distillation distillation)
    {
        var maps = selection.Choice == TapChoice.Named ? selection.Names : teacher.Outputs;
        (string, string)[] flows = selection.Choice switch
        {
            TapChoice.Sections => [.. teacher.Sections],
            TapChoice.Named => [.. maps.Zip(maps.Skip(1))],
            _ => [.. teacher.StemAndOutputs.Zip(teacher.StemAndOutputs.Skip(1))],
        };
        var all = new Choice(maps, flows);

        // What the distillation does not read is not paired either: its channels need not be known.
        var wanted = distillation.Reads(all.Unpaired()).Select(tap => tap.Teacher).ToHashSet();
        if (wanted.Count == 0)
        {
            throw new CoppiceException($"Cannot compare '{student.Network.Name}' with its teacher '{teacher.Network.Name}': the feature maps found at '{selection}' ({maps.Length}) are too few for this distillation; name others by --taps.");
        }

        return new(
            distillation.Reads(all.Unpaired() with { Flows = [] }).Any() ? [.. maps.Select(map => Pair(map))] : [],
            distillation.Reads(all.Unpaired() with { Maps = [] }).Any() ? [.. flows.Select(flow => new FeatureFlow(WithChannels(Pair(flow.Item1)), WithChannels(Pair(flow.Item2))))] : []);
    }

    private FeatureTap Pair(string map)
    {
        var other = teacher.Shape(map);
        var tap = new FeatureTap(StudentName(map), map);
        var own = student.Shape(tap.Student);
        return (own[2], own[3]) == (other[2], other[3])
            ? tap
            : throw new CoppiceException($"Cannot compare feature maps: '{tap.Student}' of '{student.Network.Name}' is {own[2]}x{own[3]}, '{map}' of its teacher '{teacher.Network.Name}' {other[2]}x{other[3]}; name maps of one size by --taps.");
    }

    /// <summary>The value of the same name, or the map at the same place among the stages.</summary>
    private string StudentName(string map)
    {
        if (student.Network.Index.Producer(map) is not null)
        {
            return map;
        }

        return Counterpart(map, teacher.Outputs, student.Outputs)
            ?? Counterpart(map, teacher.StemAndOutputs, student.StemAndOutputs)
            ?? Counterpart(map, Ends(teacher), Ends(student))
            ?? throw new CoppiceException($"Cannot compare feature maps: '{student.Network.Name}' has none of the name '{map}', and not as many stages as its teacher '{teacher.Network.Name}' ({student.Stages.Length}, {teacher.Stages.Length}); use --distill kd.");
    }

    private static string? Counterpart(string map, ImmutableArray<string> teacher, ImmutableArray<string> student) =>
        teacher.Length == student.Length && teacher.IndexOf(map) is >= 0 and var place ? student[place] : null;

    private static ImmutableArray<string> Ends(FeatureMaps maps) => [.. maps.Sections.SelectMany(section => (string[])[section.First, section.Last])];

    private FeatureTap WithChannels(FeatureTap tap)
    {
        int own = (int)student.Shape(tap.Student)[1], all = (int)teacher.Shape(tap.Teacher)[1];
        if (teacherChannels?.TryGetValue(tap.Teacher, out var kept) != true)
        {
            return own == all
                ? tap
                : throw new CoppiceException($"Cannot compare feature maps channel by channel: '{tap.Student}' has {own} channels, its teacher's '{tap.Teacher}' {all}, and which of them they are is not known; give the plan that made the student (--plan), or use --distill at.");
        }

        return kept.Length == own && kept.All(channel => channel >= 0 && channel < all)
            ? kept.Length == all ? tap : tap with { Kept = kept }
            : throw new CoppiceException($"Cannot compare feature maps channel by channel: the plan leaves {kept.Length} channels of the teacher's '{tap.Teacher}' ({all}), but the student has {own} there; give the plan that made it.");
    }

    /// <summary>Maps and flows by the teacher's names.</summary>
    private sealed record Choice(ImmutableArray<string> Maps, (string First, string Second)[] Flows)
    {
        public FeatureTaps Unpaired() => new([.. Maps.Select(Tap)], [.. Flows.Select(flow => new FeatureFlow(Tap(flow.First), Tap(flow.Second)))]);

        private static FeatureTap Tap(string map) => new(map, map);
    }
}
