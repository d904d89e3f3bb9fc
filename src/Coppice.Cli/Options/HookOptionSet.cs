using System.Collections.Immutable;
using System.CommandLine;
using Coppice.Criteria;
using Coppice.Pruning;
using Coppice.Pruning.Hooks;
using Coppice.Training;

namespace Coppice.Cli.Options;

/// <summary>The methods that act on a network while it is trained, as the user chose them.</summary>
internal sealed class HookOptionSet
{
    private const string StandardCriterion = "l2";

    private readonly Option<double?> _slimming = Slimming("Network slimming");

    private readonly Option<double?> _softPrune = new("--soft-prune")
    {
        Description = "Soft filter pruning: share of the filters of each layer that is set to zero after each epoch; 'coppice prune --method zeroed' then removes them [default: none]",
        HelpName = "40%",
        CustomParser = result => OptionParsing.Try<double?>(result, text => OptionParsing.Share(text)),
    };

    private readonly Option<IFilterCriterion?> _criterion = new("--criterion")
    {
        Description = $"soft-prune: what scores the filters ('coppice methods' lists them) [default: {StandardCriterion}]",
        HelpName = "NAME",
        CustomParser = result => OptionParsing.Try<IFilterCriterion?>(result, CriterionTable.Find),
    };

    private readonly Option<bool> _mask = new("--gradient-mask") { Description = "soft-prune: filters are chosen before the first epoch and stay zero" };
    private readonly Option<bool> _asymptotic = new("--asymptotic") { Description = "soft-prune: the share rises from 0, three quarters of it in the first eighth of the training" };
    private readonly Option<int> _interval = NumberOption.Integer("--soft-interval", "soft-prune: epochs from one choice of filters to the next", 1, 1);
    private readonly ChoiceOption<GroupScope> _scope = CommonOptions.Scope("inner");

    public HookOptionSet() => _scope.Description = $"soft-prune: {char.ToLowerInvariant(_scope.Description![0])}{_scope.Description[1..]}";

    /// <summary>All of them, in the order in which help lists them.</summary>
    public ImmutableArray<Symbol> All => [_slimming, _softPrune, _criterion, _mask, _asymptotic, _interval, _scope];

    /// <summary>The penalty of network slimming.</summary>
    /// <param name="purpose">What it is for, before the colon.</param>
    public static Option<double?> Slimming(string purpose) => NumberOption.Optional<double>(
        "--slimming", $"{purpose}: weight of the L1 penalty on the scale factors of batch normalisation, above 0", "no penalty; 1e-4 or 1e-5 are usual", value => value > 0 && double.IsFinite(value));

    /// <summary>Reads what the user chose.</summary>
    public ImmutableArray<ITrainingHook> Read(ParseResult line)
    {
        var hooks = ImmutableArray.CreateBuilder<ITrainingHook>();
        if (line.GetValue(_slimming) is { } lambda)
        {
            hooks.Add(new NetworkSlimming(lambda));
        }

        if (line.GetValue(_softPrune) is { } rate)
        {
            hooks.Add(new SoftFilterPruning(line.GetValue(_criterion) ?? CriterionTable.Find(StandardCriterion), rate)
            {
                MasksGradient = line.GetValue(_mask),
                IsAsymptotic = line.GetValue(_asymptotic),
                Interval = line.GetValue(_interval),
                Scope = _scope.Read(line),
            });
        }

        return hooks.ToImmutable();
    }

    /// <summary>Which options have an effect.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="epochs">Epochs of the training.</param>
    public IEnumerable<OptionEffect> Effects(ParseResult line, int epochs)
    {
        bool prunes = line.GetValue(_softPrune) is not null;
        IEnumerable<Option> ofPruning = [_criterion, _mask, _asymptotic, _interval, _scope];
        return
        [
            new(_slimming, epochs > 0, "with --epochs 0"),
            new(_softPrune, epochs > 0, "with --epochs 0"),
            .. ofPruning.Select(option => new OptionEffect(option, prunes, "without --soft-prune")),
        ];
    }
}
