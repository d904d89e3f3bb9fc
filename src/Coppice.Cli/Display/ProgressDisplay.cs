namespace Coppice.Cli.Display;

/// <summary>Chooses how progress is shown.</summary>
internal static class ProgressDisplay
{
    /// <summary>A live display where a person watches, lines in a log otherwise, nothing where none is wanted.</summary>
    public static IProgressDisplay Create(Terminal terminal, Verbosity verbosity)
    {
        if (verbosity < Verbosity.Normal)
        {
            return new SilentDisplay();
        }

        return terminal.IsErrorInteractive ? new LiveDisplay(terminal) : new PlainDisplay(terminal.Error, terminal.Clock);
    }
}
