using System.Collections.Immutable;

namespace Coppice.Graph.Channels;

/// <summary>Collects units that appear in exactly the same parameter axes and parts of values, equally often in each, into groups.</summary>
internal static class ChannelGrouping
{
    /// <param name="axes">All parameter axes along which channels lie.</param>
    /// <param name="parts">Units of each part that some node takes out of a value: none may vanish, and a group that lies within it keeps a channel.</param>
    /// <param name="unitCount">Number of units.</param>
    /// <param name="locks">For each unit why it must stay, or null.</param>
    public static ImmutableArray<ChannelGroup> Build(ImmutableArray<ParameterAxis> axes, IEnumerable<int[]> parts, int unitCount, IReadOnlyList<string?> locks)
    {
        var signatures = Signatures([.. axes.Select(axis => axis.Ids), .. parts], unitCount);
        var members = new OrderedDictionary<Signature, ImmutableArray<int>.Builder>();
        foreach (int unit in UnitsInWritingOrder(axes))
        {
            if (!members.TryGetValue(signatures[unit], out var builder))
            {
                members.Add(signatures[unit], builder = ImmutableArray.CreateBuilder<int>());
            }

            builder.Add(unit);
        }

        var names = Names(axes, members.Keys);
        return [.. members.Select((entry, index) =>
        {
            ImmutableArray<ParameterAxis> groupAxes = [.. entry.Key.Axes.Distinct().Where(axis => axis < axes.Length).Select(axis => axes[axis])];
            var units = entry.Value.ToImmutable();
            return new ChannelGroup(index, names[entry.Key], units, groupAxes, units.Select(unit => locks[unit]).FirstOrDefault(reason => reason is not null));
        })];
    }

    /// <summary>Units by the first position in which a layer writes them; units that no layer writes (zero padding, inputs) belong to no group.</summary>
    private static IEnumerable<int> UnitsInWritingOrder(ImmutableArray<ParameterAxis> axes) =>
        axes.Where(axis => axis.IsOrigin).SelectMany(axis => axis.Ids).Distinct();

    private static Signature[] Signatures(ImmutableArray<int[]> axes, int unitCount)
    {
        var lists = new List<int>?[unitCount];
        for (int axis = 0; axis < axes.Length; axis++)
        {
            foreach (int unit in axes[axis])
            {
                (lists[unit] ??= []).Add(axis);
            }
        }

        List<int> none = [];
        return [.. lists.Select(list => new Signature(list ?? none))];
    }

    /// <summary>
    /// The name of the first node that writes the channels. Where several groups share it, they are numbered by the axes in which they appear and not by their channels:
    /// a cut that takes the first channel away must not exchange the names, or plans would not compose.
    /// </summary>
    private static Dictionary<Signature, string> Names(ImmutableArray<ParameterAxis> axes, IEnumerable<Signature> signatures)
    {
        var taken = new HashSet<string>();
        return signatures.Order().ToDictionary(
            signature => signature, signature => UniqueName(taken, axes[signature.Axes.First(axis => axes[axis].IsOrigin)].Node.Name));
    }

    private static string UniqueName(HashSet<string> taken, string name)
    {
        string unique = name;
        for (int count = 2; !taken.Add(unique); count++)
        {
            unique = $"{name}#{count}";
        }

        return unique;
    }

    /// <summary>The axes, and behind them the parts, in which a unit appears, once for each appearance, with value equality and lexicographic order.</summary>
    private readonly struct Signature(List<int> axes) : IEquatable<Signature>, IComparable<Signature>
    {
        public List<int> Axes { get; } = axes;

        public bool Equals(Signature other) => Axes.SequenceEqual(other.Axes);

        public int CompareTo(Signature other)
        {
            int first = Axes.Zip(other.Axes).Select(pair => pair.First.CompareTo(pair.Second)).FirstOrDefault(order => order != 0);
            return first != 0 ? first : Axes.Count.CompareTo(other.Axes.Count);
        }

        public override bool Equals(object? obj) => obj is Signature other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            foreach (int axis in Axes)
            {
                hash.Add(axis);
            }

            return hash.ToHashCode();
        }
    }
}
