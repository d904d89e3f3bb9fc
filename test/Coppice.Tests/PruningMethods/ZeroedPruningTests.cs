using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Tests.Execution;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.PruningMethods;

/// <summary>
/// What may lie between a zero channel and its readers. Whether a zero channel can go is asked of the engine: the network without it either computes the same or it does not.
/// </summary>
public sealed class ZeroedPruningTests : LeakCheck
{
    [Theory]
    [InlineData("Relu", true)]
    [InlineData("Tanh", true)]
    [InlineData("Identity", true)]
    [InlineData("Sigmoid", false)]
    [InlineData("Softmax over columns", false)]
    [InlineData("Clip from 1", false)]
    [InlineData("Clip from -1", true)]
    [InlineData("Clip to -1", false)]
    [InlineData("Add a number", false)]
    [InlineData("Add 0", true)]
    [InlineData("Sub a number", false)]
    [InlineData("Add a number to each channel", true)]
    [InlineData("Add a map of one channel", false)]
    [InlineData("Mul by a number", true)]
    [InlineData("Mul by a map of one channel", true)]
    [InlineData("Mul by a gate behind a sigmoid", true)]
    [InlineData("Add what went through a sigmoid", false)]
    [InlineData("Batch norm behind a sigmoid", true)]
    [InlineData("Depthwise behind a sigmoid", true)]
    [InlineData("Pad with 0", true)]
    [InlineData("Pad with 2", false)]
    [InlineData("Shortcut of option A", true)]
    [InlineData("Concat with itself behind a sigmoid", false)]
    [InlineData("Concat with the input", true)]
    [InlineData("Slice", true)]
    [InlineData("Gather", true)]
    [InlineData("Lower half behind a sigmoid", false)]
    [InlineData("Lower half", true)]
    [InlineData("Product over columns behind a sigmoid", false)]
    [InlineData("Product over columns", true)]
    [InlineData("Max pool", true)]
    [InlineData("Global average and flatten", true)]
    public async Task Zero_channel_goes_exactly_where_the_network_computes_the_same_without_it(string between, bool expected)
    {
        var network = Network(between);
        var units = ChannelUnits.Analyze(network);
        var (safe, group) = (units.Groups.First(found => found.Name == "first"), units.Groups.First(found => found.Name == "a"));
        network = Zeroed(Zeroed(network, safe, channel: 0), group, channel: 1);
        var images = Executing.Images(network);

        var result = (await new ZeroedPruning().RunAsync(new() { Network = network, Scope = GroupScope.All }, CancellationToken.None)).Single();

        float[] whole = Executing.Run(network, images)[0], without = Executing.Run(Pruner.Apply(network, Plan(safe, group)), images)[0];
        double difference = whole.Zip(without).Max(pair => Math.Abs((double)pair.First - pair.Second)), scale = whole.Max(Math.Abs);
        Assert.Equal(expected, difference < 1e-5 * scale);
        Assert.Equal([1, 2], result.Plan.Groups.Single(entry => entry.Group == "first").Kept.AsEnumerable());
        Assert.Equal(expected ? [0, 2, 3] : [0, 1, 2, 3], result.Plan.Groups.Single(entry => entry.Group == "a").Kept.AsEnumerable());
        Executing.AssertClose(whole, Executing.Run(result.Network, images)[0], 1e-5);
        Assert.Equal(expected, result.Note is null);
    }

    [Fact]
    public async Task Groups_left_whole_are_told_with_the_operator_that_is_the_reason()
    {
        var network = Network("Sigmoid");
        var units = ChannelUnits.Analyze(network);
        var a = Zeroed(network, units.Groups.First(found => found.Name == "a"), channel: 1);
        var both = Zeroed(a, units.Groups.First(found => found.Name == "first"), channel: 0);

        var result = (await new ZeroedPruning().RunAsync(new() { Network = both }, CancellationToken.None)).Single();
        var fault = await Assert.ThrowsAsync<CoppiceException>(() => new ZeroedPruning().RunAsync(new() { Network = a }, CancellationToken.None));

        const string note = "'zeroed' leaves 1 of 2 channel groups whole: Sigmoid 'm' makes something else of the zeros of 'a'.";
        Assert.Equal(note, result.Note);
        Assert.Equal($"Cannot prune 'drawn': {note} No other channel is zero; choose another --method.", fault.Message);
    }

    /// <summary>Nothing of such a group is zero, so that nothing is left whole on its account.</summary>
    [Fact]
    public async Task Group_without_zeros_is_not_told()
    {
        var network = Network("Sigmoid");
        var zeroed = Zeroed(network, ChannelUnits.Analyze(network).Groups.First(found => found.Name == "first"), channel: 0);

        Assert.Null((await new ZeroedPruning().RunAsync(new() { Network = zeroed }, CancellationToken.None)).Single().Note);
    }

