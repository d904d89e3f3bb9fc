using System.Collections.Immutable;
using System.CommandLine;
using Coppice.Cli.Options;
using Coppice.Cli.Output;
using Coppice.Models;

namespace Coppice.Cli.Commands;

/// <summary>A network of the catalog.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Family">The architecture.</param>
/// <param name="Input">Shape of the images that it was published for, CxHxW.</param>
/// <param name="Classes">Number of classes that it was published for.</param>
/// <param name="Description">What tells it from its relatives.</param>
internal sealed record ModelReport(string Name, string Family, string Input, int Classes, string Description);

/// <summary>Lists the networks that can be built by name.</summary>
internal sealed class ModelsCommand : CliCommand<OutputFormat>
{
    private readonly ChoiceOption<OutputFormat> _format = CommonOptions.Format();

    public ModelsCommand()
        : base("models", "List the networks that 'train' and 'verify --model' build by name.", "coppice models", "coppice models --format json") =>
        Declare(_format);

    protected override OutputFormat Read(ParseResult line) => _format.Read(line);

    protected override Task<int> RunAsync(OutputFormat settings, CommandContext context, CancellationToken cancellation)
    {
        ImmutableArray<ModelReport> models =
            [.. ModelCatalog.All.Select(model => new ModelReport(model.Name, model.Family, model.Input.ToString(), model.Classes, model.Description))];
        context.Print(settings, models, (report, printer) => printer.Table(
            ["network", "family", "input", "#classes", "description"],
            report.Select(model => (string[])[model.Name, model.Family, model.Input, Numbers.Count(model.Classes), model.Description])));
        return Task.FromResult(ExitCode.Success);
    }
}
