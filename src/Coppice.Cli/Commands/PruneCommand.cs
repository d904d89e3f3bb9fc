using System.Collections.Immutable;
using System.CommandLine;
using Coppice.Cli.Options;
using Coppice.Cli.Output;
using Coppice.Graph;
using Coppice.Graph.Channels;
using Coppice.Onnx;
using Coppice.Pruning;
using Coppice.Pruning.Methods;
using Coppice.Pruning.Reconstruction;
using Coppice.Runs;
using Coppice.Training;

namespace Coppice.Cli.Commands;

/// <summary>What `prune` is asked for.</summary>
/// <param name="Input">The file to read.</param>
/// <param name="Method">Name of a method that does not search.</param>
/// <param name="Allocation">How many channels each group keeps.</param>
/// <param name="MaxMacs">What the result may cost, or null with <paramref name="ChannelPercent"/>.</param>
/// <param name="ChannelPercent">Percentage of all channels that a threshold takes, or null.</param>
/// <param name="Scope">Which groups may lose channels.</param>
/// <param name="Constraints">What must not be pruned.</param>
/// <param name="Seed">Seed of methods that draw by chance.</param>
/// <param name="Data">Images for methods that need gradients.</param>
/// <param name="Repair">How the cut is repaired, or null for what suits the data.</param>
/// <param name="CalibrationImages">Images for the repair.</param>
/// <param name="InputShapes">Shapes of inputs that the file leaves open.</param>
/// <param name="Plan">File for the plan, or null.</param>
/// <param name="Output">The file to write.</param>
/// <param name="ExternalData">Whether weights go into a second file.</param>
/// <param name="Format">How to print the result.</param>
/// <param name="Warnings">Options given in vain.</param>
internal sealed record PruneSettings(
    string Input,
    string Method,
    Allocation Allocation,
    MacTarget? MaxMacs,
    double? ChannelPercent,
    GroupScope Scope,
    PruningConstraints Constraints,
    ulong Seed,
    DataSettings Data,
    RepairKinds? Repair,
    int CalibrationImages,
    IReadOnlyCollection<string> InputShapes,
    string? Plan,
    string Output,
    bool ExternalData,
    OutputFormat Format,
    ImmutableArray<string> Warnings);

/// <summary>Removes channels in one shot.</summary>
internal sealed class PruneCommand : CliCommand<PruneSettings>
{
    private readonly Argument<string> _input = CommonOptions.Model();
    private readonly Option<string> _method = new("--method") { Description = "How channels are chosen ('coppice methods' lists them)", HelpName = "NAME", DefaultValueFactory = _ => "l1" };
    private readonly ChoiceOption<Allocation> _allocation = CommonOptions.Allocation();
    private readonly Option<MacTarget?> _maxMacs = CommonOptions.MaxMacs();
    private readonly Option<double?> _channelPercent = NumberOption.Percent(
        "--channel-percent", "With --allocation global or global-l1, in place of --max-macs: percentage of all channels that the threshold takes", "none");

    private readonly ChoiceOption<GroupScope> _scope = CommonOptions.Scope("all");
    private readonly ConstraintOptionSet _constraints = new();
    private readonly Option<ulong> _seed = NumberOption.Seed();
    private readonly DataOptionSet _data = new();
    private readonly ChoiceOption<RepairKinds?> _repair = PruneRepair.Option();
    private readonly Option<int> _calibrationImages = NumberOption.Integer("--calibration-images", "Training images for --repair, unlabelled; fewer where there are fewer", 1024, 1);
    private readonly Option<string[]> _inputShape = CommonOptions.InputShape();
    private readonly Option<string?> _plan = CommonOptions.Plan();
    private readonly Option<string> _output = CommonOptions.Output();
    private readonly Option<bool> _externalData = CommonOptions.ExternalData();
    private readonly ChoiceOption<OutputFormat> _format = CommonOptions.Format();

