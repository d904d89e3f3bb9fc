using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Coppice.Cli.Options;

/// <summary>Options that take a number within a range. The range is part of the help, and numbers are written with a point in every locale.</summary>
internal static class NumberOption
{
    /// <summary>A whole number in [<paramref name="least"/>, <paramref name="most"/>].</summary>
    public static Option<int> Integer(string name, string description, int standard, int least, int most = int.MaxValue) => Create(
        name,
        most == int.MaxValue ? $"{description}; at least {Text(least)}" : $"{description}; {Text(least)} to {Text(most)}",
        standard,
        value => value >= least && value <= most);

    /// <summary>A number of at least <paramref name="least"/>.</summary>
    public static Option<double> Real(string name, string description, double standard, double least) =>
        Create(name, $"{description}; at least {Text(least)}", standard, value => value >= least && double.IsFinite(value));

    /// <summary>A number in [<paramref name="least"/>, <paramref name="bound"/>).</summary>
    public static Option<double> Share(string name, string description, double standard, double least = 0, double bound = 1) =>
        Create(name, $"{description}; {Text(least)} up to but not {Text(bound)}", standard, value => value >= least && value < bound);

    /// <summary>A number above 0.</summary>
    public static Option<double> Positive(string name, string description, double standard) =>
        Create(name, $"{description}; above 0", standard, value => value > 0 && double.IsFinite(value));

    /// <summary>A number in [0, 1].</summary>
    public static Option<double> Weight(string name, string description, double standard) =>
        Create(name, $"{description}; 0 to 1", standard, value => value is >= 0 and <= 1);

    /// <summary>A seed: any whole number from 0.</summary>
    public static Option<ulong> Seed(string name = "--seed", string description = "Seed of everything drawn by chance", ulong standard = 1) =>
        Create(name, description, standard, _ => true);

    /// <summary>A number whose default depends on something else.</summary>
    /// <param name="name">Name of the option.</param>
    /// <param name="description">What it is for, with its range.</param>
    /// <param name="standard">The default in words.</param>
    /// <param name="isInRange">Whether a number is allowed.</param>
    public static Option<T?> Optional<T>(string name, string description, string standard, Func<T, bool> isInRange)
        where T : struct, INumber<T> => new(name)
        {
            Description = $"{description} [default: {standard}]",
            HelpName = "N",
            CustomParser = result => Parse(result, description, isInRange),
        };

    /// <summary>A percentage in [0, 100), with its sign or without, whose default depends on something else.</summary>
    /// <param name="name">Name of the option.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="standard">The default in words.</param>
    public static Option<double?> Percent(string name, string description, string standard)
    {
        string ranged = $"{description}; 0 up to but not 100";
        return new(name)
        {
            Description = $"{ranged} [default: {standard}]",
            HelpName = "40%",
            CustomParser = result => Parse<double>(result, ranged, value => value is >= 0 and < 100, text => text.EndsWith('%') ? text[..^1] : text),
        };
    }

    private static Option<T> Create<T>(string name, string description, T standard, Func<T, bool> isInRange)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => standard,
            CustomParser = result => Parse(result, description, isInRange),
        };

    private static T Parse<T>(ArgumentResult result, string description, Func<T, bool> isInRange, Func<string, string>? digits = null)
        where T : struct, INumber<T>
    {
        string text = result.Tokens[^1].Value;
        if (T.TryParse(digits?.Invoke(text) ?? text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && isInRange(value))
        {
            return value;
        }

        result.AddError($"{OptionParsing.NameOf(result)} cannot be '{text}': {char.ToLowerInvariant(description[0])}{description[1..]}.");
        return default;
    }

    private static string Text<T>(T value)
        where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);
}
