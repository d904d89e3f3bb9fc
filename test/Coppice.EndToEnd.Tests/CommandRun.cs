using System.Diagnostics;

namespace Coppice.EndToEnd.Tests;

/// <summary>A program that ran to its end, as its user would have run it.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="Error">What it wrote to standard error.</param>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    public static async Task<CommandRun> CoppiceAsync(params string[] arguments) => await EndAsync(Start(Checkout.Program, arguments));

    public static async Task<CommandRun> NodeAsync(string script, params string[] arguments) =>
        await EndAsync(Start("node", [Checkout.Script(script), .. arguments]));

    /// <summary>Starts the program; its output must be read to its end with <see cref="EndAsync"/>.</summary>
    public static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["NODE_PATH"] = Checkout.NodeModules;
        return Process.Start(start)!;
    }

    public static async Task<CommandRun> EndAsync(Process process)
    {
        using var limit = new CancellationTokenSource(Limit);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return new(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            process.Dispose();
        }
    }

    /// <summary>Asserts the exit code; on failure the message shows what the program said.</summary>
    public CommandRun Exits(int code)
    {
        Assert.True(ExitCode == code, $"expected exit code {code}, got {ExitCode}\n--- stdout\n{Output}\n--- stderr\n{Error}");
        return this;
    }
}
