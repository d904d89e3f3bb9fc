using System.CommandLine;
using Coppice.Cli.Options;
using Coppice.Cli.Output;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Onnx;
using Coppice.Pruning;

namespace Coppice.Cli.Commands;

/// <summary>What `apply` is asked for.</summary>
/// <param name="Input">The file to read.</param>
/// <param name="Plan">The plan to read.</param>
/// <param name="InputShapes">Shapes of inputs that the file leaves open.</param>
/// <param name="Output">The file to write.</param>
/// <param name="ExternalData">Whether weights go into a second file.</param>
/// <param name="Format">How to print the result.</param>
internal sealed record ApplySettings(string Input, string Plan, IReadOnlyCollection<string> InputShapes, string Output, bool ExternalData, OutputFormat Format);

/// <summary>Cuts a network as a plan says.</summary>
internal sealed class ApplyCommand : CliCommand<ApplySettings>
{
    private readonly Argument<string> _input = CommonOptions.Model();
    private readonly Argument<string> _plan = new("PLAN.json") { Description = "Which channels stay, as 'prune --plan' or a search wrote it." };
    private readonly Option<string[]> _inputShape = CommonOptions.InputShape();
    private readonly Option<string> _output = CommonOptions.Output();
    private readonly Option<bool> _externalData = CommonOptions.ExternalData();
    private readonly ChoiceOption<OutputFormat> _format = CommonOptions.Format();

    public ApplyCommand()
        : base("apply", "Cut a network as a plan says. Weights are copied, never changed.", "coppice apply resnet20.onnx plan.json -o small.onnx") =>
        Declare(_input, _plan, _inputShape, _output, _externalData, _format);

    protected override ApplySettings Read(ParseResult line) => new(
        line.GetRequiredValue(_input), line.GetRequiredValue(_plan), line.GetValue(_inputShape) ?? [], line.GetRequiredValue(_output), line.GetValue(_externalData), _format.Read(line));

    protected override Task<int> RunAsync(ApplySettings settings, CommandContext context, CancellationToken cancellation)
    {
        var network = OnnxReader.Read(settings.Input);
        var plan = PruningPlan.Parse(UserFiles.ReadText(settings.Plan));
        var units = ChannelUnits.Analyze(network, CommonOptions.ShapesFor(network, settings.InputShapes), plan.Selections);
        var pruned = Pruner.Apply(units, plan);
        UserFiles.PrepareOutput(settings.Output);
        OnnxWriter.Write(pruned, settings.Output, settings.ExternalData);

        var costs = CostModel.Create(units);
        var report = new PruneReport(
            settings.Input,
            settings.Output,
            settings.Plan,
            "plan",
            CostReport.Of(costs.Full, settings.Input),
            CostReport.Of(costs.Of(plan.Widths(units)), settings.Output),
            PruneReport.GroupsOf(plan));
        context.Print(settings.Format, report, PruneReport.Print);
        return Task.FromResult(ExitCode.Success);
    }
}
