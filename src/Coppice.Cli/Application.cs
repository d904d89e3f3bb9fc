using System.CommandLine;
using System.CommandLine.Invocation;
using Coppice.Tensors;
using Coppice.Tensors.OnnxRuntime;

namespace Coppice.Cli;

/// <summary>The program: reads the command line, runs the verb, turns whatever happens into an exit code and at most one line for the user.</summary>
/// <param name="terminal">Where the program writes.</param>
/// <param name="table">The verbs; null for all there are.</param>
internal sealed class Application(Terminal terminal, CommandTable? table = null)
{
    private readonly CommandTable _table = table ?? new();

    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">What follows the program's name.</param>
    /// <param name="cancellation">Cancelled by Ctrl+C.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var line = _table.Root.Parse(arguments);
        if (line.Action is ParseErrorAction)
        {
            UsageErrors.Write(line, terminal);
            return ExitCode.Usage;
        }

        if (line.Action is not null)
        {
            return await line.InvokeAsync(new InvocationConfiguration { Output = terminal.Output, Error = terminal.Error }, cancellation);
        }

        var context = CommandContext.Of(line, _table.Globals, terminal);
        try
        {
            return await ((CliCommand)line.CommandResult.Command).RunAsync(line, context, cancellation);
        }
        catch (Exception fault)
        {
            return Report(fault, context, cancellation);
        }
    }

    private static int Report(Exception fault, CommandContext context, CancellationToken cancellation)
    {
        var (code, text) = fault switch
        {
            OperationCanceledException when cancellation.IsCancellationRequested => (ExitCode.Cancelled, fault is CommandCancelledException ? fault.Message : "cancelled."),
            UnsupportedModelException => (ExitCode.UnsupportedModel, fault.Message),
            InfeasibleTargetException => (ExitCode.Infeasible, fault.Message),
            VerificationFailedException => (ExitCode.VerificationFailed, fault.Message),
            CoppiceException or NativeLibraryMissingException => (ExitCode.Usage, fault.Message),
            OnnxRuntimeException { Error: OnnxRuntimeError.None } => (ExitCode.Usage, fault.Message),
            OnnxRuntimeException => (ExitCode.UnsupportedModel, fault.Message),
            _ => (ExitCode.Unexpected, $"{fault.GetType().Name}: {fault.Message.ReplaceLineEndings(" ")} This is a defect of {CommandTable.ProgramName}; run the command again with -v diag and report what it prints."),
        };
        context.Fail(text, fault);
        return code;
    }
}