    public PruneCommand()
        : base(
            "prune",
            "Remove channels in one shot: by the weights alone, which needs no data and takes a second, or by gradients on images; with --data, repair what is left without training.",
            "coppice prune resnet20.onnx --method l1 --max-macs 50% -o small.onnx",
            "coppice prune vgg.onnx --method bn-scale --allocation global --channel-percent 70 -o small.onnx",
            "coppice prune net.onnx --method taylor --data fashion-mnist --max-macs 50% -o small.onnx",
            "coppice prune net.onnx --max-macs 50% --data folder:pictures --resize 256 --crop 224 -o small.onnx    # repaired on pictures without labels",
            "coppice prune net.onnx --max-macs 60% --freeze 'conv1' 'layer4*' --channel-multiple 8 -o small.onnx",
            "coppice prune zeroed.onnx --method zeroed -o small.onnx    # after train --soft-prune",
            "coppice prune net.onnx --max-macs 20M --input-shape 1x3x224x224 --plan plan.json -o small.onnx")
    {
        Declare(_input, _method, _allocation, _maxMacs, _channelPercent, _scope);
        Declare(_constraints.All);
        Declare(_seed);
        Declare(_data.All);
        Declare(_repair, _calibrationImages, _inputShape, _plan, _output, _externalData, _format);
    }

    protected override PruneSettings Read(ParseResult line) => new(
        line.GetRequiredValue(_input),
        line.GetRequiredValue(_method),
        _allocation.Read(line),
        line.GetValue(_maxMacs),
        line.GetValue(_channelPercent),
        _scope.Read(line),
        _constraints.Read(line),
        line.GetValue(_seed),
        _data.Read(line),
        _repair.Read(line),
        line.GetValue(_calibrationImages),
        line.GetValue(_inputShape) ?? [],
        line.GetValue(_plan),
        line.GetRequiredValue(_output),
        line.GetValue(_externalData),
        _format.Read(line),
        [.. Warnings(line)]);

    protected override async Task<int> RunAsync(PruneSettings settings, CommandContext context, CancellationToken cancellation)
    {
        foreach (string warning in settings.Warnings)
        {
            context.Warn(warning);
        }

        var method = PruningMethodTable.Find(settings.Method, new() { Allocation = settings.Allocation });
        Check(settings, method);
        var problem = Problem(settings, OnnxReader.Read(settings.Input));
        var before = CostModel.Create(ChannelUnits.Analyze(problem.Network, problem.InputShapes)).Full;
        var pruned = method.NeedsData
            ? await RunOnImagesAsync(method, problem, settings, context, cancellation)
            : (await method.RunAsync(problem, cancellation))[^1];
        if (pruned.Note is { } note)
        {
            context.Warn(note);
        }

        var kinds = RepairOf(settings);
        RepairReport? repair = null;
        if (kinds != RepairKinds.None)
        {
            (pruned, repair) = await new PruneRepair(context, settings).ApplyAsync(problem, pruned, kinds, cancellation);
        }

        Write(settings, pruned);
        context.Print(settings.Format, Report(settings, before, pruned, repair), PruneReport.Print);
        return ExitCode.Success;
    }

    private static RepairKinds RepairOf(PruneSettings settings) => settings.Data.Source is not null
        ? settings.Repair ?? (RepairKinds.LeastSquares | RepairKinds.BatchNorm)
        : settings.Repair is null or RepairKinds.None ? RepairKinds.None
        : throw new CoppiceException("Cannot repair without images: add --data, as in --data folder:DIR, or leave out --repair.");

    private static PruningProblem Problem(PruneSettings settings, Network network) => new()
    {
        Network = network,
        Target = settings.MaxMacs,
        ChannelShare = settings.ChannelPercent / 100,
        Scope = settings.Scope,
        Constraints = settings.Constraints,
        Seed = settings.Seed,
        InputShapes = CommonOptions.ShapesFor(network, settings.InputShapes),
    };

    /// <summary>What the user gave in vain; nothing where the method's name is wrong, which is told later.</summary>
    private IEnumerable<string> Warnings(ParseResult line)
    {
        string name = line.GetRequiredValue(_method);
        if (PruningMethodTable.All(new()).FirstOrDefault(method => method.Name == name) is not { IsSearch: false } method)
        {
            return [];
        }

        bool repairs = _data.IsGiven(line) && line.GetValue(_repair)?.Value != RepairKinds.None;
        return OptionEffect.Warnings(
            line,
            [
                new(_allocation, PruningMethodOptions.TakesAllocation(name), method.TakesTarget ? $"with --method {name}, which always draws one threshold" : $"with --method {name}, which removes what is zero"),
                new(_channelPercent, method.TakesTarget, $"with --method {name}, which removes what is zero"),
                .. _data.Effects(method.NeedsData || repairs, $"with --method {name}, which looks at no images{(_data.IsGiven(line) ? ", and --repair off" : "")}"),
                new(_calibrationImages, repairs, "without a repair on --data"),
                new(_seed, method.DrawsByChance || repairs, $"with --method {name}, which draws nothing by chance"),
            ]);
    }

