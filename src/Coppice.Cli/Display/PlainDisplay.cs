using Coppice.Cli.Output;
using Coppice.Pruning;
using Coppice.Training;

namespace Coppice.Cli.Display;

/// <summary>Progress as lines in a log: one at the end of each epoch or phase, and one now and then in between.</summary>
internal sealed class PlainDisplay(TextWriter writer, TimeProvider clock) : IProgressDisplay
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private long _lastLine = clock.GetTimestamp();

    public void Line(string text) => Write(always: true, () => text);

    public IProgress<TrainingProgress> Training(string title) => new ActionProgress<TrainingProgress>(progress => Write(
        progress.IsEndOfEpoch,
        () => $"{title}: {ProgressText.Of(progress)}, iteration {progress.Iteration}/{progress.Iterations}, {Numbers.Duration(progress.Remaining)} left"));

    public IProgress<PruningProgress> Pruning(string title)
    {
        string phase = "";
        return new ActionProgress<PruningProgress>(progress =>
        {
            bool isNew = Interlocked.Exchange(ref phase, progress.Phase) != progress.Phase;
            Write(isNew, () => $"{title}: {ProgressText.Of(progress)}, {progress.Done}/{progress.Total} of this batch");
        });
    }

    public IProgress<(long Done, long Total)> Steps(string title)
    {
        long lastTenth = 0;
        return new ActionProgress<(long Done, long Total)>(steps =>
        {
            long tenth = steps.Done * 10 / Math.Max(1, steps.Total);
            bool isNew = Interlocked.Exchange(ref lastTenth, tenth) != tenth;
            Write(isNew, () => $"{title}: {Numbers.Count(steps.Done)} of {Numbers.Count(steps.Total)}");
        });
    }

    public void Dispose()
    {
    }

    private void Write(bool always, Func<string> line)
    {
        lock (_gate)
        {
            if (always || clock.GetElapsedTime(_lastLine) >= Interval)
            {
                writer.WriteLine(line());
                _lastLine = clock.GetTimestamp();
            }
        }
    }
}
