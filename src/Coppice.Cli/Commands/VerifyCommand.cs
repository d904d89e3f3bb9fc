using System.Collections.Immutable;
using System.CommandLine;
using Coppice.Cli.Options;
using Coppice.Cli.Output;
using Coppice.Graph;
using Coppice.Models;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Runs;
using Coppice.Tensors;

namespace Coppice.Cli.Commands;

/// <summary>What `verify` is asked for: files, or a network of the catalog.</summary>
/// <param name="Original">The network before pruning, or null with <paramref name="Model"/>.</param>
/// <param name="Plan">Its plan, or null with <paramref name="Model"/>.</param>
/// <param name="Pruned">The file that is to be deployed, or null.</param>
/// <param name="Model">Name in the catalog, <c>all</c>, or null.</param>
/// <param name="MaxMacs">What a network of the catalog is pruned to.</param>
/// <param name="Scope">Which of its groups lose channels.</param>
/// <param name="Constraints">What of them must stay.</param>
/// <param name="Samples">Random inputs, or null for a number that suits the size of the images.</param>
/// <param name="Options">How to verify.</param>
/// <param name="InputShapes">Shapes of inputs that the file leaves open.</param>
/// <param name="Data">Images in the place of random inputs, or no source.</param>
/// <param name="Format">How to print the result.</param>
internal sealed record VerifySettings(
    string? Original,
    string? Plan,
    string? Pruned,
    string? Model,
    MacTarget MaxMacs,
    GroupScope Scope,
    PruningConstraints Constraints,
    int? Samples,
    VerificationOptions Options,
    IReadOnlyCollection<string> InputShapes,
    DataSettings Data,
    OutputFormat Format);

/// <summary>Proves that a pruned network is what its plan says.</summary>
internal sealed class VerifyCommand : CliCommand<VerifySettings>
{
    private const string AllModels = "all";

    private readonly Argument<string?> _original = File("ORIGINAL.onnx", "Network before pruning.");
    private readonly Argument<string?> _plan = File("PLAN.json", "Which channels stay.");
    private readonly Argument<string?> _pruned = File("PRUNED.onnx", "File that is to be deployed; may have been fine-tuned since.");

    private readonly Option<string?> _model = new("--model") { Description = "Verify a network of the catalog with random weights instead of files; 'all' for each of them", HelpName = "NAME|all" };
    private readonly Option<MacTarget?> _maxMacs = CommonOptions.MaxMacs();
    private readonly ChoiceOption<GroupScope> _scope = CommonOptions.Scope("all");
    private readonly ConstraintOptionSet _constraints = new();
    private readonly Option<int?> _samples = NumberOption.Optional<int>("--samples", "Random inputs, or images of --data; at least 1", "64; for --model 8, or 2 for images above 64 pixels", value => value >= 1);
    private readonly Option<double> _tolerance = NumberOption.Positive("--tolerance", "Largest difference relative to the largest output", new VerificationOptions().Tolerance);
    private readonly Option<ulong> _seed = NumberOption.Seed("--seed", "Seed of the inputs, and of the weights for --model");
    private readonly DataOptionSet _data = new();
    private readonly Option<string[]> _inputShape = CommonOptions.InputShape();
    private readonly ChoiceOption<OutputFormat> _format = CommonOptions.Format();

    public VerifyCommand()
        : base(
            "verify",
            "Prove that the pruned network computes what the original computes with the removed channels zeroed, here and in ONNX Runtime. Exit code 5 where it does not.",
            "coppice verify resnet20.onnx plan.json small.onnx",
            "coppice verify net.onnx plan.json small.onnx --data folder:pictures --resize 256 --crop 224    # on real images; no labels needed",
            "coppice verify --model resnet56 --max-macs 50%",
            "coppice verify --model all --format json")
    {
        _maxMacs.DefaultValueFactory = _ => MacTarget.Parse("50%");
        Declare(_original, _plan, _pruned, _model, _maxMacs, _scope);
        Declare(_constraints.All);
        Declare(_samples, _tolerance, _seed, _inputShape);
        Declare(_data.WithoutSplits);
        Declare(_format);
    }

    protected override VerifySettings Read(ParseResult line) => new(
        line.GetValue(_original),
        line.GetValue(_plan),
        line.GetValue(_pruned),
        line.GetValue(_model),
        line.GetRequiredValue(_maxMacs)!,
        _scope.Read(line),
        _constraints.Read(line),
        line.GetValue(_samples),
        new() { Tolerance = line.GetValue(_tolerance), Seed = line.GetValue(_seed) },
        line.GetValue(_inputShape) ?? [],
        _data.ReadWithoutSplits(line),
        _format.Read(line));

