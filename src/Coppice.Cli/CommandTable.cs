using System.CommandLine;
using System.CommandLine.Help;
using Coppice.Cli.Commands;
using Coppice.Cli.Options;

namespace Coppice.Cli;

/// <summary>The verbs and the options that all of them take. A new verb is a class beside the others and a line here.</summary>
internal sealed class CommandTable
{
    /// <summary>Name of the program, as users type it.</summary>
    public const string ProgramName = "coppice";

    private const string Purpose = "Makes trained convolutional networks smaller and faster: ONNX in, smaller ONNX out, with proof.";

    public CommandTable()
    {
        foreach (var option in Globals.All)
        {
            Root.Add(option);
        }

        Root.Add(new HelpOption { Action = new HelpText(), Description = "Show this page." });
        Root.Add(new VersionOption { Action = new PrintVersion(), Description = "Print the version." });
    }

    /// <summary>The program. A plain command rather than a <see cref="RootCommand"/>, whose name would be that of the assembly.</summary>
    public Command Root { get; } = new(ProgramName, Purpose)
    {
        new TrainCommand(),
        new FinetuneCommand(),
        new InspectCommand(),
        new ProfileCommand(),
        new SensitivityCommand(),
        new PruneCommand(),
        new ApplyCommand(),
        new SearchCommand(),
        new DemoCommand(),
        new VerifyCommand(),
        new MethodsCommand(),
        new ModelsCommand(),
    };

    /// <summary>The options that every verb takes.</summary>
    public GlobalOptions Globals { get; } = new();

    /// <summary>All verbs.</summary>
    public IEnumerable<CliCommand> Verbs => Root.Subcommands.Cast<CliCommand>();
}
