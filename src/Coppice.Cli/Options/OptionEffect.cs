using System.CommandLine;

namespace Coppice.Cli.Options;

/// <summary>An option that means something only together with others.</summary>
/// <param name="Option">The option.</param>
/// <param name="Applies">Whether it has an effect on this command line.</param>
/// <param name="Otherwise">Why it has none, to follow <c>has no effect</c>: <c>with --distill none</c>.</param>
internal sealed record OptionEffect(Option Option, bool Applies, string Otherwise)
{
    /// <summary>A warning for each option that the user gave in vain.</summary>
    public static IEnumerable<string> Warnings(ParseResult line, params IEnumerable<OptionEffect> effects) => effects
        .Where(effect => !effect.Applies && line.GetResult(effect.Option) is { Implicit: false })
        .Select(effect => $"{effect.Option.Name} has no effect {effect.Otherwise}.");
}
