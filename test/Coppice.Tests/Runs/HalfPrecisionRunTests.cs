using Coppice.Graph;
using Coppice.Onnx;
using Coppice.Runs;
using Coppice.Tests.Training;

namespace Coppice.Tests.Runs;

public sealed class HalfPrecisionRunTests : CompressionRunCase
{
    /// <summary>Searched, repaired, fine-tuned, recalibrated and timed in half precision: every stage that changes a weight hands it back in the file's type.</summary>
    [Fact]
    public async Task Half_precision_network_comes_out_of_a_run_in_half_precision()
    {
        var network = Halved(ToyTask.Network());

        var report = await RunAsync(network, Options);

        var best = OnnxReader.Read(Folder.File("best.onnx"));
        Assert.Equal([ElementType.Float16], best.Parameters.Values.Select(parameter => parameter.Type).Distinct());
        Assert.Equal((ElementType.Float16, ElementType.Float16), (best.Inputs[0].Type, best.Outputs[0].Type));
        Assert.All(report.Checks, check => Assert.Equal(VerificationStatus.Passed, check.Status));
        Assert.NotEqual(network.Parameters["logits.bias"].Bytes.ToArray(), best.Parameters["logits.bias"].Bytes.ToArray());
    }

    private static Network Halved(Network network) => new(
        network.Name,
        [.. network.Inputs.Select(input => input with { Type = ElementType.Float16 })],
        [.. network.Outputs.Select(output => output with { Type = ElementType.Float16 })],
        network.Nodes,
        network.Parameters.Select(entry => KeyValuePair.Create(entry.Key, HostTensor.FromFloats(entry.Value.Shape, entry.Value.Floats(), ElementType.Float16))));
}
