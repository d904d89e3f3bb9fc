using System.CommandLine;
using Coppice.Cli.Options;
using Coppice.Cli.Output;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Models;
using Coppice.Onnx;
using Coppice.Pruning.Hooks;
using Coppice.Runs;

namespace Coppice.Cli.Commands;

/// <summary>What `train` is asked for.</summary>
/// <param name="Model">Name in the catalog, or an ONNX file to go on from.</param>
/// <param name="Data">The images.</param>
/// <param name="Training">How to train.</param>
/// <param name="Output">The file to write.</param>
/// <param name="Format">How to print the result.</param>
internal sealed record TrainSettings(string Model, DataSettings Data, TrainingSettings Training, string Output, OutputFormat Format);

/// <summary>Builds a network of the catalog and trains it.</summary>
internal sealed class TrainCommand : CliCommand<TrainSettings>
{
    private readonly Argument<string> _model = new("MODEL") { Description = "Name of a network ('coppice models' lists them), or an ONNX file to go on from." };
    private readonly DataOptionSet _data = new();
    private readonly TrainingOptionSet _training = new(new(), "Trained network whose answers take part in the loss");
    private readonly Option<string> _output = CommonOptions.Output();
    private readonly ChoiceOption<OutputFormat> _format = CommonOptions.Format();

    public TrainCommand()
        : base(
            "train",
            "Train a network of the catalog, or one from a file, and write it as ONNX. The search split and the test images are never trained on.",
            "coppice train resnet20 --data fashion-mnist --epochs 20 -o resnet20.onnx",
            "coppice train vgg16-cifar --data cifar10:/data/cifar-10-batches-bin --epochs 160 --schedule step -o vgg16.onnx",
            "coppice train resnet20 --data fashion-mnist --slimming 1e-4 -o slim.onnx",
            "coppice train resnet20.onnx --data fashion-mnist --lr 0.01 --soft-prune 40% -o zeroed.onnx    # then: coppice prune zeroed.onnx --method zeroed -o small.onnx",
            "coppice train resnet56 --epochs 0 -o untrained.onnx")
    {
        Declare(_model);
        Declare(_data.All);
        Declare(_training.All);
        Declare(_output, _format);
    }

    protected override TrainSettings Read(ParseResult line) => new(
        line.GetRequiredValue(_model), _data.Read(line), _training.Read(line), line.GetRequiredValue(_output), _format.Read(line));

    protected override async Task<int> RunAsync(TrainSettings settings, CommandContext context, CancellationToken cancellation)
    {
        bool isFile = settings.Model.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) || File.Exists(settings.Model);
        var start = isFile ? OnnxReader.Read(settings.Model) : null;
        string name = start is null ? ModelCatalog.Find(settings.Model).Name : Path.GetFileName(settings.Model);
        var report = settings.Data.Source is null && settings.Training.Options.Epochs == 0
            ? WriteUntrained(start ?? ModelCatalog.Build(name, new() { Seed = settings.Training.Options.Seed }), settings.Output)
            : await TrainAsync(settings, context, start, name, cancellation);
        context.Print(settings.Format, report, TrainingReport.Print);
        return ExitCode.Success;
    }

    private static async Task<TrainingReport> TrainAsync(TrainSettings settings, CommandContext context, Network? start, string name, CancellationToken cancellation)
    {
        var metadata = start is null ? null : ModelMetadata.Read(start);
        var data = DataSession.Load(settings.Data, metadata ?? new(), context, start);
        var job = new TrainingJob(context, data, metadata, settings.Training, settings.Output);
        return await job.RunAsync(start ?? Build(name, data, settings.Training), name, measuresBefore: start is not null, cancellation);
    }

    private static Network Build(string name, DataSession data, TrainingSettings training)
    {
        if (data.Shape.Height != data.Shape.Width)
        {
            throw new CoppiceException($"Cannot build '{name}' for images of {data.Shape}: networks of the catalog take square images; train an ONNX file of your own.");
        }

        var network = ModelCatalog.Build(name, new() { InputChannels = data.Shape.Channels, InputSize = data.Shape.Height, Classes = data.Classes, Seed = training.Options.Seed });
        return training.Slims ? NetworkSlimming.WithStartingScales(network) : network;
    }

    private static TrainingReport WriteUntrained(Network network, string output)
    {
        UserFiles.PrepareOutput(output);
        OnnxWriter.Write(network, output);
        var cost = CostModel.Create(ChannelUnits.Analyze(network)).Full;
        return new(network.Name, output, cost.Macs, cost.Parameters, Epochs: 0, TrainImages: 0, Seconds: 0, Before: null, Search: null, Test: null);
    }
}
