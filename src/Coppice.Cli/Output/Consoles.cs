using Spectre.Console;

namespace Coppice.Cli.Output;

/// <summary>Sets up Spectre.Console for a text writer of ours instead of the process's.</summary>
internal static class Consoles
{
    /// <summary>A console that draws on a writer.</summary>
    /// <param name="writer">Where to draw.</param>
    /// <param name="isInteractive">Whether a person watches, so that escape sequences make sense.</param>
    /// <param name="terminal">Its width and whether colours are wanted.</param>
    public static IAnsiConsole Create(TextWriter writer, bool isInteractive, Terminal terminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isInteractive ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = isInteractive && terminal.UsesColor ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isInteractive ? InteractionSupport.Yes : InteractionSupport.No,
        });
        console.Profile.Width = terminal.Columns;
        return console;
    }
}
