using System.Collections.Immutable;
using System.CommandLine;
using Coppice.Training.Distillations;

namespace Coppice.Cli.Options;

/// <summary>How a teacher takes part in a training, as every verb that trains asks for it.</summary>
/// <param name="description">What <c>--distill</c> is for.</param>
internal sealed class DistillationOptionSet(string description)
{
    private const string None = "none";

    private static readonly KnowledgeDistillation Knowledge = new();
    private static readonly FspDistillation Fsp = new();
    private static readonly AttentionTransfer Attention = new();

    private readonly Option<ImmutableArray<string>> _distill = new("--distill")
    {
        Description = $"{description}: by its answers (kd), by flows between feature maps (fsp), by where it looks (at), by a sum of these, or not at all [default: kd]",
        HelpName = "kd|fsp|at|kd+at|none",
        CustomParser = result => OptionParsing.Try(result, text => text == None ? [] : DistillationTable.ParseNames(text)),
    };

    private readonly Option<double> _weight = NumberOption.Weight("--distill-weight", "kd: share of the teacher's term in the loss", Knowledge.Weight);
    private readonly Option<double> _temperature = NumberOption.Positive("--temperature", "kd: temperature that softens both networks' answers", Knowledge.Temperature);
    private readonly Option<double> _fspWeight = NumberOption.Positive("--fsp-weight", "fsp: weight of the mean squared difference of the matrices; falls to 0 in the course of the training", Fsp.Beta);

    private readonly Option<double> _fspStage = NumberOption.Share(
        "--fsp-first-stage", "fsp: share of the training that fsp alone takes, followed by the labels without it, as published", Fsp.FirstStageShare);

    private readonly Option<double> _fspRate = NumberOption.Positive("--fsp-first-rate", "fsp: constant learning rate of the first stage, as a factor of --lr", Fsp.FirstStageRateFactor);

    private readonly ChoiceOption<MapPooling> _fspPool = new(
        "--fsp-pool", "fsp: how the larger of two maps is brought to the size of the smaller", "max", [new("max", MapPooling.Max), new("average", MapPooling.Average)]);

    private readonly Option<double> _attentionWeight = NumberOption.Positive("--attention-weight", "at: weight of the squared distance of each pair of attention maps", Attention.Beta);

    private readonly Option<TapSelection> _taps = new("--taps")
    {
        Description = "fsp, at: feature maps to compare: outputs of the stages, first and last of each stage, or names of the teacher's values",
        HelpName = "stages|sections|NAME,…",
        DefaultValueFactory = _ => TapSelection.Stages,
        CustomParser = result => OptionParsing.Try(result, TapSelection.Parse),
    };

    /// <summary>All of them, in the order in which help lists them.</summary>
    public ImmutableArray<Symbol> All => [_distill, _weight, _temperature, _fspWeight, _fspStage, _fspRate, _fspPool, _attentionWeight, _taps];

    /// <summary>Whether a teacher takes part at all.</summary>
    public bool Distills(ParseResult line) => !Names(line).IsEmpty;

    /// <summary>Whether feature maps are compared channel by channel.</summary>
    public bool ComparesChannels(ParseResult line) => Names(line).Contains("fsp");

    /// <summary>Reads the distillation; the default one where a teacher takes no part.</summary>
    public Distillation Read(ParseResult line) => Distills(line) ? DistillationTable.Sum(Names(line).Select(name => Part(line, name))) : new KnowledgeDistillation();

    /// <summary>Reads where feature maps are compared.</summary>
    public TapSelection ReadTaps(ParseResult line) => line.GetRequiredValue(_taps);

    /// <summary>Which options have an effect.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="isUsed">Whether a teacher could take part.</param>
    /// <param name="otherwise">Why it could not.</param>
    public IEnumerable<OptionEffect> Effects(ParseResult line, bool isUsed, string otherwise)
    {
        OptionEffect Of(Option option, params ReadOnlySpan<string> names)
        {
            bool isNamed = Names(line).Intersect(names.ToArray()).Any();
            return new(option, isUsed && isNamed, !Distills(line) ? "without distillation" : !isUsed ? otherwise : $"without {string.Join(" or ", names.ToArray())} in --distill");
        }

        bool isStaged = line.GetValue(_fspStage) > 0;
        return
        [
            new(_distill, isUsed, otherwise),
            Of(_weight, "kd"),
            Of(_temperature, "kd"),
            Of(_fspWeight, "fsp"),
            Of(_fspStage, "fsp"),
            isStaged ? Of(_fspRate, "fsp") : new(_fspRate, false, "without --fsp-first-stage"),
            Of(_fspPool, "fsp"),
            Of(_attentionWeight, "at"),
            Of(_taps, "fsp", "at"),
        ];
    }

    private ImmutableArray<string> Names(ParseResult line) => line.GetValue(_distill) is { IsDefault: false } names ? names : ["kd"];

    private Distillation Part(ParseResult line, string name) => name switch
    {
        "fsp" => Fsp with
        {
            Beta = line.GetValue(_fspWeight),
            FirstStageShare = line.GetValue(_fspStage),
            FirstStageRateFactor = line.GetValue(_fspRate),
            Pooling = _fspPool.Read(line),
        },
        "at" => Attention with { Beta = line.GetValue(_attentionWeight) },
        "kd" => Knowledge with { Weight = line.GetValue(_weight), Temperature = line.GetValue(_temperature) },
        _ => DistillationTable.All.First(entry => entry.Name == name).Standard,
    };
}