    private static void Check(PruneSettings settings, IPruningMethod method)
    {
        if (method.IsSearch)
        {
            throw new CoppiceException($"Cannot prune by '{method.Name}' without data: it scores candidates on images; use 'coppice search --algorithm {method.Name} --data …'.");
        }

        if (method.NeedsTarget && settings.MaxMacs is null && settings.ChannelPercent is null)
        {
            throw new CoppiceException($"Cannot prune by '{method.Name}' without a target: give --max-macs, as in --max-macs 50%.");
        }

        if (settings.MaxMacs is not null && settings.ChannelPercent is not null)
        {
            throw new CoppiceException("Cannot prune to --max-macs and --channel-percent at once: each decides how much goes; give one of them.");
        }

        if (settings.ChannelPercent is not null && method is OneShotPruning { Allocation: not Allocation.Global })
        {
            throw new CoppiceException("Cannot use --channel-percent with equal shares: it sets one threshold over all groups; add --allocation global, or give --max-macs.");
        }
    }

    /// <summary>Gradients come from training images, and from logits: a softmax at the end of the file is taken off for them and put back.</summary>
    private static async Task<PrunedCandidate> RunOnImagesAsync(
        IPruningMethod method, PruningProblem problem, PruneSettings settings, CommandContext context, CancellationToken cancellation)
    {
        var data = DataSession.Load(settings.Data, ModelMetadata.Read(problem.Network), context, problem.Network);
        data.Check(problem.Network, "network");
        var softmax = OutputSoftmax.TakeOff(problem.Network);
        using var thread = await context.StartModelThreadAsync(cancellation);
        var gradients = GradientImages(settings, data.Splits.Train.Count, context);
        using var images = await thread.RunAsync(() => FitnessImages.Load(data.Splits, data.Normalization, gradients, context.Device), cancellation);
        var result = (await method.RunAsync(
            problem with { Network = softmax.Logits, InputShapes = data.InputShapesOf(problem.Network), Images = images, Thread = thread, Device = context.Device }, cancellation))[^1];
        data.WarnOfUnreadable(context);
        return result with { Network = softmax.PutBack(result.Network) };
    }

    /// <summary>Many small batches, as each gives one number per channel, or as many as the train split has; nothing is scored on the search split.</summary>
    private static FitnessOptions GradientImages(PruneSettings settings, int available, CommandContext context)
    {
        const int wanted = 64, size = 32;
        var options = new FitnessOptions { RecalibrationBatches = wanted, RecalibrationBatchSize = size, SearchSamples = 1, Seed = settings.Seed };
        if (available >= wanted * size)
        {
            return options;
        }

        options = options with { RecalibrationBatches = Math.Max(1, available / size), RecalibrationBatchSize = Math.Min(size, available) };
        context.Warn($"the train split has {available} images, not {wanted * size}: gradients are taken on {options.RecalibrationBatches} batches of {options.RecalibrationBatchSize} instead of {wanted} of {size}, so scores vary more; lower --search-images for more, or give more data.");
        return options;
    }

    private static void Write(PruneSettings settings, PrunedCandidate pruned)
    {
        UserFiles.PrepareOutput(settings.Output);
        OnnxWriter.Write(pruned.Network, settings.Output, settings.ExternalData);
        if (settings.Plan is { } plan)
        {
            AtomicFile.WriteText(plan, pruned.Plan.ToJson());
        }
    }

    private static PruneReport Report(PruneSettings settings, Cost before, PrunedCandidate pruned, RepairReport? repair) => new(
        settings.Input,
        settings.Output,
        settings.Plan,
        settings.Method,
        CostReport.Of(before, settings.Input),
        CostReport.Of(pruned.Cost, settings.Output),
        PruneReport.GroupsOf(pruned.Plan),
        repair);
}
