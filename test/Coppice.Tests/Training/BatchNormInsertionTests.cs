using System.Collections.Immutable;
using Coppice.Data;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Pruning;
using Coppice.Pruning.Reconstruction;
using Coppice.Search;
using Coppice.Tensors;
using Coppice.Tests.Execution;
using Coppice.Tests.Graph;
using Coppice.Tests.Tensors;
using Coppice.Training;

namespace Coppice.Tests.Training;

/// <summary>Repairs of networks whose batch normalisations an exporter has folded away.</summary>
public sealed class BatchNormInsertionTests : LeakCheck
{
    private static readonly Network Folded = BatchNormFolding.Apply(Executing.WithTrainedStatistics(ToyTask.Network(normalised: true)));

    /// <summary>Two filters on one pixel each of four images, 0, 2, 4, 6: 2 x + 1 and −x, so means 7 and −3 and variances 20 and 5.</summary>
    [Fact]
    public void Statistics_are_those_of_what_the_layer_writes()
    {
        var draw = new Draw(channels: 1, rows: 1, columns: 1);
        var network = draw.Build(draw.Relu("relu", draw.Conv("conv", "x", filters: 2, bias: true))).WithParameters(new Dictionary<string, HostTensor>
        {
            ["conv.weight"] = HostTensor.FromFloats(new(2, 1, 1, 1), [2, -1]),
            ["conv.bias"] = HostTensor.FromFloats(new(2), [1, 0]),
        });
        using var images = Load([0, 2, 4, 6]);

        var inserted = BatchNormInsertion.Apply(network, images, Device.Cpu, CancellationToken.None);

        var norm = inserted.Nodes.Single(node => node.OperatorType == "BatchNormalization");
        Assert.Equal([7f, -3f], inserted.Parameters[norm.Inputs[3]].Floats().ToArray());
        Assert.Equal([20f, 5f], inserted.Parameters[norm.Inputs[4]].Floats().ToArray());
        Assert.Equal([7f, -3f], inserted.Parameters[norm.Inputs[2]].Floats().ToArray());
        Assert.Equal(Math.Sqrt(20), inserted.Parameters[norm.Inputs[1]].Floats()[0], 1e-4);
    }

    [Fact]
    public void Inserted_and_removed_it_changes_neither_outputs_nor_nodes()
    {
        using var batches = Images();
        var images = batches.Batches[0].Images;

        var inserted = BatchNormInsertion.Apply(Folded, batches, Device.Cpu, CancellationToken.None);
        var removed = BatchNormInsertion.Remove(inserted);

        Assert.True(BatchNormInsertion.IsCalledFor(Folded));
        Assert.False(BatchNormInsertion.IsCalledFor(inserted));
        Executing.AssertClose(Executing.Run(Folded, images), Executing.Run(inserted, images), 1e-5);
        Executing.AssertClose(Executing.Run(Folded, images), Executing.Run(removed, images), 1e-5);
        Assert.Equal(Folded.Nodes.Select(node => $"{node} {string.Join(' ', node.Inputs)} {node.Outputs[0]}"), removed.Nodes.Select(node => $"{node} {string.Join(' ', node.Inputs)} {node.Outputs[0]}"));
        Assert.Equal(Folded.Parameters.Keys, removed.Parameters.Keys);
    }

    /// <summary>A file in half precision stays one: 16-bit weights beside 32-bit ones would be no valid network.</summary>
    [Fact]
    public void Weights_keep_their_element_type()
    {
        var half = Folded.WithParameters(Folded.Parameters.Where(entry => entry.Value.Type == ElementType.Float32)
            .ToDictionary(entry => entry.Key, entry => HostTensor.FromFloats(entry.Value.Shape, entry.Value.Floats(), ElementType.Float16)));
        using var batches = Images();

        var removed = BatchNormInsertion.Remove(BatchNormInsertion.Apply(half, batches, Device.Cpu, CancellationToken.None));

        Assert.Equal(half.Parameters.Select(entry => (entry.Key, entry.Value.Type)), removed.Parameters.Select(entry => (entry.Key, entry.Value.Type)));
    }

