using System.CommandLine;
using Coppice.Cli.Options;
using Coppice.Cli.Output;
using Coppice.Data;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Runs;

namespace Coppice.Cli.Commands;

/// <summary>What `demo` is asked for.</summary>
/// <param name="Output">The run folder.</param>
/// <param name="Constraints">What must not be pruned.</param>
/// <param name="Seed">Seed of everything drawn by chance.</param>
/// <param name="Format">How to print the result.</param>
internal sealed record DemoSettings(string Output, PruningConstraints Constraints, ulong Seed, OutputFormat Format);

/// <summary>Compresses the shipped network with settings that show in minutes what the program does.</summary>
internal sealed class DemoCommand : CliCommand<DemoSettings>
{
    private const string ModelFile = "fashion-mnist-resnet20.onnx";

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "Run folder: best.onnx, report.html, pareto.csv, candidates/; replaces an earlier run's",
        HelpName = "DIR",
        DefaultValueFactory = _ => Path.Combine("runs", "demo"),
    };

    private readonly ConstraintOptionSet _constraints = new();
    private readonly Option<ulong> _seed = NumberOption.Seed();
    private readonly ChoiceOption<OutputFormat> _format = CommonOptions.Format();

    public DemoCommand()
        : base(
            "demo",
            "Halve the MACs of the shipped Fashion-MNIST ResNet-20 by cooperative coevolution, fine-tune, export, verify, report: about six minutes on 2 cores.",
            "coppice demo",
            "coppice demo --seed 2 -o runs/second")
    {
        Declare(_output);
        Declare(_constraints.All);
        Declare(_seed, _format);
    }

    /// <summary>The settings of the demo: small populations, a thousand images, three rounds.</summary>
    public static CompressionOptions Settings(ulong seed) => new()
    {
        Algorithm = CcepPruning.MethodName,
        Overwrite = true,
        MaxMacs = "50%",
        Repair = true,
        Seed = seed,
        Methods = new() { RandomSamples = 64, Ccep = new() { Rounds = 3, PopulationSize = 5, Generations = 6, RoundEpochs = 0 } },
        Fitness = new() { SearchSamples = 1000, RecalibrationBatches = 4, Seed = seed },
        FineTune = new() { Epochs = 2, LearningRate = 0.02, Seed = seed },
    };

    protected override DemoSettings Read(ParseResult line) => new(line.GetRequiredValue(_output), _constraints.Read(line), line.GetValue(_seed), _format.Read(line));

    protected override async Task<int> RunAsync(DemoSettings settings, CommandContext context, CancellationToken cancellation)
    {
        var network = OnnxReader.Read(FindModel());
        var data = DataSession.Load(new(DataSource.Parse("fashion-mnist"), null, null), ModelMetadata.Read(network), context, network);
        var report = await CompressionJob.RunAsync(network, data, Settings(settings.Seed) with { Constraints = settings.Constraints }, settings.Output, context, cancellation);
        context.Print(settings.Format, report, (result, printer) => CompressionJob.Print(result, settings.Output, printer));
        return ExitCode.Success;
    }

    /// <summary>The shipped network lies in the checkout, above the program.</summary>
    private static string FindModel()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "models", ModelFile);
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new CoppiceException($"Cannot find models/{ModelFile} above '{AppContext.BaseDirectory}': run the program from a whole checkout, through ./coppice.");
    }
}
