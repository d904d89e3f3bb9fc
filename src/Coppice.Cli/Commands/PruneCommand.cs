using System.CommandLine;
using Coppice.Cli.Options;
using Coppice.Cli.Output;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Pruning.Methods;

namespace Coppice.Cli.Commands;

/// <summary>What `prune` is asked for.</summary>
/// <param name="Input">The file to read.</param>
/// <param name="Method">Name of a method that needs no data.</param>
/// <param name="MaxMacs">What the result may cost.</param>
/// <param name="Scope">Which groups may lose channels.</param>
/// <param name="MinChannels">Channels that every group keeps.</param>
/// <param name="InputShapes">Shapes of inputs that the file leaves open.</param>
/// <param name="Plan">File for the plan, or null.</param>
/// <param name="Output">The file to write.</param>
/// <param name="Format">How to print the result.</param>
internal sealed record PruneSettings(
    string Input,
    string Method,
    MacTarget? MaxMacs,
    GroupScope Scope,
    int MinChannels,
    IReadOnlyCollection<string> InputShapes,
    string? Plan,
    string Output,
    OutputFormat Format);

/// <summary>Removes channels by their weights alone.</summary>
internal sealed class PruneCommand : CliCommand<PruneSettings>
{
    private readonly Argument<string> _input = CommonOptions.Model();
    private readonly Option<string> _method = new("--method") { Description = "How channels are chosen ('coppice methods' lists them)", HelpName = "NAME", DefaultValueFactory = _ => "l1" };
    private readonly Option<MacTarget?> _maxMacs = CommonOptions.MaxMacs();
    private readonly ChoiceOption<GroupScope> _scope = CommonOptions.Scope("all");
    private readonly Option<int> _minChannels = CommonOptions.MinChannels();
    private readonly Option<string[]> _inputShape = CommonOptions.InputShape();
    private readonly Option<string?> _plan = CommonOptions.Plan();
    private readonly Option<string> _output = CommonOptions.Output();
    private readonly ChoiceOption<OutputFormat> _format = CommonOptions.Format();

    public PruneCommand()
        : base(
            "prune",
            "Remove channels in one shot, by the weights alone: needs no data, takes a second.",
            "coppice prune resnet20.onnx --method l1 --max-macs 50% -o small.onnx",
            "coppice prune zeroed.onnx --method zeroed -o small.onnx    # after train --soft-prune",
            "coppice prune net.onnx --max-macs 20M --input-shape 1x3x224x224 --plan plan.json -o small.onnx")
    {
        Declare(_input, _method, _maxMacs, _scope, _minChannels, _inputShape, _plan, _output, _format);
    }

    protected override PruneSettings Read(ParseResult line) => new(
        line.GetRequiredValue(_input),
        line.GetRequiredValue(_method),
        line.GetValue(_maxMacs),
        _scope.Read(line),
        line.GetValue(_minChannels),
        line.GetValue(_inputShape) ?? [],
        line.GetValue(_plan),
        line.GetRequiredValue(_output),
        _format.Read(line));

    protected override async Task<int> RunAsync(PruneSettings settings, CommandContext context, CancellationToken cancellation)
    {
        var method = PruningMethodTable.Find(settings.Method, new());
        if (method.NeedsData)
        {
            throw new CoppiceException($"Cannot prune by '{method.Name}' without data: it scores candidates on images; use 'coppice search --algorithm {method.Name} --data …'.");
        }

        if (method.NeedsTarget && settings.MaxMacs is null)
        {
            throw new CoppiceException($"Cannot prune by '{method.Name}' without a target: give --max-macs, as in --max-macs 50%.");
        }

        var network = OnnxReader.Read(settings.Input);
        var problem = new PruningProblem
        {
            Network = network,
            Target = settings.MaxMacs,
            Scope = settings.Scope,
            MinChannels = settings.MinChannels,
            InputShapes = CommonOptions.ShapesFor(network, settings.InputShapes),
        };
        var pruned = (await method.RunAsync(problem, cancellation))[^1];
        Write(settings, pruned);
        var before = CostModel.Create(ChannelUnits.Analyze(network, problem.InputShapes)).Full;
        context.Print(settings.Format, Report(settings, before, pruned), PruneReport.Print);
        return ExitCode.Success;
    }

    private static void Write(PruneSettings settings, PrunedCandidate pruned)
    {
        UserFiles.PrepareOutput(settings.Output);
        OnnxWriter.Write(pruned.Network, settings.Output);
        if (settings.Plan is { } plan)
        {
            AtomicFile.WriteText(plan, pruned.Plan.ToJson());
        }
    }

    private static PruneReport Report(PruneSettings settings, Cost before, PrunedCandidate pruned) => new(
        settings.Input,
        settings.Output,
        settings.Plan,
        settings.Method,
        CostReport.Of(before, settings.Input),
        CostReport.Of(pruned.Cost, settings.Output),
        PruneReport.GroupsOf(pruned.Plan));
}
