using Coppice.Data;
using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Tensors;
using Coppice.Tests.Execution;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;
using Coppice.Training;

namespace Coppice.Tests.Training;

public sealed class BatchNormRecalibrationTests : LeakCheck
{
    /// <summary>Makes inputs equal to pixels.</summary>
    private static readonly Normalization Pixels = new([0f], [1 / 255f]);

    /// <summary>
    /// Two batches of two images of two pixels: 0, 2, 4, 6 with mean 3 and variance 20 / 4; 10, 10, 10, 14 with 11 and 12 / 4. Their means are 7 and 4;
    /// of what the network held before nothing is left.
    /// </summary>
    [Fact]
    public void Statistics_become_the_means_over_the_batches()
    {
        var network = Normalising();
        using var batches = Load([0, 2, 4, 6, 10, 10, 10, 14], batchSize: 2);

        var recalibrated = Apply(network, batches);

        Assert.Equal(7, recalibrated.Parameters["bn.mean"].Floats()[0], 1e-4);
        Assert.Equal(4, recalibrated.Parameters["bn.var"].Floats()[0], 1e-4);
        Assert.Equal(network.Parameters["bn.scale"].Floats().ToArray(), recalibrated.Parameters["bn.scale"].Floats().ToArray());
        Assert.Equal(network.Parameters["bn.shift"].Floats().ToArray(), recalibrated.Parameters["bn.shift"].Floats().ToArray());
    }

    /// <summary>A layer sees the activations of those before it as the batch normalises them: with one batch, evaluation then repeats what recalibration computed.</summary>
    [Fact]
    public void After_one_batch_the_network_evaluates_that_batch_as_if_by_its_own_statistics()
    {
        var network = ToyTask.Network();
        using var batches = TensorBatches.Load(ToyTask.Training(60), ToyTask.Normalization, 60, Device.Cpu);
        var images = batches.Batches[0].Images;

        float[][] evaluated = Executing.Run(Apply(network, batches), images);

        Executing.AssertClose(Executing.Run(network, images, new() { Mode = ExecutionMode.Recalibration }), evaluated, 1e-5);
        Assert.NotEqual(Executing.Run(network, images), evaluated);
    }

    [Fact]
    public void Network_without_batch_norm_is_returned_as_it_is()
    {
        var draw = new Draw(channels: 1, rows: 1, columns: 2);
        var network = draw.Build(draw.Conv("conv", "x", filters: 2));
        using var batches = Load([0, 2, 4, 6], batchSize: 2);

        Assert.Same(network, Apply(network, batches));
    }

    [Fact]
    public void Cancellation_stops_between_batches()
    {
        using var batches = Load([0, 2, 4, 6], batchSize: 2);

        Assert.Throws<OperationCanceledException>(() => BatchNormRecalibration.Apply(Normalising(), batches, Precision.Float32, Device.Cpu, new CancellationToken(canceled: true)));
    }

    private static Network Normalising()
    {
        var draw = new Draw(channels: 1, rows: 1, columns: 2);
        return draw.Build(draw.BatchNorm("bn", "x"));
    }

    private static Network Apply(Network network, TensorBatches batches) => BatchNormRecalibration.Apply(network, batches, Precision.Float32, Device.Cpu, CancellationToken.None);

    private static TensorBatches Load(byte[] pixels, int batchSize) =>
        TensorBatches.Load(DataSubset.All(new("pixels", pixels, new int[pixels.Length / 2], new(1, 1, 2), ["only"]), Split.Train), Pixels, batchSize, Device.Cpu);
}
