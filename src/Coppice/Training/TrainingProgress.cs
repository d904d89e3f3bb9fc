namespace Coppice.Training;

/// <summary>Where a training stands.</summary>
/// <param name="Epoch">Epochs finished.</param>
/// <param name="Epochs">Epochs in all.</param>
/// <param name="Iteration">Iterations finished within the present epoch.</param>
/// <param name="Iterations">Iterations of an epoch.</param>
/// <param name="Loss">Mean training loss of the present epoch so far.</param>
/// <param name="LearningRate">Present learning rate.</param>
/// <param name="ImagesPerSecond">Images trained on per second, since the start of this process.</param>
/// <param name="Remaining">Estimated time of training to the end; where trainings take turns, without the time that it waits for the others.</param>
public sealed record TrainingProgress(
    int Epoch, int Epochs, int Iteration, int Iterations, double Loss, double LearningRate, double ImagesPerSecond, TimeSpan Remaining)
{
    /// <summary>Whether an epoch has just ended.</summary>
    public bool IsEndOfEpoch => Iteration == Iterations;
}
