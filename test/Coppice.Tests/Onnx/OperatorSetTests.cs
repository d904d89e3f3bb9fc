using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Runs;
using Coppice.Tests.Oracles;
using Coppice.Tests.Tensors;

namespace Coppice.Tests.Onnx;

/// <summary>
/// One small network in the forms of each operator set that the reference implementation knows: bounds, pads, ranges and ratios as attributes first and as inputs later, parameters declared
/// as inputs in the oldest format, normalisation with <c>spatial</c>.
/// </summary>
public sealed class OperatorSetTests : LeakCheck
{
    [Fact]
    public void Network_of_every_operator_set_is_read_cut_and_verified()
    {
        using var folder = new TemporaryFolder();
        int[] operatorSets = OnnxFiles.WriteOpsets(folder.FullName);

        Assert.Equal(Enumerable.Range(7, 11), operatorSets.Take(11));
        Assert.All(operatorSets, operatorSet =>
        {
            var network = OnnxReader.Read(folder.File($"opset{operatorSet}.onnx"));
            var units = ChannelUnits.Analyze(network);
            var plan = new PruningPlan(
                network.Name,
                [.. units.PrunableGroups.Select(group => new GroupPlan(group.Name, group.Size, [.. Enumerable.Range(0, group.Size).Where(channel => channel % 2 == 0)]))]);
            OnnxWriter.Write(Pruner.Apply(units, plan), folder.File("cut.onnx"));

            var result = Verification.Run(network, plan, folder.File("cut.onnx"), new() { Samples = 4 }, default);

            Assert.Equal((operatorSet, 3), (network.OperatorSet, plan.Groups.Length));
            Assert.Equal("Softmax", Assert.Single(units.Barriers).Node.OperatorType);
            Assert.Equal(["masked-sliced", "masked-sliced-onnxruntime", "engines", "file-engines", "file-structure", "whole-network"], result.Checks.Where(check => check.Status == VerificationStatus.Passed).Select(check => check.Name));
            OnnxOracle.AssertValidFile(folder.File("cut.onnx"));
        });
    }

    [Fact]
    public void Oldest_format_declares_its_parameters_again()
    {
        using var folder = new TemporaryFolder();
        OnnxFiles.WriteOpsets(folder.FullName);

        var network = OnnxReader.Read(folder.File("opset7.onnx"));

        Assert.Equal("x", Assert.Single(network.Inputs).Name);
        Assert.Equal(OnnxFiles.Tensors(folder.File("opset7.onnx")), Rewritten(network, folder));
    }

    private static string[] Rewritten(Network network, TemporaryFolder folder)
    {
        OnnxWriter.Write(network, folder.File("again.onnx"));
        return OnnxFiles.Tensors(folder.File("again.onnx"));
    }
}
