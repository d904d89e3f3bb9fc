using Coppice.Graph;
using Coppice.Graph.Execution;
using Coppice.Tensors;

namespace Coppice.Training;

/// <summary>
/// Remembers the epoch of highest accuracy on a set of images, the first of several. Only to repeat what many papers did: with test images, the accuracy so chosen is the best of several looks
/// and no estimate of anything. For one training.
/// </summary>
/// <param name="images">The images that choose.</param>
/// <param name="device">Where they are.</param>
/// <param name="cancellation">Stops between batches.</param>
public sealed class BestEpoch(TensorBatches images, Device device, CancellationToken cancellation) : ITrainingHook
{
    private double _accuracy = double.NegativeInfinity;

    /// <inheritdoc/>
    public string Settings => $"best epoch on {images.Count} images";

    /// <summary>The network after the best epoch so far; null before the first.</summary>
    public Network? Network { get; private set; }

    /// <inheritdoc/>
    public TrainingHookRun Begin(HookedTraining training) => new Run(this, training);

    private void Offer(Network network)
    {
        double accuracy = Classifier.Evaluate(network, images, Precision.Float32, device, cancellation).Accuracy;
        if (accuracy > _accuracy)
        {
            (_accuracy, Network) = (accuracy, network);
        }
    }

    private sealed class Run(BestEpoch owner, HookedTraining training) : TrainingHookRun
    {
        public override void AfterEpoch(int finished) => owner.Offer(training.Capture());
    }
}
