using System.CommandLine;
using Coppice.Cli.Options;
using Coppice.Cli.Output;
using Coppice.Onnx;
using Coppice.Runs;
using Coppice.Training;

namespace Coppice.Cli.Commands;

/// <summary>What `finetune` is asked for.</summary>
/// <param name="Input">The file to read.</param>
/// <param name="Data">The images.</param>
/// <param name="Training">How to train.</param>
/// <param name="Output">The file to write.</param>
/// <param name="Format">How to print the result.</param>
internal sealed record FinetuneSettings(string Input, DataSettings Data, TrainingSettings Training, string Output, OutputFormat Format);

/// <summary>Lets a pruned network grow back what it lost.</summary>
internal sealed class FinetuneCommand : CliCommand<FinetuneSettings>
{
    private static readonly TrainingOptions Standard = new() { Epochs = 5, LearningRate = 0.02 };

    private readonly Argument<string> _input = CommonOptions.Model();
    private readonly DataOptionSet _data = new();
    private readonly TrainingOptionSet _training = new(Standard, "Network before pruning, whose answers take part in the loss");
    private readonly Option<string> _output = CommonOptions.Output();
    private readonly ChoiceOption<OutputFormat> _format = CommonOptions.Format();

    public FinetuneCommand()
        : base(
            "finetune",
            "Train a pruned network on, with the normalisation and the splits that its file states, and write it as ONNX.",
            "coppice finetune small.onnx --data fashion-mnist -o tuned.onnx",
            "coppice finetune small.onnx --data fashion-mnist --teacher resnet20.onnx --epochs 10 -o tuned.onnx",
            "coppice finetune small.onnx --data fashion-mnist --teacher resnet20.onnx --distill kd+at -o tuned.onnx",
            "coppice finetune small.onnx --data fashion-mnist --teacher resnet20.onnx --distill fsp --plan plan.json -o tuned.onnx")
    {
        Declare(_input);
        Declare(_data.All);
        Declare(_training.All);
        Declare(_output, _format);
    }

    protected override FinetuneSettings Read(ParseResult line) => new(
        line.GetRequiredValue(_input), _data.Read(line), _training.Read(line), line.GetRequiredValue(_output), _format.Read(line));

    protected override async Task<int> RunAsync(FinetuneSettings settings, CommandContext context, CancellationToken cancellation)
    {
        var network = OnnxReader.Read(settings.Input);
        var metadata = ModelMetadata.Read(network);
        var data = DataSession.Load(settings.Data, metadata, context, network);
        var job = new TrainingJob(context, data, metadata, settings.Training, settings.Output);
        var report = await job.RunAsync(network, Path.GetFileName(settings.Input), measuresBefore: true, cancellation);
        context.Print(settings.Format, report, TrainingReport.Print);
        return ExitCode.Success;
    }
}
