using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Graph.Operators;

namespace Coppice.Graph;

/// <summary>
/// Cost in closed form: every term is the size of a parameter times how often its elements are used, and the size is a product of widths.
/// So the cost of a candidate follows from the number of channels kept in each group, and no network is built to count it.
/// </summary>
public sealed class CostModel
{
    private readonly ImmutableArray<ParameterSize> _sizes;
    private readonly ImmutableArray<(WorkKind Kind, int Size, long Uses)> _work;
    private readonly ImmutableArray<int> _learned;

    private CostModel(ImmutableArray<ParameterSize> sizes, ImmutableArray<(WorkKind, int, long)> work, ImmutableArray<int> learned, ImmutableArray<int> fullWidths)
    {
        _sizes = sizes;
        _work = work;
        _learned = learned;
        FullWidths = fullWidths;
        Full = Of(fullWidths);
    }

    /// <summary>Number of channels of each group of the network.</summary>
    public ImmutableArray<int> FullWidths { get; }

    /// <summary>Cost of the whole network.</summary>
    public Cost Full { get; }

    /// <summary>Prepares the closed form of a network.</summary>
    public static CostModel Create(ChannelUnits units)
    {
        var builder = new CostModelBuilder(units);
        return new(builder.Sizes, builder.Work, builder.Learned, [.. units.Groups.Select(group => group.Size)]);
    }

    /// <summary>Cost with the given number of channels kept in each group.</summary>
    /// <param name="widths">Kept channels, one number for each of <see cref="ChannelUnits.Groups"/>.</param>
    public Cost Of(ImmutableArray<int> widths)
    {
        Span<long> sizes = _sizes.Length <= 1024 ? stackalloc long[_sizes.Length] : new long[_sizes.Length];
        for (int i = 0; i < sizes.Length; i++)
        {
            sizes[i] = _sizes[i].Evaluate(widths);
        }

        long macs = 0, elements = 0, parameters = 0;
        foreach (var (kind, size, uses) in _work)
        {
            long count = sizes[size] * uses;
            (macs, elements) = kind == WorkKind.MultiplyAccumulate ? (macs + count, elements) : (macs, elements + count);
        }

        foreach (int size in _learned)
        {
            parameters += sizes[size];
        }

        return new(macs, parameters, elements);
    }

    /// <summary>Number of elements of a parameter as a product over its axes, each a sum over groups.</summary>
    internal readonly record struct ParameterSize(long FixedFactor, ImmutableArray<AxisWidth> Axes)
    {
        public long Evaluate(ImmutableArray<int> widths)
        {
            long product = FixedFactor;
            foreach (var axis in Axes)
            {
                product *= axis.Evaluate(widths);
            }

            return product;
        }
    }

    /// <summary>Extent of a parameter's axis: positions that never go, and for each group positions per channel.</summary>
    internal readonly record struct AxisWidth(long FixedPositions, ImmutableArray<(int Group, int PositionsPerChannel)> Groups)
    {
        public long Evaluate(ImmutableArray<int> widths)
        {
            long sum = FixedPositions;
            foreach (var (group, positions) in Groups)
            {
                sum += (long)positions * widths[group];
            }

            return sum;
        }
    }
}
