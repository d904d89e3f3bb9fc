using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Graph.Execution;
using Coppice.Tensors;
using Coppice.Training;

namespace Coppice.Pruning.Reconstruction;

/// <summary>What can be done for a cut network without labels and without training; several may be combined, and are then done in this order.</summary>
[Flags]
public enum RepairKinds
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Weights that read what stays take over what went: <see cref="NetworkRepair"/>.</summary>
    LeastSquares = 1,

    /// <summary>Means of what layers write are restored by their biases: <see cref="BiasCorrection"/>. Layers with batch normalisation have no need of it.</summary>
    Bias = 2,

    /// <summary>Statistics of batch normalisations are estimated anew; where the network has none, they are put in for the purpose and folded again: <see cref="BatchNormInsertion"/>.</summary>
    BatchNorm = 4,
}

/// <summary>Repairs a finished cut on unlabelled images.</summary>
public static class CutRepair
{
    /// <summary>Cuts a network and repairs what is left; call it on a <see cref="ModelThread"/>.</summary>
    /// <param name="space">What could be cut.</param>
    /// <param name="plan">What is cut.</param>
    /// <param name="kinds">How to repair.</param>
    /// <param name="images">Calibration images, without augmentation; 64 or more in a batch, as variances are those within a batch.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>A network with the nodes of the cut one.</returns>
    public static Network Apply(PruningSpace space, PruningPlan plan, RepairKinds kinds, TensorBatches images, Device device, CancellationToken cancellation)
    {
        var units = plan.UnitsFor(space.Units);
        var network = kinds.HasFlag(RepairKinds.LeastSquares)
            ? NetworkRepair.Measure(space, images, new(), device, cancellation).Cut(space.ToGenome(plan))
            : Pruner.Apply(units, plan);
        if (kinds.HasFlag(RepairKinds.Bias))
        {
            network = BiasCorrection.Apply(units.Network, network, ChannelProvenance.Of(units, plan), images, device, cancellation);
        }

        return kinds.HasFlag(RepairKinds.BatchNorm) ? Recalibrated(units.Network, network, plan, images, device, cancellation) : network;
    }

    private static Network Recalibrated(Network original, Network pruned, PruningPlan plan, TensorBatches images, Device device, CancellationToken cancellation)
    {
        if (!BatchNormInsertion.IsCalledFor(original))
        {
            return BatchNormRecalibration.Apply(pruned, images, Precision.Float32, device, cancellation);
        }

        var shapes = original.Inputs.ToDictionary(input => input.Name, _ => new TensorShape([1, .. images.Batches[0].Images.Shape[1..]]));
        var inserted = BatchNormInsertion.Apply(original, images, device, cancellation);
        var cut = Pruner.Apply(ChannelUnits.Analyze(inserted, shapes, plan.Selections), plan).WithParameters(pruned.Parameters);
        return BatchNormInsertion.Remove(BatchNormRecalibration.Apply(cut, images, Precision.Float32, device, cancellation));
    }
}
