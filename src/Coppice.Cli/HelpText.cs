using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Coppice.Cli;

/// <summary>Help pages: what a verb is for, how it is typed, every option with unit, range and default; then lines to copy.</summary>
internal sealed class HelpText : SynchronousCommandLineAction
{
    private static readonly string[] FirstSteps =
    [
        "coppice train resnet20 --data fashion-mnist -o resnet20.onnx",
        "coppice prune resnet20.onnx --method l1 --max-macs 50% -o small.onnx",
    ];

    /// <summary>The same width everywhere, so that pages can be compared and quoted.</summary>
    private readonly HelpAction _page = new() { MaxWidth = 120 };

    /// <summary>Help is given whatever else is wrong with the command line.</summary>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        _page.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (string example in parseResult.CommandResult.Command is CliCommand command ? [.. command.Examples] : FirstSteps)
        {
            output.WriteLine($"  {example}");
        }

        return ExitCode.Success;
    }
}
