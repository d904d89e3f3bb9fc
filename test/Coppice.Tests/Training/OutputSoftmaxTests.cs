using Coppice.Graph;
using Coppice.Training;

namespace Coppice.Tests.Training;

public sealed class OutputSoftmaxTests
{
    [Fact]
    public void Network_without_one_is_left_alone()
    {
        var network = ToyTask.Network();

        var softmax = OutputSoftmax.TakeOff(network);

        Assert.Same(network, softmax.Logits);
        Assert.Same(network, softmax.PutBack(network));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Softmax_over_classes_is_taken_off_and_put_back(int axis)
    {
        var network = EndingIn("Softmax", axis);

        var softmax = OutputSoftmax.TakeOff(network);

        Assert.Equal("Gemm", softmax.Logits.Nodes[^1].OperatorType);
        Assert.Equal(network.Nodes[^1].Inputs[0], softmax.Logits.Outputs.Single().Name);
        var whole = softmax.PutBack(softmax.Logits);
        Assert.Equal(network.Nodes.Select(node => node.Name), whole.Nodes.Select(node => node.Name));
        Assert.Same(network.Nodes[^1], whole.Nodes[^1]);
        Assert.Same(network.Outputs[0], whole.Outputs.Single());
    }

    /// <summary>Over the images of a batch it is no distribution over classes: the network means something else by it, and its outputs count as they are.</summary>
    [Fact]
    public void Softmax_over_images_stays()
    {
        var network = EndingIn("Softmax", axis: 0);

        Assert.Same(network, OutputSoftmax.TakeOff(network).Logits);
    }

    [Fact]
    public void Softmax_whose_input_is_read_elsewhere_stays()
    {
        var network = EndingIn("Softmax", axis: 1);
        string logits = network.Nodes[^1].Inputs[0];
        network = network.WithOutputs(network.Outputs, network.Nodes.Add(new("spy", "Relu", [logits], ["spied"], new NodeAttributes([]))));

        Assert.Same(network, OutputSoftmax.TakeOff(network).Logits);
    }

    [Fact]
    public void Sigmoid_is_refused() => Assert.Equal(
        "Cannot train 'toy': it ends in a sigmoid, as networks do that give an image several labels; classes must exclude each other here. Export it without the last Sigmoid if they do.",
        Assert.Throws<CoppiceException>(() => OutputSoftmax.TakeOff(EndingIn("Sigmoid", axis: null))).Message);

    private static Network EndingIn(string type, int? axis)
    {
        var network = ToyTask.Network();
        var attributes = new NodeAttributes([]);
        return network.WithOutputs(
            [network.Outputs[0] with { Name = "answer" }],
            network.Nodes.Add(new("last", type, [network.Outputs[0].Name], ["answer"], axis is { } value ? attributes.With("axis", value) : attributes)));
    }
}
