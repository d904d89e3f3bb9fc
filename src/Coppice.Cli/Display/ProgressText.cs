using Coppice.Cli.Output;
using Coppice.Pruning;
using Coppice.Training;

namespace Coppice.Cli.Display;

/// <summary>The words of a progress report, the same in the live display and in a log.</summary>
internal static class ProgressText
{
    public static string Of(TrainingProgress progress) =>
        $"epoch {progress.Epoch + 1}/{progress.Epochs}, loss {Numbers.Fixed(progress.Loss, 4)}, {Numbers.Count((long)progress.ImagesPerSecond)} images/s";

    public static string Of(PruningProgress progress) => $"{progress.Phase}, {Numbers.Count(progress.Evaluations)} evaluations";
}
