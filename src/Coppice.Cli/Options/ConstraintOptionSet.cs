using System.Collections.Immutable;
using System.CommandLine;
using Coppice.Pruning;

namespace Coppice.Cli.Options;

/// <summary>What the user forbids to prune: which layers stay, and how narrow the others may get.</summary>
internal sealed class ConstraintOptionSet
{
    private readonly Option<ImmutableArray<string>> _freeze = Patterns(
        "--freeze", "Nodes that stay as they are, whatever --scope says: channel groups that one of them writes, reads or passes on stay whole; takes all names up to the next option, those with * ? [..] in quotes, as in 'layer1*'");

    private readonly Option<ImmutableArray<string>> _only = Patterns(
        "--only", "Of the channel groups that --scope allows, only those that one of these nodes writes may lose channels; names as for --freeze, which wins");

    private readonly Option<int> _minChannels = NumberOption.Integer("--min-channels", "Channels that every group keeps", 1, 1);

    private readonly Option<double?> _maxGroupRatio = NumberOption.Percent(
        "--max-group-ratio", "Percentage of its channels that a group may lose at most, all rounds and passes together", "no bound");

    private readonly Option<int> _channelMultiple = NumberOption.Integer(
        "--channel-multiple", "Layers keep a multiple of N of a group's channels, or all of them; 8 and 16 suit vector units and NPUs", 1, 1, 65_536);

    /// <summary>All of them, in the order in which help lists them.</summary>
    public ReadOnlySpan<Symbol> All => new Symbol[] { _freeze, _only, _minChannels, _maxGroupRatio, _channelMultiple };

    /// <summary>Reads what the user chose.</summary>
    public PruningConstraints Read(ParseResult line) => new()
    {
        Freeze = Read(line, _freeze),
        Only = Read(line, _only),
        MinChannels = line.GetValue(_minChannels),
        MaxGroupRatio = line.GetValue(_maxGroupRatio) / 100,
        ChannelMultiple = line.GetValue(_channelMultiple),
    };

    private static ImmutableArray<string> Read(ParseResult line, Option<ImmutableArray<string>> option) => line.GetValue(option) is { IsDefault: false } given ? given : [];

    private static Option<ImmutableArray<string>> Patterns(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "GLOB…",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result => OptionParsing.TryAll(result, text => NodePattern.Parse(text).ToString()),
    };
}
