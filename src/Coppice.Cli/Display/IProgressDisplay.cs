using Coppice.Pruning;
using Coppice.Training;

namespace Coppice.Cli.Display;

/// <summary>Shows on standard error how long work goes on. Reports may come from any thread.</summary>
internal interface IProgressDisplay : IDisposable
{
    /// <summary>Shows a line of text that stays.</summary>
    void Line(string text);

    /// <summary>Shows a training.</summary>
    /// <param name="title">What is being trained, in a word or two.</param>
    IProgress<TrainingProgress> Training(string title);

    /// <summary>Shows a search.</summary>
    /// <param name="title">What is being searched, in a word or two.</param>
    IProgress<PruningProgress> Pruning(string title);

    /// <summary>Shows work that consists of counted steps.</summary>
    /// <param name="title">What is being done, in a word or two.</param>
    /// <returns>Takes steps done and steps in all.</returns>
    IProgress<(long Done, long Total)> Steps(string title);
}
