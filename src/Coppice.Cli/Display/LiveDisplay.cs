using Coppice.Cli.Output;
using Coppice.Pruning;
using Coppice.Training;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Coppice.Cli.Display;

/// <summary>Progress bars that are drawn again in place.</summary>
internal sealed class LiveDisplay : IProgressDisplay
{
    private readonly TaskCompletionSource<ProgressContext> _context = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IAnsiConsole _console;
    private readonly Task _drawing;

    public LiveDisplay(Terminal terminal)
        : this(Consoles.Create(terminal.Error, isInteractive: true, terminal))
    {
    }

    internal LiveDisplay(IAnsiConsole console)
    {
        _console = console;
        _drawing = console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new TimeLeftColumn())
            .StartAsync(context =>
            {
                _context.SetResult(context);
                return _end.Task;
            });
    }

    /// <summary>The console writes it above the bars, which it draws anew.</summary>
    public void Line(string text) => _console.WriteLine(text);

    public IProgress<TrainingProgress> Training(string title)
    {
        var lazy = Bar(title);
        return new ActionProgress<TrainingProgress>(progress =>
        {
            var bar = lazy.Value;
            bar.MaxValue((double)progress.Epochs * progress.Iterations);
            bar.Value(((double)progress.Epoch * progress.Iterations) + progress.Iteration);
            bar.State.Update<TimeSpan>(TimeLeftColumn.Key, _ => progress.Remaining);
            bar.Description = Markup.Escape($"{title}: {ProgressText.Of(progress)}");
        });
    }

    public IProgress<PruningProgress> Pruning(string title)
    {
        var lazy = Bar(title);
        return new ActionProgress<PruningProgress>(progress =>
        {
            var bar = lazy.Value;
            bar.MaxValue(Math.Max(1, progress.Total));
            bar.Value(progress.Done);
            bar.Description = Markup.Escape($"{title}: {ProgressText.Of(progress)}");
        });
    }

    public IProgress<(long Done, long Total)> Steps(string title)
    {
        var lazy = Bar(title);
        return new ActionProgress<(long Done, long Total)>(steps =>
        {
            var bar = lazy.Value;
            bar.MaxValue(Math.Max(1, steps.Total));
            bar.Value(steps.Done);
        });
    }

    public void Dispose()
    {
        _end.TrySetResult();
        _drawing.GetAwaiter().GetResult();
    }

    /// <summary>A bar that appears with its first report: a method without a search has none.</summary>
    private Lazy<ProgressTask> Bar(string title) => new(() => _context.Task.GetAwaiter().GetResult().AddTask(Markup.Escape(title)));

    /// <summary>Time left as the work itself estimates it.</summary>
    private sealed class TimeLeftColumn : ProgressColumn
    {
        public const string Key = "timeLeft";

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(task.State.Get<TimeSpan>(Key) is { Ticks: > 0 } left ? $"{Numbers.Duration(left)} left" : "");
    }
}
