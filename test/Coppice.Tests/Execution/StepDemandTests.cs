using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Tensors;
using Coppice.Tests.Graph;
using Coppice.Tests.Pruning;
using Coppice.Tests.Tensors;
using FsCheck.Xunit;

namespace Coppice.Tests.Execution;

/// <summary>A program that is asked for some of its outputs: the bits of those, whatever was asked for before, and no step that they do not need.</summary>
[Properties(Arbitrary = [typeof(NetworkChoices)], Replay = "161803398874989484,82045868343656381")]
public sealed class StepDemandTests : LeakCheck
{
    [Property(MaxTest = 60)]
    public void Some_outputs_are_the_bits_of_all(int[] choices, int seed)
    {
        using var scope = new TensorScope();
        var rng = new Random(seed);
        var network = NetworkGenerator.FromChoices(choices);
        string[] values = [.. network.Nodes.SelectMany(node => node.Outputs).Where(output => output.Length > 0).Order().Where(_ => rng.Next(4) == 0).Take(4)];
        network = network.WithOutputs([.. network.Outputs, .. values.Except(network.Outputs.Select(output => output.Name)).Select(value => network.Outputs[0] with { Name = value, Dimensions = default })], network.Nodes);
        var images = Executing.Images(network, count: 3);
        using var program = NetworkProgram.Compile(network, new());

        float[][] all = [.. program.RunAll(images).Select(output => output.ToArray<float>())];

        for (int round = 0; round < 3; round++)
        {
            int[] wanted = [.. Enumerable.Range(0, all.Length).Where(_ => rng.Next(2) == 0)];
            Assert.Equal(wanted.Select(output => all[output]), program.RunSome(images, wanted, CancellationToken.None).Select(output => output.ToArray<float>()));
        }
    }

    /// <summary>Two branches behind a stem: for one of them the stem and that branch.</summary>
    [Fact]
    public void Steps_of_other_outputs_are_left_out()
    {
        Node Relu(string name, string input) => new(name, "Relu", [input], [name], NodeAttributes.None);
        NetworkValue Value(string name) => new(name, ElementType.Float32, [Dimension.Batch, 2, 4, 4]);
        var network = new Network("two", [Value("input")], [Value("left"), Value("right2")], [Relu("stem", "input"), Relu("left", "stem"), Relu("right", "stem"), Relu("right2", "right")], []);
        var steps = ProgramCompiler.Compile(network, ExecutionMode.Evaluation);

        var demand = new StepDemand(network, steps);

        Assert.Equal([true, true, false, false], demand.StepsFor([0]));
        Assert.Equal([true, false, true, true], demand.StepsFor([1]));
        Assert.Equal([true, true, true, true], demand.StepsFor([1, 0]));
        Assert.Equal([false, false, false, false], demand.StepsFor([]));
    }
}
