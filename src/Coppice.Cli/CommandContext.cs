using System.CommandLine;
using Coppice.Cli.Display;
using Coppice.Cli.Options;
using Coppice.Cli.Output;
using Coppice.Tensors;

namespace Coppice.Cli;

/// <summary>What every verb is given besides its own settings: where to print, how much to say, what to compute on.</summary>
/// <param name="Terminal">Where the program writes.</param>
/// <param name="Verbosity">How much is said on standard error.</param>
/// <param name="Threads">Threads per operation; 0 for one per core.</param>
/// <param name="Jobs">Networks at a time, which share the threads; 0 for one per thread.</param>
/// <param name="Device">Where networks are trained and evaluated.</param>
internal sealed record CommandContext(Terminal Terminal, Verbosity Verbosity, int Threads, int Jobs, Device Device)
{
    /// <summary>Reads the options that all verbs take.</summary>
    public static CommandContext Of(ParseResult line, GlobalOptions options, Terminal terminal) =>
        new(terminal, options.Verbosity.Read(line), line.GetValue(options.Threads), line.GetValue(options.Jobs), line.GetValue(options.Device));

    /// <summary>Prints data on standard output.</summary>
    /// <param name="format">As a table for people or as JSON for programs.</param>
    /// <param name="data">The data; its property names in camelCase are the JSON's.</param>
    /// <param name="table">Writes the table.</param>
    public void Print<T>(OutputFormat format, T data, Action<T, TablePrinter> table)
    {
        if (format == OutputFormat.Json)
        {
            Terminal.Output.WriteLine(JsonOutput.Serialize(data));
        }
        else
        {
            table(data, new TablePrinter(Terminal));
        }
    }

    /// <summary>Says something on standard error, unless -v q.</summary>
    public void Say(string message, Verbosity from = Verbosity.Minimal)
    {
        if (Verbosity >= from)
        {
            Terminal.Error.WriteLine(message);
        }
    }

    /// <summary>Says on standard error that something is probably not what the user wants, unless -v q.</summary>
    public void Warn(string message) => Say($"warning: {message}");

    /// <summary>Says what went wrong, with all details under -v diag.</summary>
    public void Fail(string message, Exception fault)
    {
        Terminal.Error.WriteLine(fault is OperationCanceledException ? message : $"error: {message}");
        if (Verbosity == Verbosity.Diagnostic)
        {
            Terminal.Error.WriteLine(fault);
        }
    }

    /// <summary>Shows how long work goes on, in the way that suits the terminal. Dispose it when the work is over.</summary>
    public IProgressDisplay ShowProgress() => ProgressDisplay.Create(Terminal, Verbosity);

    /// <summary>Starts the thread that runs networks.</summary>
    /// <exception cref="CoppiceException">The device is not there.</exception>
    public async Task<ModelThread> StartModelThreadAsync(CancellationToken cancellation)
    {
        int threads = Threads > 0 ? Threads : Environment.ProcessorCount;
        var thread = new ModelThread(threads, jobs: Device.IsCuda ? 1 : Jobs > 0 ? Math.Min(Jobs, threads) : threads);
        try
        {
            bool isThere = !Device.IsCuda || await thread.RunAsync(() => TorchRuntime.HasCuda, cancellation);
            return isThere ? thread : throw new CoppiceException($"Cannot compute on '{Device}': this libtorch finds no CUDA device; use --device cpu, or set COPPICE_LIBTORCH to a CUDA build.");
        }
        catch
        {
            thread.Dispose();
            throw;
        }
    }
}
