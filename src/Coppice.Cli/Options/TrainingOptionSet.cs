using System.Collections.Immutable;
using System.CommandLine;
using Coppice.Graph.Execution;
using Coppice.Pruning.Hooks;
using Coppice.Training;

namespace Coppice.Cli.Options;

/// <summary>How a network is trained, as the user chose it.</summary>
/// <param name="Options">The settings, but for the augmentation.</param>
/// <param name="Augments">Whether training images are changed at random, in the way that suits the data.</param>
/// <param name="Teacher">ONNX file of a teacher, or null where none takes part.</param>
/// <param name="Plan">File of the plan by which the network was cut out of its teacher, or null.</param>
/// <param name="Hooks">What acts on the network while it is trained.</param>
/// <param name="Checkpoint">File that keeps an interrupted training, or null for the default beside the output.</param>
/// <param name="Warnings">Options given in vain.</param>
internal sealed record TrainingSettings(
    TrainingOptions Options, bool Augments, string? Teacher, string? Plan, ImmutableArray<ITrainingHook> Hooks, string? Checkpoint, ImmutableArray<string> Warnings)
{
    /// <summary>Whether γ begin at 0.5 where the weights are random.</summary>
    public bool Slims => Hooks.Any(hook => hook is NetworkSlimming);
}

/// <summary>The options of every verb that trains.</summary>
internal sealed class TrainingOptionSet(TrainingOptions standard, string teacherDescription)
{
    private readonly Option<int> _epochs = NumberOption.Integer("--epochs", "Passes over the training images", standard.Epochs, 0, 100_000);
    private readonly Option<double> _learningRate = NumberOption.Positive("--lr", "Base learning rate", standard.LearningRate);
    private readonly Option<int> _batchSize = NumberOption.Integer("--batch-size", "Images per iteration", standard.BatchSize, 1, 65_536);
    private readonly Option<double> _momentum = NumberOption.Share("--momentum", "Momentum of SGD", standard.Momentum);
    private readonly Option<bool> _nesterov = new("--nesterov") { Description = "Nesterov's form of the momentum (the default)" };
    private readonly Option<bool> _noNesterov = new("--no-nesterov") { Description = "Plain momentum" };
    private readonly Option<double> _weightDecay = NumberOption.Real("--weight-decay", "L2 penalty on weights; biases and batch-norm are spared", standard.WeightDecay, 0);
    private readonly Option<double> _warmUp = NumberOption.Share("--warm-up", "Share of the training during which the learning rate rises", standard.Schedule.WarmUp);
    private readonly Option<double> _smoothing = NumberOption.Share("--label-smoothing", "Share of the target that is spread over all classes", standard.LabelSmoothing);
    private readonly Option<ulong> _seed = NumberOption.Seed("--seed", "Seed of starting weights, order of images and augmentation", standard.Seed);
    private readonly Option<string?> _teacher = new("--teacher") { Description = teacherDescription, HelpName = "ORIGINAL.onnx" };
    private readonly DistillationOptionSet _distillation = new("How the teacher takes part");
    private readonly HookOptionSet _hooks = new();

    private readonly Option<string?> _plan = new("--plan")
    {
        Description = "Plan by which the network was cut out of its teacher, as 'prune --plan' or a search wrote it; for fsp, where the channels of the two differ",
        HelpName = "PLAN.json",
    };

    private readonly ChoiceOption<string> _schedule = new(
        "--schedule", "Course of the learning rate: half a cosine to 0, or a tenth at 50% and 75%", "cosine", [new("cosine", "cosine"), new("step", "step")]);

    private readonly ChoiceOption<bool> _augment = new(
        "--augment", "Random crops and mirror images of training images, as suits the data, or none", "auto", [new("auto", true), new("none", false)]);

    private readonly ChoiceOption<Precision?> _precision = new(
        "--precision",
        "Arithmetic of the training: bf16 where the CPU has it, or as given; what is reported is always measured in fp32",
        "auto",
        [new("auto", null), new("fp32", Precision.Float32), new("bf16", Precision.BFloat16)]);

    private readonly Option<string?> _checkpoint = new("--checkpoint")
    {
        Description = "File that keeps an interrupted training; the same command goes on from it [default: OUT.onnx.checkpoint]",
        HelpName = "FILE",
    };

    /// <summary>All of them, in the order in which help lists them.</summary>
    public ReadOnlySpan<Symbol> All => (Symbol[])
    [
        _epochs, _learningRate, _batchSize, _momentum, _nesterov, _noNesterov, _weightDecay, _schedule, _warmUp, _smoothing, _augment, _seed, _precision,
        _teacher, .. _distillation.All, _plan, .. _hooks.All, _checkpoint,
    ];

    /// <summary>Reads what the user chose.</summary>
    public TrainingSettings Read(ParseResult line)
    {
        double warmUp = line.GetValue(_warmUp);
        var options = new TrainingOptions
        {
            Epochs = line.GetValue(_epochs),
            LearningRate = line.GetValue(_learningRate),
            BatchSize = line.GetValue(_batchSize),
            Momentum = line.GetValue(_momentum),
            Nesterov = !line.GetValue(_noNesterov),
            WeightDecay = line.GetValue(_weightDecay),
            Schedule = _schedule.Read(line) == "step" ? StepSchedule.Classic with { WarmUp = warmUp } : new CosineSchedule { WarmUp = warmUp },
            LabelSmoothing = line.GetValue(_smoothing),
            Seed = line.GetValue(_seed),
            Precision = _precision.Read(line),
            Distillation = _distillation.Read(line),
            Taps = _distillation.ReadTaps(line),
        };
        string? teacher = _distillation.Distills(line) ? line.GetValue(_teacher) : null;
        return new(options, _augment.Read(line), teacher, line.GetValue(_plan), _hooks.Read(line), line.GetValue(_checkpoint), [.. Warnings(line, options.Epochs)]);
    }

    private IEnumerable<string> Warnings(ParseResult line, int epochs)
    {
        bool hasTeacher = line.GetValue(_teacher) is not null;
        return OptionEffect.Warnings(
            line,
            [
                new(_teacher, _distillation.Distills(line), "with --distill none"),
                .. _distillation.Effects(line, hasTeacher, "without --teacher"),
                new(_plan, hasTeacher && _distillation.ComparesChannels(line), "without --teacher and fsp in --distill"),
                .. _hooks.Effects(line, epochs),
                new(_nesterov, !line.GetValue(_noNesterov), "with --no-nesterov"),
            ]);
    }
}
