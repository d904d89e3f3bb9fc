namespace Coppice.Tests.Cli;

/// <summary>Plays a user who presses Ctrl+C when a text appears.</summary>
internal sealed class CancellingWriter : StringWriter
{
    private readonly CancellationTokenSource _source;
    private readonly string _text;

    public CancellingWriter(CancellationTokenSource source, string text) => (_source, _text, NewLine) = (source, text, "\n");

    /// <summary>Done before that.</summary>
    public Action Before { get; init; } = () => { };

    public override void WriteLine(string? value)
    {
        base.WriteLine(value);
        if (value?.Contains(_text, StringComparison.Ordinal) == true)
        {
            Before();
            _source.Cancel();
        }
    }
}