    protected override async Task<int> RunAsync(VerifySettings settings, CommandContext context, CancellationToken cancellation)
    {
        bool wantsFiles = settings.Model is null;
        if (wantsFiles ? settings.Plan is null : settings.Original is not null)
        {
            throw new CoppiceException("Cannot verify: give ORIGINAL.onnx PLAN.json [PRUNED.onnx], or --model NAME, not both.");
        }

        if (!wantsFiles && settings.Data.Source is not null)
        {
            throw new CoppiceException("Cannot verify networks of the catalog on images: their weights are random; leave out --data, or give files.");
        }

        settings = settings with { Options = settings.Options with { Threads = Math.Max(1, context.Threads) } };
        using var thread = await context.StartModelThreadAsync(cancellation);
        var reports = wantsFiles
            ? [await VerifyFilesAsync(settings, thread, context, cancellation)]
            : await VerifyModelsAsync(settings, thread, context, cancellation);
        context.Print(settings.Format, new VerifyReport(reports.All(report => report.IsPassed), reports), VerifyReport.Print);
        return reports.All(report => report.IsPassed) ? ExitCode.Success : ExitCode.VerificationFailed;
    }

    private static Argument<string?> File(string name, string description) => new(name) { Description = description, Arity = ArgumentArity.ZeroOrOne };

    private static async Task<VerifiedNetwork> VerifyFilesAsync(
        VerifySettings settings, ModelThread thread, CommandContext context, CancellationToken cancellation)
    {
        var original = OnnxReader.Read(settings.Original!);
        var plan = PruningPlan.Parse(UserFiles.ReadText(settings.Plan!));
        var options = settings.Options with
        {
            Samples = settings.Samples ?? settings.Options.Samples,
            InputShapes = CommonOptions.ShapesFor(original, settings.InputShapes),
        };
        if (settings.Data.Source is not null)
        {
            options = OnImages(options, settings.Data, original, context);
        }

        var result = await thread.RunAsync(() => Verification.Run(original, plan, settings.Pruned, options, cancellation), cancellation);
        return VerifiedNetwork.Of(settings.Pruned ?? settings.Original!, result);
    }

    /// <summary>Training images: the test split stays sealed. The size that the file leaves open is theirs.</summary>
    private static VerificationOptions OnImages(VerificationOptions options, DataSettings settings, Network original, CommandContext context)
    {
        var data = DataSession.Load(settings, ModelMetadata.Read(original), context, original, needsLabels: false);
        data.CheckInput(original, "network");
        return options with { Images = new(data.Splits.TrainAndSearch, data.Normalization), InputShapes = data.InputShapesOf(original) };
    }

    private static async Task<ImmutableArray<VerifiedNetwork>> VerifyModelsAsync(
        VerifySettings settings, ModelThread thread, CommandContext context, CancellationToken cancellation)
    {
        ImmutableArray<ModelDescription> models = settings.Model == AllModels ? ModelCatalog.All : [ModelCatalog.Find(settings.Model!)];
        var reports = ImmutableArray.CreateBuilder<VerifiedNetwork>();
        using var progress = context.ShowProgress();
        var steps = progress.Steps("networks");
        foreach (var model in models)
        {
            reports.Add(await VerifyModelAsync(settings, model, thread, cancellation));
            steps.Report((reports.Count, models.Length));
        }

        return reports.ToImmutable();
    }

    private static async Task<VerifiedNetwork> VerifyModelAsync(VerifySettings settings, ModelDescription model, ModelThread thread, CancellationToken cancellation)
    {
        const int largeImage = 64;
        var network = VerificationSubject.Build(model.Name, settings.Options.Seed);
        var problem = new PruningProblem { Network = network, Target = settings.MaxMacs, Scope = settings.Scope, Constraints = settings.Constraints };
        var plan = (await PruningMethodTable.Find("l1", new()).RunAsync(problem, cancellation))[^1].Plan;
        var options = settings.Options with { Samples = settings.Samples ?? (model.Input[1] > largeImage ? 2 : 8) };
        var result = await thread.RunAsync(() => Verification.Run(network, plan, prunedFile: null, options, cancellation), cancellation);
        return VerifiedNetwork.Of(model.Name, result);
    }
}
