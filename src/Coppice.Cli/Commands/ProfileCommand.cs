using System.CommandLine;
using Coppice.Cli.Options;
using Coppice.Cli.Output;
using Coppice.Graph;
using Coppice.Runs;

namespace Coppice.Cli.Commands;

/// <summary>What `profile` is asked for.</summary>
/// <param name="Inputs">The files to measure; the first is what the others are compared with.</param>
/// <param name="Options">How to measure.</param>
/// <param name="Format">How to print the result.</param>
internal sealed record ProfileSettings(IReadOnlyList<string> Inputs, LatencyProfileOptions Options, OutputFormat Format);

/// <summary>What `profile` prints: times in milliseconds for one run over the batch.</summary>
internal sealed record ProfileReport(
    int Batch, int Threads, int WarmUp, int Repetitions, int Rounds, string OnnxRuntime, string Cpu, IReadOnlyList<ProfiledFile> Files)
{
    public static ProfileReport Of(LatencyProfile profile) => new(
        profile.Options.Batch,
        profile.Options.Threads,
        profile.Options.WarmUp,
        profile.Options.Repetitions,
        profile.Rounds,
        profile.OnnxRuntime,
        profile.Cpu,
        [.. profile.Networks.Select(network => new ProfiledFile(
            network.Name,
            network.Milliseconds.Median,
            network.Milliseconds.Percentile95,
            network.Milliseconds.Minimum,
            network.ImagesPerSecond,
            network.Speedup,
            network.SpeedupLow,
            network.SpeedupHigh))]);

    public static void Print(ProfileReport report, TablePrinter printer)
    {
        printer.Table(["file", "#median ms", "#p95 ms", "#min ms", "#images/s", "#speed-up", "quartiles"], report.Files.Select(Row));
        printer.Line();
        printer.Facts(
            ("settings", $"batch {report.Batch}, threads {report.Threads}, warm-up {report.WarmUp}, repetitions {report.Repetitions} in {report.Rounds} rounds"),
            ("runtime", $"ONNX Runtime {report.OnnxRuntime}"),
            ("processor", report.Cpu));
    }

    private static IReadOnlyList<string> Row(ProfiledFile file) =>
    [
        file.File,
        Numbers.Fixed(file.MedianMs, 3),
        Numbers.Fixed(file.P95Ms, 3),
        Numbers.Fixed(file.MinMs, 3),
        Numbers.Count((long)file.ImagesPerSecond),
        $"{Numbers.Fixed(file.Speedup, 2)} x",
        $"{Numbers.Fixed(file.SpeedupLow, 2)} to {Numbers.Fixed(file.SpeedupHigh, 2)}",
    ];
}

/// <summary>Latency of one file.</summary>
internal sealed record ProfiledFile(
    string File, double MedianMs, double P95Ms, double MinMs, double ImagesPerSecond, double Speedup, double SpeedupLow, double SpeedupHigh);

/// <summary>Measures latency in ONNX Runtime.</summary>
internal sealed class ProfileCommand : CliCommand<ProfileSettings>
{
    private readonly Argument<string[]> _inputs = new("IN.onnx") { Description = "Networks to measure, in turns; speed-ups are over the first.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<int> _batch = NumberOption.Integer("--batch", "Images per run", 1, 1, 4096);
    private readonly Option<int> _warmUp = NumberOption.Integer("--warm-up", "Runs before the timed ones", 20, 0, 1_000_000);
    private readonly Option<int> _repetitions = NumberOption.Integer("--repetitions", "Timed runs", 200, 1, 1_000_000);
    private readonly Option<TensorShape?> _inputShape = new("--input-shape")
    {
        Description = "Shape of the input where the files leave more than the batch open",
        HelpName = "1x3x224x224",
        CustomParser = result => OptionParsing.Try<TensorShape?>(result, text => ShapeInference.ParseShape(text)),
    };

    private readonly ChoiceOption<OutputFormat> _format = CommonOptions.Format();

    public ProfileCommand()
        : base(
            "profile",
            "Measure latency in ONNX Runtime. Several files are measured in turns and compared. One thread unless --threads says otherwise.",
            "coppice profile resnet20.onnx",
            "coppice profile resnet20.onnx small.onnx --batch 8 --threads 2") =>
        Declare(_inputs, _batch, _warmUp, _repetitions, _inputShape, _format);

    protected override ProfileSettings Read(ParseResult line) => new(
        line.GetRequiredValue(_inputs),
        new() { Batch = line.GetValue(_batch), WarmUp = line.GetValue(_warmUp), Repetitions = line.GetValue(_repetitions), InputShape = line.GetValue(_inputShape) },
        _format.Read(line));

    protected override Task<int> RunAsync(ProfileSettings settings, CommandContext context, CancellationToken cancellation)
    {
        var options = settings.Options with { Threads = Math.Max(1, context.Threads) };
        LatencyProfile profile;
        using (var progress = context.ShowProgress())
        {
            profile = LatencyProfile.Measure([.. settings.Inputs.Select(LatencySubject.OfFile)], options, progress.Steps("rounds"), cancellation);
        }

        context.Print(settings.Format, ProfileReport.Of(profile), ProfileReport.Print);
        return Task.FromResult(ExitCode.Success);
    }
}
