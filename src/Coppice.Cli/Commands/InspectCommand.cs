using System.CommandLine;
using Coppice.Cli.Options;
using Coppice.Cli.Output;
using Coppice.Graph.Channels;
using Coppice.Onnx;
using Coppice.Pruning;

namespace Coppice.Cli.Commands;

/// <summary>What `inspect` is asked for.</summary>
/// <param name="Input">The file to read.</param>
/// <param name="InputShapes">Shapes of inputs that the file leaves open.</param>
/// <param name="Constraints">What must not be pruned.</param>
/// <param name="Format">How to print the result.</param>
internal sealed record InspectSettings(string Input, IReadOnlyCollection<string> InputShapes, PruningConstraints Constraints, OutputFormat Format);

/// <summary>Says what a network is made of and what of it can be pruned.</summary>
internal sealed class InspectCommand : CliCommand<InspectSettings>
{
    private readonly Argument<string> _input = CommonOptions.Model();
    private readonly Option<string[]> _inputShape = CommonOptions.InputShape();
    private readonly ConstraintOptionSet _constraints = new();
    private readonly ChoiceOption<OutputFormat> _format = CommonOptions.Format();

    public InspectCommand()
        : base(
            "inspect",
            "Show what a network costs, which channels can go, and which cannot and why.",
            "coppice inspect resnet20.onnx",
            "coppice inspect net.onnx --freeze 'layer1*' --channel-multiple 8    # what would be left to prune",
            "coppice inspect net.onnx --input-shape 1x3x224x224 --format json")
    {
        Declare(_input, _inputShape);
        Declare(_constraints.All);
        Declare(_format);
    }

    protected override InspectSettings Read(ParseResult line) =>
        new(line.GetRequiredValue(_input), line.GetValue(_inputShape) ?? [], _constraints.Read(line), _format.Read(line));

    protected override Task<int> RunAsync(InspectSettings settings, CommandContext context, CancellationToken cancellation)
    {
        var network = OnnxReader.Read(settings.Input);
        var units = ChannelUnits.Analyze(network, CommonOptions.ShapesFor(network, settings.InputShapes));
        context.Print(settings.Format, InspectReport.Of(settings.Input, units, settings.Constraints), InspectReport.Print);
        return Task.FromResult(ExitCode.Success);
    }
}
