using Coppice.Pruning;
using Coppice.Training;

namespace Coppice.Runs;

/// <summary>Is told how a run goes; a terminal shows it, a test records it, nobody has to listen.</summary>
public interface IRunObserver
{
    /// <summary>A new part of the run begins.</summary>
    /// <param name="text">What is being done, in a few words.</param>
    void Phase(string text);

    /// <summary>Listens to a training.</summary>
    /// <param name="title">What is trained.</param>
    IProgress<TrainingProgress> Training(string title);

    /// <summary>Listens to a search.</summary>
    /// <param name="title">Name of the method.</param>
    IProgress<PruningProgress> Search(string title);

    /// <summary>The run has failed, and its networks so far are written; the failure itself is thrown.</summary>
    /// <param name="remains">Which, and which could not be.</param>
    void Kept(RunRemains remains)
    {
    }
}

/// <summary>Listens to nothing.</summary>
public sealed class SilentObserver : IRunObserver
{
    /// <summary>The one instance.</summary>
    public static SilentObserver Instance { get; } = new();

    /// <inheritdoc/>
    public void Phase(string text)
    {
    }

    /// <inheritdoc/>
    public IProgress<TrainingProgress> Training(string title) => new ActionProgress<TrainingProgress>(_ => { });

    /// <inheritdoc/>
    public IProgress<PruningProgress> Search(string title) => new ActionProgress<PruningProgress>(_ => { });
}
