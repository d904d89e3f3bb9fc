using Coppice.Pruning;
using Coppice.Training;

namespace Coppice.Cli.Display;

/// <summary>Shows nothing.</summary>
internal sealed class SilentDisplay : IProgressDisplay
{
    public void Line(string text)
    {
    }

    public IProgress<TrainingProgress> Training(string title) => new ActionProgress<TrainingProgress>(_ => { });

    public IProgress<PruningProgress> Pruning(string title) => new ActionProgress<PruningProgress>(_ => { });

    public IProgress<(long Done, long Total)> Steps(string title) => new ActionProgress<(long, long)>(_ => { });

    public void Dispose()
    {
    }
}
