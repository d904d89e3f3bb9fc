namespace Coppice.Cli;

/// <summary>Where the program writes. A value, so that tests run the whole program with texts in memory.</summary>
/// <param name="Output">Data: what a script reads.</param>
/// <param name="Error">Progress and messages: what a person reads.</param>
internal sealed record Terminal(TextWriter Output, TextWriter Error)
{
    /// <summary>Columns of what cannot be seen: files and pipes do not wrap.</summary>
    private const int Unlimited = 10_000;

    /// <summary>Whether a person watches <see cref="Output"/>.</summary>
    public bool IsOutputInteractive { get; init; }

    /// <summary>Whether a person watches <see cref="Error"/>, so that a line may be drawn again.</summary>
    public bool IsErrorInteractive { get; init; }

    /// <summary>Whether colours are wanted where a person watches (https://no-color.org).</summary>
    public bool UsesColor { get; init; }

    /// <summary>Columns of the terminal.</summary>
    public int Columns { get; init; } = Unlimited;

    /// <summary>Tells the time that plain progress lines are spaced by.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The terminal that the process was started from.</summary>
    public static Terminal OfProcess()
    {
        bool isWatched = !Console.IsOutputRedirected || !Console.IsErrorRedirected;
        return new(Console.Out, Console.Error)
        {
            IsOutputInteractive = !Console.IsOutputRedirected,
            IsErrorInteractive = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb",
            UsesColor = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
            Columns = isWatched && WindowColumns() is > 0 and { } columns ? columns : Unlimited,
        };
    }

    private static int WindowColumns()
    {
        try
        {
            return Console.WindowWidth;
        }
        catch (IOException)
        {
            return 0; // a terminal that does not tell
        }
    }
}
