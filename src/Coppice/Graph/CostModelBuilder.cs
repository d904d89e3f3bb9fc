using System.Collections.Immutable;
using Coppice.Graph.Channels;
using Coppice.Graph.Operators;

namespace Coppice.Graph;

/// <summary>Collects the terms of a <see cref="CostModel"/> from the operators of a network.</summary>
internal sealed class CostModelBuilder
{
    private readonly Dictionary<int, int> _groupOfUnit;
    private readonly Dictionary<string, Dictionary<int, ParameterAxis>> _axes = [];
    private readonly Dictionary<string, int> _sizeOf = [];
    private readonly ImmutableArray<CostModel.ParameterSize>.Builder _sizes = ImmutableArray.CreateBuilder<CostModel.ParameterSize>();
    private readonly ImmutableArray<(WorkKind, int, long)>.Builder _work = ImmutableArray.CreateBuilder<(WorkKind, int, long)>();
    private readonly SortedSet<int> _learned = [];
    private readonly Network _network;
    private int? _constantSize;

    public CostModelBuilder(ChannelUnits units)
    {
        _network = units.Network;
        _groupOfUnit = units.Groups.SelectMany(group => group.Units.Select(unit => (unit, group.Index))).ToDictionary(pair => pair.unit, pair => pair.Index);
        foreach (var axis in units.Axes)
        {
            if (!_axes.TryGetValue(axis.Parameter, out var byAxis))
            {
                _axes.Add(axis.Parameter, byAxis = []);
            }

            byAxis.TryAdd(axis.Axis, axis);
        }

        foreach (var node in _network.Nodes)
        {
            Add(node, new ShapeCall(node, _network.OperatorSet, units.Shapes, _network.Parameters));
        }
    }

    public ImmutableArray<CostModel.ParameterSize> Sizes => _sizes.ToImmutable();

    public ImmutableArray<(WorkKind, int, long)> Work => _work.ToImmutable();

    public ImmutableArray<int> Learned => [.. _learned];

    private void Add(Node node, ShapeCall shapes)
    {
        if (OperatorTable.Find(node) is not { } known)
        {
            return;
        }

        for (int input = 0; input < node.Inputs.Length; input++)
        {
            if (node.Input(input) is { } name && _network.Parameters.TryGetValue(name, out var value) && known.Learns(input, value))
            {
                _learned.Add(SizeOf(name));
            }
        }

        if (shapes.KnowsAllShapes && known.CountWork(shapes) is { } work && (work.ParameterInput is not { } parameter || _network.Parameters.ContainsKey(node.Inputs[parameter])))
        {
            _work.Add((work.Kind, work.ParameterInput is { } index ? SizeOf(node.Inputs[index]) : ConstantSize(), work.UsesPerElement));
        }
    }

    /// <summary>The size 1, for work that depends on no parameter.</summary>
    private int ConstantSize()
    {
        if (_constantSize is not { } index)
        {
            _constantSize = index = _sizes.Count;
            _sizes.Add(new(1, []));
        }

        return index;
    }

    private int SizeOf(string parameter)
    {
        if (!_sizeOf.TryGetValue(parameter, out int index))
        {
            _sizeOf.Add(parameter, index = _sizes.Count);
            _sizes.Add(Size(parameter));
        }

        return index;
    }

    private CostModel.ParameterSize Size(string parameter)
    {
        var shape = _network.Parameters[parameter].Shape;
        var byAxis = _axes.GetValueOrDefault(parameter, []);
        long fixedFactor = 1;
        var widths = ImmutableArray.CreateBuilder<CostModel.AxisWidth>();
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (byAxis.TryGetValue(axis, out var channels))
            {
                widths.Add(Width(channels.Ids));
            }
            else
            {
                fixedFactor *= shape[axis];
            }
        }

        return new(fixedFactor, widths.ToImmutable());
    }

    private CostModel.AxisWidth Width(int[] units)
    {
        long free = 0;
        var perGroup = new SortedDictionary<int, Dictionary<int, int>>();
        foreach (int unit in units)
        {
            if (!_groupOfUnit.TryGetValue(unit, out int group))
            {
                free++;
                continue;
            }

            perGroup.TryAdd(group, []);
            perGroup[group][unit] = perGroup[group].GetValueOrDefault(unit) + 1;
        }

        // Units of one group appear equally often in each axis, by the definition of a group.
        return new(free, [.. perGroup.Select(entry => (entry.Key, entry.Value.Values.First()))]);
    }
}