    /// <summary>x → first → relu → a (4 filters) → what lies between → reader.</summary>
    private static Network Network(string between)
    {
        var draw = new Draw();
        string first = draw.Relu("relu", draw.Conv("first", "x", filters: 3, bias: true));
        string a = draw.Conv("a", first, filters: 4, bias: true);
        string behind = between switch
        {
            "Relu" or "Tanh" or "Identity" or "Sigmoid" => draw.Node("m", between, [a]),
            "Softmax over columns" => draw.Node("m", "Softmax", [a], attributes => attributes.With("axis", -1)),
            "Clip from 1" => draw.Clip("m", a),
            "Clip from -1" => draw.Node("m", "Clip", [a, draw.Number("min", -1)]),
            "Clip to -1" => draw.Node("m", "Clip", [a, "", draw.Number("max", -1)]),
            "Add a number" => draw.Node("m", "Add", [draw.Number("three", 3), a]),
            "Add 0" => draw.Node("m", "Add", [a, draw.Number("zero", 0)]),
            "Sub a number" => draw.Node("m", "Sub", [a, draw.Number("three", 3)]),
            "Add a number to each channel" => draw.Node("m", "Add", [a, draw.Weight("shift", 1, 4, 1, 1)]),
            "Add a map of one channel" => draw.Add("m", a, draw.Conv("map", first, filters: 1)),
            "Mul by a number" => draw.Node("m", "Mul", [a, draw.Number("three", 3)]),
            "Mul by a map of one channel" => draw.Node("m", "Mul", [draw.Conv("map", first, filters: 1), a]),
            "Mul by a gate behind a sigmoid" => draw.Node("m", "Mul", [a, draw.Node("gate", "Sigmoid", [draw.Conv("excite", draw.GlobalAverage("mean", a), filters: 4, bias: true)])]),
            "Add what went through a sigmoid" => draw.Add("m", a, draw.Node("gate", "Sigmoid", [a])),
            "Batch norm behind a sigmoid" => draw.BatchNorm("m", draw.Node("gate", "Sigmoid", [a])),
            "Depthwise behind a sigmoid" => draw.Conv("m", draw.Node("gate", "Sigmoid", [a]), filters: 4, kernel: 3, groups: 4, bias: true),
            "Pad with 0" => draw.Node("m", "Pad", [a, draw.Constant("pads", 0, 0, 1, 1, 0, 0, 1, 1)]),
            "Pad with 2" => draw.Node("m", "Pad", [a, draw.Constant("pads", 0, 0, 1, 1, 0, 0, 1, 1), draw.Number("two", 2)]),
            "Shortcut of option A" => draw.Add("m", draw.OptionA("shortcut", draw.Conv("half", first, filters: 2), before: 1, after: 1), draw.Conv("strided", a, filters: 4, stride: 2)),
            "Concat with itself behind a sigmoid" => draw.Concat("m", a, draw.Node("gate", "Sigmoid", [a])),
            "Concat with the input" => draw.Concat("m", a, "x"),
            "Slice" => draw.Node("m", "Slice", [a, draw.Constant("starts", 0), draw.Constant("ends", 4), draw.Constant("axes", 2)]),
            "Gather" => draw.Gather("m", a, 3, 1, 0, 2),
            "Lower half behind a sigmoid" => draw.Nodes("m", "Split", [draw.Node("gate", "Sigmoid", [a])], 2, attributes => attributes.With("axis", 2))[1],
            "Lower half" => draw.Nodes("m", "Split", [a], 2, attributes => attributes.With("axis", 2))[1],
            "Product over columns behind a sigmoid" => draw.Node("m", "MatMul", [draw.Node("gate", "Sigmoid", [a]), draw.Weight("columns", 8, 5)]),
            "Product over columns" => draw.Node("m", "MatMul", [a, draw.Weight("columns", 8, 5)]),
            "Max pool" => draw.Node("m", "MaxPool", [a], attributes => attributes.With("kernel_shape", [3, 3]).With("strides", [2, 2]).With("pads", [1, 1, 1, 1])),
            "Global average and flatten" => draw.Flatten("m", draw.GlobalAverage("mean", a)),
            _ => throw new ArgumentOutOfRangeException(nameof(between)),
        };
        return draw.Build(between == "Global average and flatten" ? draw.Gemm("reader", behind, outputs: 3) : draw.Conv("reader", behind, filters: 3));
    }

    private static PruningPlan Plan(ChannelGroup safe, ChannelGroup group) => new("", [new(safe.Name, 3, [1, 2]), new(group.Name, 4, [0, 2, 3])]);

    /// <summary>Everything that writes a channel or goes with it set to zero, running statistics excepted, and nothing of what reads it.</summary>
    private static Network Zeroed(Network network, ChannelGroup group, int channel)
    {
        foreach (var axis in group.Axes.Where(axis => axis.Role != ChannelRole.Read && !axis.Parameter.EndsWith(".mean", StringComparison.Ordinal) && !axis.Parameter.EndsWith(".var", StringComparison.Ordinal)))
        {
            var tensor = network.Parameters[axis.Parameter];
            int run = (int)tensor.Shape.Product(axis.Axis + 1, tensor.Shape.Rank);
            float[] values = [.. tensor.Floats().ToArray().Select((value, i) => axis.Ids[i / run % axis.Ids.Length] == group.Units[channel] ? 0 : value)];
            network = network.WithParameters(new Dictionary<string, HostTensor> { [axis.Parameter] = HostTensor.FromFloats(tensor.Shape, values) });
        }

        return network;
    }
}
