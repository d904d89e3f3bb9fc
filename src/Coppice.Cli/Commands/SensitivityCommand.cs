using System.Collections.Immutable;
using System.CommandLine;
using Coppice.Cli.Options;
using Coppice.Cli.Output;
using Coppice.Criteria;
using Coppice.Graph;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Pruning.Sensitivity;
using Coppice.Runs;
using Coppice.Training;

namespace Coppice.Cli.Commands;

/// <summary>What `sensitivity` is asked for.</summary>
/// <param name="Input">The file to read.</param>
/// <param name="Data">The images.</param>
/// <param name="Criterion">What ranks the channels of a group.</param>
/// <param name="Scope">Which groups are pruned.</param>
/// <param name="Constraints">What must not be pruned, and so is not measured.</param>
/// <param name="Fitness">How a cut is measured.</param>
/// <param name="Format">How to print the result.</param>
internal sealed record SensitivitySettings(
    string Input, DataSettings Data, string Criterion, GroupScope Scope, PruningConstraints Constraints, FitnessOptions Fitness, OutputFormat Format);

/// <summary>What `sensitivity` prints.</summary>
/// <param name="Input">The network.</param>
/// <param name="Criterion">What ranked the channels.</param>
/// <param name="SearchImages">Images of the search split that the losses are of.</param>
/// <param name="Loss">Loss of the whole network.</param>
/// <param name="Groups">The groups, in topological order.</param>
internal sealed record SensitivityReport(string Input, string Criterion, int SearchImages, double Loss, ImmutableArray<GroupSensitivity> Groups)
{
    private static readonly double[] Shown = [0.25, 0.5, 0.75, 0.9];

    public static void Print(SensitivityReport report, TablePrinter printer)
    {
        printer.Table(
            ["group", "#channels", .. Shown.Select(ratio => FormattableString.Invariant($"#loss at -{100 * ratio:F0}%")), "#standard error"],
            report.Groups.Select(Row));
        printer.Line();
        printer.Line(FormattableString.Invariant($"Loss of the whole network: {report.Loss:F4}. Each group alone is cut, by {report.Criterion}; loss added on {report.SearchImages} images of the search split after adaptive batch-norm, nothing tuned."));
    }

    private static IReadOnlyList<string> Row(GroupSensitivity group)
    {
        var shown = Shown.Select(ratio => Nearest(group, ratio)).ToArray();
        return
        [
            group.Group,
            Numbers.Count(group.Channels),
            .. shown.Select(point => point is null ? "–" : FormattableString.Invariant($"{point.Loss - group.Points[0].Loss:+0.0000;-0.0000}")),
            FormattableString.Invariant($"{group.Points.Max(point => point.LossStandardError):F4}"),
        ];
    }

    /// <summary>The point at a ratio as near as whole channels and steps of a tenth allow, or null where the floor or a failure left none.</summary>
    private static SensitivityPoint? Nearest(GroupSensitivity group, double ratio) => group.Points
        .Where(point => Math.Abs(point.Ratio - ratio) <= 0.05 + (1.0 / group.Channels))
        .MinBy(point => Math.Abs(point.Ratio - ratio));
}

/// <summary>Shows which channel groups a network can spare.</summary>
internal sealed class SensitivityCommand : CliCommand<SensitivitySettings>
{
    private readonly Argument<string> _input = CommonOptions.Model();
    private readonly DataOptionSet _data = new();
    private readonly Option<string> _criterion = new("--criterion") { Description = "What ranks the channels of a group ('coppice methods' lists them); measured are the groups that --scope allows, the options below leave and it can rank", HelpName = "NAME", DefaultValueFactory = _ => "l1" };
    private readonly ChoiceOption<GroupScope> _scope = CommonOptions.Scope("all");
    private readonly ConstraintOptionSet _constraints = new();
    private readonly Option<int> _searchSamples = FitnessOptionSet.SearchSamples(new FitnessOptions().SearchSamples);
    private readonly Option<int> _recalibrate = FitnessOptionSet.Recalibrate(new FitnessOptions().RecalibrationBatches);
    private readonly Option<ulong> _seed = NumberOption.Seed("--seed", "Seed of the choice of images", 1);
    private readonly ChoiceOption<OutputFormat> _format = CommonOptions.Format();

