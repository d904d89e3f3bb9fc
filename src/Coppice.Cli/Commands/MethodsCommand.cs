using System.Collections.Immutable;
using System.CommandLine;
using Coppice.Cli.Options;
using Coppice.Cli.Output;
using Coppice.Criteria;
using Coppice.Pruning;
using Coppice.Pruning.Encodings;
using Coppice.Pruning.Hooks;
using Coppice.Pruning.Methods;
using Coppice.Training.Distillations;

namespace Coppice.Cli.Commands;

/// <summary>A pruning method.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Verb">The verb that runs it.</param>
/// <param name="NeedsData">Whether it looks at images, so that --data is needed.</param>
/// <param name="Genomes">What it can evolve, its own first; empty where nothing evolves.</param>
/// <param name="Description">What it does.</param>
/// <param name="Paper">Where it comes from.</param>
internal sealed record MethodReport(string Name, string Verb, bool NeedsData, ImmutableArray<GenomeKind> Genomes, string Description, string Paper);

/// <summary>A criterion, a way of distillation or a method that acts during the training.</summary>
internal sealed record SourceReport(string Name, string Paper);

/// <summary>What `methods` prints.</summary>
/// <param name="Methods">Ways to choose the channels that stay.</param>
/// <param name="Criteria">Scores of single channels.</param>
/// <param name="Distillations">Ways in which a teacher takes part in a training.</param>
/// <param name="TrainingHooks">Methods that act during a training, by their option of `train` and `finetune`.</param>
internal sealed record MethodsReport(
    ImmutableArray<MethodReport> Methods, ImmutableArray<SourceReport> Criteria, ImmutableArray<SourceReport> Distillations, ImmutableArray<SourceReport> TrainingHooks);

/// <summary>Lists what there is to choose from, each with its paper.</summary>
internal sealed class MethodsCommand : CliCommand<OutputFormat>
{
    private readonly ChoiceOption<OutputFormat> _format = CommonOptions.Format();

    public MethodsCommand()
        : base("methods", "List all pruning methods, criteria, distillations and methods of training with their papers.", "coppice methods", "coppice methods --format json") =>
        Declare(_format);

    protected override OutputFormat Read(ParseResult line) => _format.Read(line);

    protected override Task<int> RunAsync(OutputFormat settings, CommandContext context, CancellationToken cancellation)
    {
        var report = new MethodsReport(
            [.. PruningMethodTable.All(new()).Select(Report)],
            [.. CriterionTable.All.Select(criterion => new SourceReport(criterion.Name, criterion.Paper))],
            [.. DistillationTable.All.Select(distillation => new SourceReport(distillation.Name, distillation.Paper))],
            [.. TrainingHookTable.All.Select(hook => new SourceReport(hook.Name, hook.Paper))]);
        context.Print(settings, report, Print);
        return Task.FromResult(ExitCode.Success);
    }

    private static MethodReport Report(IPruningMethod method) =>
        new(method.Name, method.IsSearch ? "search" : "prune", method.NeedsData, method.Genomes, method.Description, method.Paper);

    private static void Print(MethodsReport report, TablePrinter printer)
    {
        printer.Table(["method", "verb", "genomes", "what it does", "paper"], report.Methods.Select(
            method => (string[])[method.Name, method.NeedsData ? $"{method.Verb} --data" : method.Verb, string.Join(", ", method.Genomes.Select(GenomeChoice.Word)), method.Description, method.Paper]));
        printer.Line();
        printer.Table(["criterion", "paper"], report.Criteria.Select(criterion => (string[])[criterion.Name, criterion.Paper]));
        printer.Line();
        printer.Table(["distillation", "paper"], report.Distillations.Select(distillation => (string[])[distillation.Name, distillation.Paper]));
        printer.Line();
        printer.Table(["during the training", "paper"], report.TrainingHooks.Select(hook => (string[])[$"--{hook.Name}", hook.Paper]));
    }
}
