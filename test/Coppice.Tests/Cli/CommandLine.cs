using Coppice.Cli;

namespace Coppice.Tests.Cli;

/// <summary>What a command line printed and returned.</summary>
internal sealed record CommandLineResult(int Code, string Output, string Error);

/// <summary>Runs the whole program in this process, with texts in memory instead of a terminal.</summary>
internal static class CommandLine
{
    public static Task<CommandLineResult> RunAsync(params string[] arguments) => RunAsync(arguments, new StringWriter { NewLine = "\n" }, CancellationToken.None);

    public static async Task<CommandLineResult> RunAsync(string[] arguments, StringWriter error, CancellationToken cancellation, CommandTable? table = null)
    {
        var output = new StringWriter { NewLine = "\n" };
        int code = await new Application(new Terminal(output, error), table).RunAsync(arguments, cancellation);
        return new(code, output.ToString(), error.ToString());
    }
}
