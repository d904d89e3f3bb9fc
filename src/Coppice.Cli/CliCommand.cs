using System.Collections.Immutable;
using System.CommandLine;

namespace Coppice.Cli;

/// <summary>A verb of the command line. A new one is a class beside the others in <c>Commands</c> and a line in <see cref="CommandTable"/>.</summary>
internal abstract class CliCommand : Command
{
    private protected CliCommand(string name, string summary, params ReadOnlySpan<string> examples)
        : base(name, summary) => Examples = [.. examples];

    /// <summary>Command lines that help shows, each as a user would type it.</summary>
    public ImmutableArray<string> Examples { get; }

    /// <summary>Does what the command line asks for.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public abstract Task<int> RunAsync(ParseResult line, CommandContext context, CancellationToken cancellation);

    /// <summary>Declares arguments and options, in the order in which help lists them.</summary>
    protected void Declare(params ReadOnlySpan<Symbol> symbols)
    {
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                argument.Validators.Add(UsageErrors.RefuseOptions);
                Add(argument);
            }
            else
            {
                Add((Option)symbol);
            }
        }
    }
}

/// <summary>A verb whose arguments and options are read into a record first.</summary>
/// <typeparam name="TSettings">What the user chose.</typeparam>
internal abstract class CliCommand<TSettings>(string name, string summary, params ReadOnlySpan<string> examples) : CliCommand(name, summary, examples)
{
    /// <inheritdoc/>
    public sealed override Task<int> RunAsync(ParseResult line, CommandContext context, CancellationToken cancellation) =>
        RunAsync(Read(line), context, cancellation);

    /// <summary>Reads what the user chose.</summary>
    protected abstract TSettings Read(ParseResult line);

    /// <summary>Does it.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    protected abstract Task<int> RunAsync(TSettings settings, CommandContext context, CancellationToken cancellation);
}