    /// <summary>130 images in batches of 128: the last two are left out; 20 are one batch.</summary>
    [Fact]
    public void Drawn_batches_are_full()
    {
        using var many = TensorBatches.Draw(ToyTask.Training(130), ToyTask.Normalization, 130, 128, 1, Device.Cpu);
        using var few = TensorBatches.Draw(ToyTask.Training(130), ToyTask.Normalization, 20, 128, 1, Device.Cpu);

        Assert.Equal([128], many.Batches.Select(batch => batch.Labels.Length));
        Assert.Equal([20], few.Batches.Select(batch => batch.Labels.Length));
    }

    /// <summary>What a cut does to a folded network and its repair undoes: the second layer writes other means and variances than before.</summary>
    [Theory]
    [InlineData(RepairKinds.None, false, false)]
    [InlineData(RepairKinds.Bias, true, false)]
    [InlineData(RepairKinds.BatchNorm, true, true)]
    public void Repair_brings_back_what_it_says(RepairKinds kinds, bool means, bool variances)
    {
        using var batches = Images();
        var (space, plan) = Halved();

        var repaired = CutRepair.Apply(space, plan, kinds, batches, Device.Cpu, CancellationToken.None);

        var kept = ChannelProvenance.Of(space.Units, plan);
        var before = Measure(Folded, batches);
        foreach (var after in Measure(repaired, batches))
        {
            var whole = before.Single(measured => measured.Layer.Name == after.Layer.Name);
            double[] deviations = [.. kept[after.Layer.Outputs[0]].Select(channel => Math.Sqrt(whole.Variance[channel]))];
            double[] shifts = [.. kept[after.Layer.Outputs[0]].Select((channel, i) => Math.Abs(after.Mean[i] - whole.Mean[channel]) / deviations[i])];
            double[] stretches = [.. deviations.Select((deviation, i) => Math.Abs((Math.Sqrt(after.Variance[i]) / deviation) - 1))];
            bool isFirst = after.Layer == repaired.Nodes.First(node => node.OperatorType == "Conv");
            Assert.Equal(means || isFirst, shifts.Max() < 0.02);
            Assert.Equal(variances || isFirst, stretches.Max() < 0.02);
        }

        Assert.Equal(Pruner.Apply(space.Units, plan).Nodes.Select(node => node.ToString()), repaired.Nodes.Select(node => node.ToString()));
    }

    /// <summary>Least squares needs no batch normalisation, and is kept by the repair after it. (Right means and variances alone say nothing of single images.)</summary>
    [Fact]
    public void Combined_repairs_come_nearer_to_the_whole_network_than_the_cut_alone()
    {
        using var batches = Images();
        var (space, plan) = Halved();
        float[] whole = Executing.Run(Folded, batches.Batches[0].Images)[0];
        double Distance(RepairKinds kinds) =>
            Executing.Run(CutRepair.Apply(space, plan, kinds, batches, Device.Cpu, CancellationToken.None), batches.Batches[0].Images)[0].Zip(whole, (a, b) => Math.Pow(a - b, 2)).Sum();

        double cut = Distance(RepairKinds.None);

        Assert.True(Distance(RepairKinds.LeastSquares) < 0.5 * cut);
        Assert.True(Distance(RepairKinds.LeastSquares | RepairKinds.BatchNorm) < 0.5 * cut);
    }

    private static (PruningSpace Space, PruningPlan Plan) Halved()
    {
        var space = PruningSpace.Create(ChannelUnits.Analyze(Folded), GroupScope.All);
        return (space, space.ToPlan(new BitGenome([.. space.Groups.Select(group => BitString.FromIndices(group.Size, [.. Enumerable.Range(0, group.Size / 2)]))])));
    }

    private static ImmutableArray<LayerStatistics> Measure(Network network, TensorBatches batches) =>
        LayerStatistics.Measure(network, LayerStatistics.Layers(network), batches, Device.Cpu, CancellationToken.None);

    private static TensorBatches Images() => TensorBatches.Load(ToyTask.Training(128), ToyTask.Normalization, 128, Device.Cpu);

    private static TensorBatches Load(byte[] pixels) => TensorBatches.Load(
        DataSubset.All(new("pixels", pixels, new int[pixels.Length], new(1, 1, 1), ["only"]), Split.Train), new([0f], [1 / 255f]), pixels.Length, Device.Cpu);
}
