using Coppice.Graph;
using Coppice.Tests.Pruning;
using FsCheck.Xunit;

namespace Coppice.Tests.Graph;

public class NetworkOrderTests
{
    /// <summary>Ready at first are "a" and "d"; of what is ready the first of the given order comes next.</summary>
    [Fact]
    public void Nodes_are_put_in_order_and_ties_keep_the_given_one()
    {
        var network = Of(["c"], Relu("c", "b"), Relu("b", "a"), Relu("a", "x"), Relu("d", "x"));

        Assert.Equal(["a", "b", "c", "d"], network.Nodes.Select(node => node.Name));
    }

    [Fact]
    public void An_order_that_can_be_executed_is_kept()
    {
        var network = Of(["c"], Relu("d", "x"), Relu("a", "x"), Relu("c", "a"), Relu("b", "a"));

        Assert.Equal(["d", "a", "c", "b"], network.Nodes.Select(node => node.Name));
    }

    [Theory]
    [InlineData("a<b b<a", "a", "Cannot order the graph: Relu 'a' is part of a cycle; an ONNX graph must have none.")]
    [InlineData("a<nowhere", "a", "Cannot use the graph: Relu 'a' reads 'nowhere', which no input, parameter or node defines.")]
    [InlineData("x<x", "x", "Cannot use the graph: Relu 'x' writes 'x', which is defined already; value names must be unique.")]
    [InlineData("a<x", "b", "Cannot use the graph: its output 'b' is written by no node.")]
    public void What_is_no_graph_is_refused(string nodes, string output, string message)
    {
        Node[] parsed = [.. nodes.Split(' ').Select(node => node.Split('<')).Select(pair => Relu(pair[0], pair[1]))];

        Assert.Equal(message, Assert.Throws<UnsupportedModelException>(() => Of([output], parsed)).Message);
    }

    [Fact]
    public void Value_that_two_nodes_write_is_refused()
    {
        Node other = new("second", "Relu", ["x"], ["a"], NodeAttributes.None);

        var fault = Assert.Throws<UnsupportedModelException>(() => Of(["a"], Relu("a", "x"), other));

        Assert.Equal("Cannot use the graph: Relu 'second' writes 'a', which is defined already; value names must be unique.", fault.Message);
    }

    [Property(MaxTest = 60, Arbitrary = [typeof(NetworkChoices)], Replay = "577215664901532860,60651209008240243")]
    public void Shuffled_nodes_are_sorted_and_the_index_is_its_plain_twin(int[] choices, int seed)
    {
        var sorted = NetworkGenerator.FromChoices(choices);
        Node[] nodes = [.. sorted.Nodes];
        new Random(seed).Shuffle(nodes);

        var network = sorted.With([.. nodes], sorted.Parameters);

        HashSet<string> known = [.. network.Inputs.Select(input => input.Name), .. network.Parameters.Keys];
        foreach (var node in network.Nodes)
        {
            Assert.All(node.Reads, value => Assert.Contains(value, known));
            known.UnionWith(node.Outputs);
        }

        Assert.All(known, value =>
        {
            Assert.Equal(network.Nodes.SelectMany(node => node.Inputs.Where(input => input == value).Select(_ => node)), network.Index.Consumers(value).AsEnumerable());
            Assert.Equal(network.Nodes.SingleOrDefault(node => node.Outputs.Contains(value)), network.Index.Producer(value));
        });
        Assert.Equal(sorted.Nodes.Length, network.Nodes.Length);
    }

    /// <summary>With an input left out, and one that a graph inside the node reads by name.</summary>
    [Fact]
    public void Index_counts_captured_inputs_and_no_omitted_ones()
    {
        Node choose = new("choose", "If", ["x", "", "x"], ["y", ""], NodeAttributes.None) { CapturedInputs = ["x"] };

        var index = Of(["y"], choose).Index;

        Assert.Equal(3, index.Consumers("x").Length);
        Assert.Empty(index.Consumers(""));
        Assert.Null(index.Producer(""));
    }

    private static Node Relu(string name, string input) => new(name, "Relu", [input], [name], NodeAttributes.None);

    private static Network Of(string[] outputs, params Node[] nodes) =>
        new("small", [Value("x")], [.. outputs.Select(Value)], [.. nodes], []);

    private static NetworkValue Value(string name) => new(name, ElementType.Float32, [Dimension.Batch, 1, 2, 2]);
}