    public SensitivityCommand()
        : base(
            "sensitivity",
            "Prune each channel group alone, more and more, and show what the loss does: which layers can be spared and which cannot.",
            "coppice sensitivity resnet20.onnx --data fashion-mnist",
            "coppice sensitivity net.onnx --data cifar10:DIR --search-samples 5000 --format json")
    {
        Declare(_input);
        Declare(_data.All);
        Declare(_criterion, _scope);
        Declare(_constraints.All);
        Declare(_searchSamples, _recalibrate, _seed, _format);
    }

    protected override SensitivitySettings Read(ParseResult line) => new(
        line.GetRequiredValue(_input),
        _data.Read(line),
        line.GetRequiredValue(_criterion),
        _scope.Read(line),
        _constraints.Read(line),
        new() { SearchSamples = line.GetValue(_searchSamples), RecalibrationBatches = line.GetValue(_recalibrate), Seed = line.GetValue(_seed) },
        _format.Read(line));

    protected override async Task<int> RunAsync(SensitivitySettings settings, CommandContext context, CancellationToken cancellation)
    {
        var criterion = CriterionTable.Find(settings.Criterion);
        if (criterion.NeedsWidths)
        {
            throw new CoppiceException($"Cannot measure sensitivity by '{criterion.Name}': it ranks channels only once the width of each group is known; use another criterion, such as l1.");
        }

        var network = OnnxReader.Read(settings.Input);
        var metadata = ModelMetadata.Read(network);
        var data = DataSession.Load(settings.Data, metadata, context, network);
        data.Check(network, "network");
        data.WarnOfSeenImages(metadata, context);
        var groups = await MeasureAsync(settings, criterion, OutputSoftmax.TakeOff(network).Logits, data, context, cancellation);
        var report = new SensitivityReport(settings.Input, criterion.Name, settings.Fitness.SearchSamples, groups[0].Points[0].Loss, groups);
        data.WarnOfUnreadable(context);
        context.Print(settings.Format, report, SensitivityReport.Print);
        return ExitCode.Success;
    }

    private static async Task<ImmutableArray<GroupSensitivity>> MeasureAsync(
        SensitivitySettings settings, IFilterCriterion criterion, Network network, DataSession data, CommandContext context, CancellationToken cancellation)
    {
        using var thread = await context.StartModelThreadAsync(cancellation);
        var images = await thread.RunAsync(() => FitnessImages.Load(data.Splits, data.Normalization, settings.Fitness, context.Device), cancellation);
        try
        {
            var problem = new PruningProblem
            {
                Network = network,
                Scope = settings.Scope,
                Constraints = settings.Constraints,
                InputShapes = data.InputShapesOf(network),
                Images = images,
                Precision = Trainer.FastestPrecision(context.Device),
                Device = context.Device,
                Thread = thread,
            };
            var whole = problem.SpaceOf(network);
            var space = whole.ScoredBy(criterion);
            if (LeftWhole.Note(criterion.Name, criterion, whole) is { } note)
            {
                context.Warn(note);
            }

            using var display = context.ShowProgress();
            var steps = display.Steps("cuts");
            var evaluator = problem.Evaluator(space, new ActionProgress<(int Done, int Total)>(batch => steps.Report((batch.Done, batch.Total))));
            var scoring = await problem.ScoringAsync(criterion, space.Units, cancellation);
            return await SensitivityAnalysis.MeasureAsync(space, [.. space.Groups.Select(group => criterion.Score(scoring, group))], evaluator, cancellation);
        }
        finally
        {
            await thread.RunAsync(images.Dispose, CancellationToken.None);
        }
    }
}
