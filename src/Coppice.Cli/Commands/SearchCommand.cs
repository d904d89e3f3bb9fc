using System.Collections.Immutable;
using System.CommandLine;
using Coppice.Cli.Options;
using Coppice.Cli.Output;
using Coppice.Onnx;
using Coppice.Runs;

namespace Coppice.Cli.Commands;

/// <summary>What `search` is asked for.</summary>
/// <param name="Input">The file to read.</param>
/// <param name="Data">The images.</param>
/// <param name="Options">How to compress.</param>
/// <param name="Output">The run folder.</param>
/// <param name="Format">How to print the result.</param>
/// <param name="Warnings">Options given in vain.</param>
internal sealed record SearchSettings(string Input, DataSettings Data, CompressionOptions Options, string Output, OutputFormat Format, ImmutableArray<string> Warnings);

/// <summary>Evolves which channels a network can do without, fine-tunes the rest, exports and verifies.</summary>
internal sealed class SearchCommand : CliCommand<SearchSettings>
{
    private readonly Argument<string> _input = CommonOptions.Model();
    private readonly DataOptionSet _data = new();
    private readonly SearchOptionSet _search = new(new() { Repair = true });
    private readonly Option<string> _output = new("--output", "-o") { Description = "Run folder: best.onnx, report.html, pareto.csv, candidates/", HelpName = "DIR", Required = true };
    private readonly ChoiceOption<OutputFormat> _format = CommonOptions.Format();

    public SearchCommand()
        : base(
            "search",
            "Evolve which channels a trained network can do without, fine-tune the rest, export, verify, and report next to equal-cost baselines.",
            "coppice search net.onnx --data fashion-mnist --max-macs 50% -o runs/half",
            "coppice search net.onnx --data cifar10:/data/cifar --algorithm ccep --rounds 5 --epochs 40 --max-macs 35% -o runs/third",
            "coppice search slim.onnx --data fashion-mnist --algorithm bn-scale --allocation global --passes 3 --slimming 1e-4 --max-macs 50% -o runs/slim    # after train --slimming",
            "coppice search net.onnx --data fashion-mnist --algorithm ccep --epochs 0 -o runs/family    # no target: a network per round")
    {
        Declare(_input);
        Declare(_data.All);
        Declare(_search.All);
        Declare(_output, _format);
    }

    protected override SearchSettings Read(ParseResult line)
    {
        var options = _search.Read(line);
        return new(line.GetRequiredValue(_input), _data.Read(line), options, line.GetRequiredValue(_output), _format.Read(line), [.. _search.Warnings(line, options)]);
    }

    protected override async Task<int> RunAsync(SearchSettings settings, CommandContext context, CancellationToken cancellation)
    {
        foreach (string warning in settings.Warnings)
        {
            context.Warn(warning);
        }

        var network = OnnxReader.Read(settings.Input);
        var metadata = ModelMetadata.Read(network);
        var data = DataSession.Load(settings.Data, metadata, context, network);
        var report = await CompressionJob.RunAsync(network, data, settings.Options, settings.Output, context, cancellation);
        context.Print(settings.Format, report, (result, printer) => CompressionJob.Print(result, settings.Output, printer));
        return ExitCode.Success;
    }
}
